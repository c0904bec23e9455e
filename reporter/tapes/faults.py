"""Faults on a tape: what a venue or the line to it can do wrong, for some time, the same on every run.

A fault is ``kind:target@start+seconds``, with ``*amount`` where the kind has one. The target is a venue or one of
its markets (``kraken``, ``kraken:BTC/USD``), the start counts in seconds from the tape's first quote.

    drop    nothing arrives
    freeze  every answer is the last one before the start, with its old exchange times
    delay   answers arrive ``amount`` seconds late, in their order
    clock   exchange times are ``amount`` seconds ahead, or behind if negative
    spike   prices are times ``amount``
    noise   prices are off by at most ``amount`` (0.02 is 2 %) up or down, drawn from the seed
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from heapq import heappop, heappush
from pathlib import Path

from reporter.errors import UsageError
from reporter.models import Leg, Quote

_FORM = re.compile(
    r"([a-z]+):([a-z0-9]+)(?::([A-Z0-9]+/[A-Z0-9]+(?:-PERP)?))?@(\d{1,9})\+(\d{1,9})(?:\*(-?\d{1,9}(?:\.\d{1,9})?))?",
    re.ASCII,
)
PLACES = 10**9
_WITH_AMOUNT = {"delay": "seconds", "clock": "seconds", "spike": "a factor", "noise": "a ratio"}
KINDS = ("drop", "freeze", *_WITH_AMOUNT)
EXAMPLE = "freeze:kraken@600+300,spike:coinbase@1200+60*1.1"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``symbol`` is empty for all of a venue; ``amount`` is scaled by 1e9, 0 for kinds without one."""

    kind: str
    venue: str
    symbol: str
    start_ms: int
    end_ms: int
    amount: int
    text: str

    def hits(self, quote: Quote) -> bool:
        """Whether the quote is the target's and arrives, as recorded, while the fault lasts."""
        return (
            self.start_ms <= quote.received_at_ms < self.end_ms
            and quote.venue == self.venue
            and self.symbol in ("", quote.symbol)
        )


def parse_faults(text: str, first_ms: int, markets: Sequence[Leg]) -> tuple[Fault, ...]:
    """The faults of a comma-separated list, or of a file (``@path``) with one a line and ``#`` comments.

    Args:
        first_ms: The tape's first quote, Unix milliseconds.
        markets: The tape's, for the targets.

    Raises:
        UsageError: A fault that is none, or a target that the tape does not have.
    """
    words = _file_words(Path(text[1:])) if text.startswith("@") else text.split(",")
    return tuple(_fault(word.strip(), first_ms, markets) for word in words if word.strip())


def faulty(quotes: Iterable[Quote], faults: Sequence[Fault], seed: int = 1) -> Iterator[Quote]:
    """The same quotes as these faults leave them, in order of arrival.

    Faults apply one after another, in the order given.
    """
    for fault in faults:
        quotes = _delayed(quotes, fault) if fault.kind == "delay" else _changed(quotes, fault, seed)
    yield from quotes


def _file_words(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"faults {path} cannot be read: {reason}") from None
    return [line.split("#", 1)[0] for line in lines]


def _fault(word: str, first_ms: int, markets: Sequence[Leg]) -> Fault:
    match = _FORM.fullmatch(word)
    if match is None:
        raise UsageError(
            f"{word!r} is not a fault", hint=f"write kind:venue@start+seconds*amount, as {EXAMPLE}"
        )
    kind, venue, symbol, start, length, amount = match.groups()
    if kind not in KINDS:
        raise UsageError(f"{word!r}: there is no fault {kind!r}", hint=f"faults: {', '.join(KINDS)}")
    if (amount is not None) != (kind in _WITH_AMOUNT):
        wants = f"wants *amount, {_WITH_AMOUNT[kind]}" if kind in _WITH_AMOUNT else "has no amount"
        raise UsageError(f"{word!r}: {kind} {wants}")
    if not any(leg.venue == venue and symbol in (None, leg.symbol) for leg in markets):
        raise UsageError(
            f"{word!r}: the tape has no {venue}{':' + symbol if symbol else ''}",
            hint="it has " + ", ".join(str(leg) for leg in markets),
        )
    scaled = _scaled(amount or "0")
    if kind in ("delay", "spike", "noise") and (scaled < 0 or (kind == "noise" and scaled >= PLACES)):
        raise UsageError(f"{word!r}: an amount of {amount} is not possible for {kind}")
    start_ms = first_ms + int(start) * 1000
    return Fault(kind, venue, symbol or "", start_ms, start_ms + int(length) * 1000, scaled, word)


def _scaled(text: str) -> int:
    whole, _, part = text.removeprefix("-").partition(".")
    value = int(whole) * PLACES + int(part.ljust(9, "0"))
    return -value if text.startswith("-") else value


def _changed(quotes: Iterable[Quote], fault: Fault, seed: int) -> Iterator[Quote]:
    before: dict[str, Quote] = {}
    for quote in quotes:
        if not fault.hits(quote):
            if (
                fault.kind == "freeze"
                and quote.venue == fault.venue
                and quote.received_at_ms < fault.start_ms
            ):
                before[quote.symbol] = quote
            yield quote
        elif fault.kind == "freeze":
            if quote.symbol in before:
                yield replace(before[quote.symbol], received_at_ms=quote.received_at_ms)
        elif fault.kind == "clock":
            yield _shifted(quote, fault.amount * 1000 // PLACES)
        elif fault.kind == "spike":
            yield _scaled_prices(quote, fault.amount)
        elif fault.kind == "noise":
            yield _scaled_prices(quote, PLACES + _draw(quote, fault.amount, seed))


def _delayed(quotes: Iterable[Quote], fault: Fault) -> Iterator[Quote]:
    """Late quotes wait until their time; those that arrive at the same time keep their order."""
    waiting: list[tuple[int, int, Quote]] = []
    for number, quote in enumerate(quotes):
        while waiting and waiting[0][0] <= quote.received_at_ms:
            yield heappop(waiting)[2]
        if fault.hits(quote):
            late_ms = quote.received_at_ms + fault.amount * 1000 // PLACES
            heappush(waiting, (late_ms, number, replace(quote, received_at_ms=late_ms)))
        else:
            yield quote
    while waiting:
        yield heappop(waiting)[2]


def _shifted(quote: Quote, by_ms: int) -> Quote:
    book, last = quote.book_at_ms, quote.last_at_ms
    return replace(
        quote,
        book_at_ms=None if book is None else book + by_ms,
        last_at_ms=None if last is None else last + by_ms,
    )


def _scaled_prices(quote: Quote, factor: int) -> Quote:
    bid, ask, last = (None if p is None else p * factor // PLACES for p in (quote.bid, quote.ask, quote.last))
    return replace(quote, bid=bid, ask=ask, last=last)


def _draw(quote: Quote, limit: int, seed: int) -> int:
    """A number from -limit to limit that depends on the seed and on the quote, not on what was drawn before."""
    key = f"{seed} {quote.venue} {quote.symbol} {quote.received_at_ms} {quote.last} {quote.bid}".encode()
    drawn = int.from_bytes(blake2b(key, digest_size=8).digest(), "big")
    return drawn % (2 * limit + 1) - limit
