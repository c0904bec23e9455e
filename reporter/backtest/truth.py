"""The reference of a tape: what its best markets traded at, with hindsight."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping

from reporter.models import Leg, Quote

Series = list[tuple[int, int]]
"""Exchange times in Unix milliseconds and prices, 1e18 fixed point."""


class Prices:
    """Collects the prices of some markets from a whole tape."""

    def __init__(self, wanted: Callable[[Leg], bool]) -> None:
        """``wanted`` says which markets."""
        self._wanted = wanted
        self._series: dict[tuple[str, str], Series | None] = {}

    def look(self, quote: Quote) -> None:
        """Take a quote in, if it is of a wanted market and has a price."""
        key = (quote.venue, quote.symbol)
        if key not in self._series:
            self._series[key] = [] if self._wanted(Leg(*key)) else None
        series = self._series[key]
        if series is not None and (price := quote.last or _mid(quote)):
            series.append((quote.observed_at_ms, price))

    def of(self, legs: Iterable[Leg]) -> list[Series]:
        """The series of these markets, oldest first."""
        found = (self._series.get((leg.venue, leg.symbol)) for leg in legs)
        return [sorted(series, key=_time) for series in found if series]


class Truth:
    """The mean of some markets' prices by exchange time, also of those that arrived later.

    It answers as a ``reporter.backtest.Reference``.
    """

    def __init__(self, series: Iterable[Series], max_age_ms: int) -> None:
        """A market without a price for ``max_age_ms`` has no say."""
        self._series = list(series)
        self._max_age_ms = max_age_ms

    def __call__(self, at_ms: int, _: Mapping[Leg, Quote]) -> int | None:
        """The mean, floored, of the markets that traded lately; None when none did."""
        found = (self._price(series, at_ms) for series in self._series)
        prices = [price for price in found if price is not None]
        return sum(prices) // len(prices) if prices else None

    def _price(self, series: Series, at_ms: int) -> int | None:
        position = bisect_right(series, at_ms, key=_time) - 1
        if position < 0 or at_ms - series[position][0] > self._max_age_ms:
            return None
        return series[position][1]


def _time(entry: tuple[int, int]) -> int:
    return entry[0]


def _mid(quote: Quote) -> int | None:
    return None if quote.bid is None or quote.ask is None else (quote.bid + quote.ask) // 2
