"""What a venue of the market server can be made to do wrong, while it runs: lies in its quotes, faults on its wire.

``POST /faults`` with ``{"venue": "kraken", "fault": "latency", "ms": 400}`` switches one on (``"*"`` is every venue),
``"fault": "none"`` off; ``GET /faults`` lists them, ``DELETE /faults`` clears them. A venue has one at a time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reporter.errors import UsageError
from reporter.market.model import MarketQuote
from reporter.market.shapes import as_it_is

TEN_MINUTES_MS = 600_000
EVERY = "*"

BENDS: Mapping[str, Callable[[MarketQuote], MarketQuote]] = {
    "x1000": lambda q: scaled(q, 1_000, 1),
    "x0.1": lambda q: scaled(q, 1, 10),
    "x1.005": lambda q: scaled(q, 1_005, 1_000),
    "zero": lambda q: scaled(q, 0, 1),
    "negative": lambda q: scaled(q, -1, 1),
    "crossed": lambda q: replace(q, bid=q.ask * 101 // 100, ask=q.bid),
    "late": lambda q: shifted(q, -TEN_MINUTES_MS),
    "early": lambda q: shifted(q, TEN_MINUTES_MS),
    "unit": lambda q: replace(q, book_at_ms=q.book_at_ms // 1000, last_at_ms=q.last_at_ms // 1000),
    "halted": lambda q: scaled(q, 0, 1),
    "frozen": as_it_is,
    "misnamed": as_it_is,
}
"""Lies, by name. ``frozen`` and ``halted`` stop the venue's clock as well; ``misnamed`` names other markets."""

WIRE = frozenset(
    {
        *("down", "blackhole", "latency", "slow", "drip", "headerdrip", "continues", "huge", "bomb"),
        *("truncated", "sliced", "corrupt", "html", "status", "redirect", "date"),
        *("silent", "deaf", "garbage", "oversize", "fragments", "compressed", "flood", "closeloop"),
    }
)
"""Faults of the wire; the last line are those of a stream, the others hold for its handshake too."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Which parameters count depends on it.

    Attributes:
        since_ms: When it was switched on, Unix milliseconds.
        ms: Of latency, between two bytes of a drip, or by which the Date header is ahead.
        rate: Bytes per second of a slow body.
        status: HTTP status, with a good body.
        retry_after: Seconds; sent when positive.
        coding: Of the bomb: ``gzip``, ``br`` or ``zstd``.
    """

    name: str
    since_ms: int
    ms: int = 400
    rate: int = 1_000
    status: int = 503
    retry_after: int = 0
    coding: str = "gzip"


NONE = Fault("none", 0)


class Board:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._on: dict[str, Fault] = {}

    def of(self, venue: str) -> Fault:
        """The fault of a venue, else that of every venue, else ``NONE``."""
        return self._on.get(venue) or self._on.get(EVERY) or NONE

    def switch(self, asked: Any, now_ms: int) -> None:
        """Switch a fault on or off.

        Raises:
            UsageError: Not an object with a venue and a known fault, or a parameter of another type.
        """
        venue, fault = parse(asked, now_ms)
        if fault.name == NONE.name:
            self._on.pop(venue, None)
        else:
            self._on[venue] = fault

    def clear(self) -> None:
        """Switch everything off."""
        self._on.clear()

    def document(self) -> dict[str, dict[str, str]]:
        """Venue -> fault."""
        return {venue: {"fault": fault.name} for venue, fault in sorted(self._on.items())}


def parse(asked: Any, now_ms: int) -> tuple[str, Fault]:
    """Venue and fault of a request's document; raises as ``Board.switch``."""
    known = {"ms": int, "rate": int, "status": int, "retry_after": int, "coding": str}
    if not isinstance(asked, dict) or not isinstance(asked.get("venue"), str):
        raise UsageError("a fault is an object with a venue and a fault")
    name, more = asked.get("fault"), {k: v for k, v in asked.items() if k not in ("venue", "fault")}
    if name != NONE.name and name not in BENDS and name not in WIRE:
        raise UsageError(f"unknown fault {name!r}", hint=f"known: {', '.join(sorted({*BENDS, *WIRE}))}")
    wrong = [key for key, value in more.items() if type(value) is not known.get(key)]
    if wrong:
        raise UsageError(f"{wrong[0]!r} is not a parameter of a fault, or not of its type")
    return asked["venue"], Fault(str(name), now_ms, **more)


def scaled(quote: MarketQuote, times: int, over: int) -> MarketQuote:
    """A quote with every price multiplied."""
    bid, ask, last = (price * times // over for price in (quote.bid, quote.ask, quote.last))
    return replace(quote, bid=bid, ask=ask, last=last)


def shifted(quote: MarketQuote, by_ms: int) -> MarketQuote:
    """A quote from another time."""
    return replace(quote, book_at_ms=quote.book_at_ms + by_ms, last_at_ms=quote.last_at_ms + by_ms)
