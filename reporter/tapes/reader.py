"""One shape for every tape: markets, first and last arrival, and a stream of quotes that can be read again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import TapeError
from reporter.market.tape_rows import COLUMNS as BAR_COLUMNS
from reporter.market.tape_rows import read_lines
from reporter.models import Leg, Quote
from reporter.tapes import bars, lines, ticks

BAR_EVERY_MS = 60_000
QUOTE_EVERY_MS = 1_000


@dataclass(frozen=True, slots=True)
class RecordedTape:
    """A tape that has been looked through once.

    Attributes:
        form: ``bars``, ``ticks`` or ``quotes``.
        markets: Sorted by venue and symbol.
        first_ms: Arrival of the first quote, Unix milliseconds; ``last_ms`` of the last.
        every_ms: How often a moment of this tape is priced.
    """

    path: Path
    form: str
    markets: tuple[Leg, ...]
    count: int
    first_ms: int
    last_ms: int
    every_ms: int

    @property
    def name(self) -> str:
        """The file's name without its endings."""
        return _name(self.path)

    def quotes(self) -> Iterator[Quote]:
        """Every quote in order of arrival, from the start, each call anew.

        Raises:
            TapeError: A row is bad (with its line and the value), or time runs backwards.
        """
        return _FORMS[self.form].read(self.path, f"TAPE {self.name}")


@dataclass(frozen=True, slots=True)
class _Form:
    read: Callable[[Path, str], Iterator[Quote]]
    every_ms: int


_FORMS = {
    "bars": _Form(bars.read, BAR_EVERY_MS),
    "ticks": _Form(ticks.read, QUOTE_EVERY_MS),
    "quotes": _Form(lines.read, QUOTE_EVERY_MS),
}


def open_tape(path: Path, look: Callable[[Quote], object] = lambda _: None) -> RecordedTape:
    """Find out a tape's form and read it once, so that nothing bad is met half-way through a replay.

    Args:
        look: Sees every quote of this first reading.

    Raises:
        TapeError: Missing, not text, of no known form, with a bad row, or without a quote.
    """
    form = form_of(path)
    markets: set[tuple[str, str]] = set()
    first_ms = last_ms = count = 0
    for quote in _FORMS[form].read(path, f"TAPE {_name(path)}"):
        if not count:
            first_ms = quote.received_at_ms
        last_ms = quote.received_at_ms
        count += 1
        markets.add((quote.venue, quote.symbol))
        look(quote)
    if not count:
        raise TapeError(f"{path} has no row with a price")
    legs = tuple(Leg(*market) for market in sorted(markets))
    return RecordedTape(path, form, legs, count, first_ms, last_ms, _FORMS[form].every_ms)


def form_of(path: Path) -> str:
    """``bars``, ``ticks`` or ``quotes``, by the first line.

    Raises:
        TapeError: Another first line.
    """
    first = next(iter(read_lines(path)), "").strip()
    if first == ",".join(BAR_COLUMNS):
        return "bars"
    if first == ",".join(ticks.COLUMNS):
        return "ticks"
    if first.startswith("{"):
        return "quotes"
    raise TapeError(
        f"{path} is no tape: it begins with {first[:60]!r}",
        hint=f"a tape begins with {','.join(BAR_COLUMNS)}, with {','.join(ticks.COLUMNS)}, or is made by spotline record",
    )


def _name(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".csv").removesuffix(".jsonl")
