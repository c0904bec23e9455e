"""The reference of a tape: what its best markets traded at, with hindsight."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from reporter.models import Leg, Quote


class Truth:
    """The mean of some markets' prices by exchange time, also of quotes that arrived later.

    ``look`` takes the whole tape in; after that it answers as a ``reporter.backtest.Reference``.
    """

    def __init__(self, legs: Iterable[Leg], max_age_ms: int) -> None:
        """A market without a quote for ``max_age_ms`` has no say."""
        self._max_age_ms = max_age_ms
        self._found: dict[tuple[str, str], list[tuple[int, int]]] = {
            (leg.venue, leg.symbol): [] for leg in legs
        }
        self._sorted = False

    def look(self, quote: Quote) -> None:
        """Take a quote in, if it is of one of the markets."""
        found = self._found.get((quote.venue, quote.symbol))
        price = quote.last if quote.last is not None else _mid(quote)
        if found is not None and price:
            found.append((quote.observed_at_ms, price))
            self._sorted = False

    def __call__(self, at_ms: int, _: Mapping[Leg, Quote]) -> int | None:
        """The mean, floored, of the markets that traded lately; None when none did."""
        if not self._sorted:
            for series in self._found.values():
                series.sort(key=_time)
            self._sorted = True
        prices = [
            price for series in self._found.values() if (price := self._price(series, at_ms)) is not None
        ]
        return sum(prices) // len(prices) if prices else None

    def _price(self, series: list[tuple[int, int]], at_ms: int) -> int | None:
        position = bisect_right(series, at_ms, key=_time) - 1
        if position < 0 or at_ms - series[position][0] > self._max_age_ms:
            return None
        return series[position][1]


def _time(entry: tuple[int, int]) -> int:
    return entry[0]


def _mid(quote: Quote) -> int | None:
    return None if quote.bid is None or quote.ask is None else (quote.bid + quote.ask) // 2
