"""Since when a market's row has told the same, for tickers that carry no time.

Such a row is dated by its arrival, and a venue whose data stands still would look fresh for ever. All that it says counts,
volumes too: a market that trades changes one of them, so what stands for 30 s is dropped like any other old quote
(METHODOLOGY.md, Freshness).
"""

from typing import NamedTuple

from reporter.sources.strict import Json

FLAGGED_AFTER = 5
"""Answers in a row that say the same, before the market is named in status and metrics."""
FORGOTTEN_MS = 30_000
"""Without an answer: who knows what it said meanwhile."""


class _Told(NamedTuple):
    row: Json
    first_ms: int
    last_ms: int
    times: int


class Standing:
    """What each market's newest row said, and since when."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def since(self, symbol: str, row: dict[str, Json], received_at_ms: int) -> int:
        """When we first received this row, Unix milliseconds: now, if it is another than before."""
        said, before = _without_clock(row), self._told.get(symbol)
        first_ms, times = received_at_ms, 1
        if before and before.row == said and received_at_ms - before.last_ms <= FORGOTTEN_MS:
            first_ms, times = min(before.first_ms, received_at_ms), before.times + 1
        self._told[symbol] = _Told(said, first_ms, received_at_ms, times)
        return first_ms

    def flagged(self, symbols: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the symbols that have said the same five times and more."""
        told = ((symbol, self._told.get(symbol)) for symbol in symbols)
        return tuple(symbol for symbol, row in told if row and row.times >= FLAGGED_AFTER)


def _without_clock(value: Json) -> Json:
    """A row without what its venue calls a timestamp: a clock that goes on is no price (Gemini's volume has one)."""
    if not isinstance(value, dict):
        return value
    return {key: _without_clock(inner) for key, inner in value.items() if key != "timestamp"}
