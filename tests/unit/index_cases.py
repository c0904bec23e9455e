"""Random feeds and moments for the differential run, cheap to make and full of limits that are met exactly."""

from collections.abc import Iterator
from random import Random

from reporter.index import plan
from reporter.models import SCALE, FeedRules, Leg, Quote

START_MS = 1_700_000_000_000
VENUES = "abcdefghij"
PPM = 1_000_000
STEPS_S = ((1, 2, 5, 10), (10, 20, 30), (60,), (1, 10, 30, 59, 60, 60, 61, 120))
PREMIUMS_PPM = (0, 0, 0, 0, 0, 0, 0, 2_500, -2_501, 4_000, 5_000, 5_001, -10_000, 20_000, 30_000, -60_000)
AGES_MS = (0, 10_000, 10_001, 20_000, 29_999, 30_000, 30_000, 30_001, 60_000, 90_000, -2_000, -2_001, -500)
TRADE_AGES_MS = (0, 1_000, 60_000, 60_000, 60_001, 400_000, -2_000, -2_001)
HALF_SPREADS_PPM = (0, 0, 20, 99, 100, 101, 1_000, 5_000, 5_001)
MOVES_PPM = (0, 0, 0, 100, -300, 1_000, 20_000, -20_001, -110_000, 150_000)
WEIGHTS = (1, 1, 5, 60, 10**7)

Moment = tuple[int, dict[Leg, Quote]]


class Sequence:
    """A plan of feeds and moments of it; the same seed gives the same sequence."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.plan = plan(self._feeds())
        self._levels = {"BTC": 60_000 * SCALE, "ETH": 3_000 * SCALE, "USDT": SCALE, "EUR": SCALE * 11 // 10}
        calm = self._random.random() < 0.4
        premiums = (0, 0, 0, 500, -500) if calm else PREMIUMS_PPM
        self._premiums = {venue: self._random.choice(premiums) for venue in VENUES}
        self._drifting = self._random.choice(VENUES)
        self._drift_ppm = 0 if calm else self._random.choice((0, 700, -900))
        self._unrest = 0.02 if calm else 0.2
        self._noise = self._random.choice((0, 0, 0, 200, 3_000))
        self._trouble = self._random.choice((0.0, 0.1, 0.3))
        self._steps = self._random.choice(STEPS_S)

    def moments(self, count: int) -> Iterator[Moment]:
        at_ms = START_MS + self._random.randrange(300) * 1000
        for _ in range(count):
            at_ms += self._random.choice(self._steps) * 1000
            self._move()
            quotes = (self._quote(leg, at_ms) for rules in self.plan for leg in rules.legs)
            yield at_ms, {Leg(q.venue, q.symbol): q for q in quotes if q is not None}

    # -------------------------------------------------------------- feeds

    def _feeds(self) -> list[FeedRules]:
        if self._random.random() < 0.4:
            return [self._feed("BTC/USD", 5, 10, ())]
        return [
            self._feed("USDT/USD", 1, 5, ("USD/USDT",)),
            self._feed("BTC/USD", 1, 7, ("BTC/USDT",)),
            self._feed("ETH/USD", 1, 7, ("ETH/USDT", "ETH/BTC")),
            self._feed("EUR/USD", 1, 5, ("USD/EUR",)),
        ]

    def _feed(self, feed: str, fewest: int, most: int, others: tuple[str, ...]) -> FeedRules:
        draw = self._random
        venues = draw.sample(VENUES, draw.randint(fewest, most))
        legs = [Leg(venue, draw.choice((feed, feed, *others))) for venue in venues]
        legs += [Leg(venue, symbol) for venue in venues for symbol in others if draw.random() < 0.2]
        weights = [(venue, draw.choice(WEIGHTS)) for venue in venues if draw.random() < 0.8]
        return FeedRules(
            feed,
            tuple(dict.fromkeys(legs)),
            draw.randint(1, min(3, len(venues))),
            weights=tuple(weights) if draw.random() < 0.4 else (),
            fallback=tuple(draw.sample(venues, min(2, len(venues)))) if draw.random() < 0.2 else (),
            pegged=feed == "USDT/USD",
            bias_window_ms=draw.choice((600_000, 3_600_000)),
        )

    # -------------------------------------------------------------- moments

    def _move(self) -> None:
        draw = self._random
        if draw.random() < 2 * self._unrest:
            moved = draw.choice(tuple(self._levels))
            self._levels[moved] += self._levels[moved] * draw.choice(MOVES_PPM) // PPM
        self._premiums[self._drifting] += self._drift_ppm
        if draw.random() < self._unrest:
            self._premiums[draw.choice(VENUES)] = draw.choice(PREMIUMS_PPM)

    def _quote(self, leg: Leg, at_ms: int) -> Quote | None:
        draw = self._random
        base, quote = leg.symbol.split("/")
        level = self._levels.get(base, SCALE) * SCALE // self._levels.get(quote, SCALE)
        ppm = self._premiums[leg.venue] + (draw.randint(-self._noise, self._noise) if self._noise else 0)
        price = level + level * ppm // PPM
        age_ms = draw.randrange(9_000)
        clock = VENUES.index(leg.venue) % 3
        good = Quote(
            leg.venue,
            leg.symbol,
            price - price * 20 // PPM,
            price + price * 20 // PPM,
            price,
            at_ms - age_ms if clock == 0 else None,
            at_ms - age_ms if clock < 2 else None,
            at_ms - age_ms,
        )
        return good if draw.random() >= self._trouble else self._troubled(good, price, at_ms)

    def _troubled(self, good: Quote, price: int, at_ms: int) -> Quote | None:
        draw = self._random
        kind = draw.randrange(8)
        if kind == 0:
            return None
        half = price * draw.choice(HALF_SPREADS_PPM) // PPM
        bid, ask, last = price - half, price + half, price + price * draw.randint(-200, 200) // PPM
        book_at, last_at, received_at = good.book_at_ms, good.last_at_ms, good.received_at_ms
        if kind == 1:
            age_ms = draw.choice(AGES_MS)
            book_at = book_at and at_ms - age_ms
            last_at = last_at and at_ms - age_ms
            received_at = at_ms - (age_ms if draw.random() < 0.5 else max(0, age_ms))
        elif kind == 2:
            last_at = at_ms - draw.choice(TRADE_AGES_MS)
        elif kind == 3:
            bid, ask = draw.choice(((ask, bid), (None, ask), (bid, None), (0, ask), (-1, 1), (price, price)))
        elif kind == 4:
            bid = ask = None
        elif kind == 5:
            last = draw.choice((None, None, 0, -5, 1))
        elif kind == 6:
            factor = draw.choice((2, 10**3, 10**36))
            bid, ask, last = bid * factor, ask * factor, last * factor
        if kind == 4 and draw.random() < 0.3:
            last_at = draw.choice((None, at_ms - draw.choice(TRADE_AGES_MS)))
        return Quote(good.venue, good.symbol, bid, ask, last, book_at, last_at, received_at)
