"""A feed that is priced moment after moment."""

from reporter.index import State, plan, step
from reporter.models import SCALE, FeedRules, Index, Leg, Quote

AT = 1_700_000_000_000
FEED = "BTC/USD"


def rules(venues: str, **terms: object) -> FeedRules:
    return FeedRules(FEED, tuple(Leg(venue, FEED) for venue in venues), **terms)  # type: ignore[arg-type]  # any field


def quotes(prices: dict[str, float], at_ms: int) -> dict[Leg, Quote]:
    """One quote per venue, its book a single price; prices in units of 1e18 with six digits."""
    found = {}
    for venue, price in prices.items():
        value = round(price * 10**6) * SCALE // 10**6
        found[Leg(venue, FEED)] = Quote(venue, FEED, value, value, value, at_ms, at_ms, at_ms)
    return found


class Tape:
    """A feed that is priced moment after moment."""

    def __init__(self, feed: FeedRules) -> None:
        self._plan, self._state, self.at_ms = plan([feed]), {}, AT
        self.memory: State = {}

    def __call__(self, prices: dict[str, float], after_s: int = 10) -> Index:
        self.at_ms += after_s * 1000
        indices, self.memory = step(self._plan, quotes(prices, self.at_ms), self.at_ms, self.memory)
        return indices[FEED]


def kept(index: Index) -> str:
    return "".join(sorted(s.venue for s in index.sources if s.kept))


FLAT = dict.fromkeys("abcde", 100.0)
