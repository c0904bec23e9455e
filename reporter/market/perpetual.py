"""SIMULATED BTC perpetuals of six venues, on top of a market that has none.

Their marks are the market's reference times one plus a basis that wanders within 0.3 % and comes back in minutes, so
premium and funding are there to be seen; each venue lies off the others by up to 0.01 %. On a tape only the perpetuals
are simulated; their label says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from reporter.market.model import Market, MarketKey, MarketQuote
from reporter.market.simulated import CENT, PPM, STEP_MS
from reporter.market.walk import Dice, Walk
from reporter.models import SCALE

FEED = "BTC/USD-PERP"
UNDERLYING, TETHER = "BTC/USD", "USDT/USD"
IN_USD = ("bitmex", "deribit")
IN_USDT = ("binanceperp", "bybitperp", "hyperliquid", "okxperp")
VENUES = {venue: "BTC/USD-PERP" for venue in IN_USD} | {venue: "BTC/USDT-PERP" for venue in IN_USDT}
BASIS_LEVELS = 10  # reverts over blocks of 256 s
BASIS_STEP = 35 * 10**12
MAX_BASIS = 3 * SCALE // 1000
MAX_OFFSET_PPM = 100
DAMPENER = 25 * SCALE // 100_000  # 0.025 %: Deribit pays no funding for a premium within it
MAX_FUNDING = 5 * SCALE // 1000  # 0.5 % in 8 h, Deribit's cap for BTC
TICK = SCALE // 2
RATE_STEPS = 10**8  # Deribit gives rates with 8 decimals


@dataclass(frozen=True, slots=True)
class Perpetual:
    """A perpetual at one moment. Prices 1e18 in its quote currency, ``funding_8h`` 1e18 = 100 %."""

    mark: int
    index: int
    funding_8h: int

    def bent(self, bend: Callable[[MarketQuote], MarketQuote]) -> "Perpetual":
        """What a lying venue makes of it."""
        return replace(self, mark=bend(MarketQuote(self.mark, self.mark, self.mark, 0, 0)).last)


class PerpetualMarket:
    """A market with the perpetuals added. ``seed`` and ``epoch_ms`` decide their basis."""

    def __init__(self, spot: Market, seed: int, epoch_ms: int) -> None:
        self._spot = spot
        self._epoch_ms = epoch_ms
        self._basis = Walk(Dice(seed, "basis"), BASIS_STEP, BASIS_LEVELS)
        self._offsets = {venue: _offset(seed, venue) for venue in VENUES}
        self.source = spot.source
        alone = spot.source != "simulated"  # whether only the perpetuals are simulated
        self.label = f"{spot.label} + SIMULATED perpetual" if alone else spot.label
        self._perpetual_label = f"SIMULATED perpetual on {spot.label}" if alone else spot.label
        tether = any(symbol == TETHER for _, symbol in spot.markets)
        listed = [(venue, VENUES[venue]) for venue in (*IN_USD, *(IN_USDT if tether else ()))]
        self.markets: tuple[MarketKey, ...] = tuple(sorted((*spot.markets, *listed)))

    def label_of(self, venue: str) -> str:
        """What the prices of one venue are: the spot market's label, or that of the simulated perpetuals."""
        return self._perpetual_label if venue in VENUES else self._spot.label

    def quote(self, venue: str, symbol: str, wall_ms: int) -> MarketQuote | None:
        """The spot market's quote, or the perpetual's book of one tick around its mark."""
        if VENUES.get(venue) != symbol:
            return self._spot.quote(venue, symbol, wall_ms)
        step = (wall_ms - self._epoch_ms) // STEP_MS
        now, before = self._at(step, venue), self._at(step - 1, venue)
        if now is None:
            return None
        at_ms = self._epoch_ms + step * STEP_MS
        bid = now.mark // TICK * TICK
        last = (before or now).mark // TICK * TICK
        return MarketQuote(bid, bid + TICK, last, at_ms, at_ms - STEP_MS)

    def perpetual(self, wall_ms: int, venue: str = "deribit") -> Perpetual | None:
        """A venue's mark, index and funding at the last step; None while the market has no reference."""
        return self._at((wall_ms - self._epoch_ms) // STEP_MS, venue)

    def reference(self, feed: str, wall_ms: int) -> int | None:
        """The spot market's reference; for the perpetual Deribit's mark, which lies off no other."""
        if feed != FEED:
            return self._spot.reference(feed, wall_ms)
        found = self.perpetual(wall_ms)
        return None if found is None else found.mark

    def tape_ms(self, wall_ms: int) -> int | None:
        """The spot market's tape time."""
        return self._spot.tape_ms(wall_ms)

    def ended(self, wall_ms: int) -> bool:
        """Whether the spot market ended; the perpetuals end with it."""
        return self._spot.ended(wall_ms)

    def _at(self, step: int, venue: str) -> Perpetual | None:
        index = self._index(self._epoch_ms + step * STEP_MS, venue)
        if index is None:
            return None
        basis = max(-MAX_BASIS, min(MAX_BASIS, self._basis.at(step))) + self._offsets[venue]
        mark = index * (SCALE + basis) // (SCALE * CENT) * CENT
        return Perpetual(
            mark, index, funding_8h((mark - index) * RATE_STEPS // index * (SCALE // RATE_STEPS))
        )

    def _index(self, wall_ms: int, venue: str) -> int | None:
        dollars = self._spot.reference(UNDERLYING, wall_ms)
        if dollars is None or venue in IN_USD:
            return dollars
        tether = self._spot.reference(TETHER, wall_ms)
        return dollars * SCALE // tether if tether else None


def _offset(seed: int, venue: str) -> int:
    """How far a venue's basis lies off Deribit's for good, 1e18 = 100 %."""
    if venue == "deribit":
        return 0
    drawn = Dice(seed, venue, "basis").below(2 * MAX_OFFSET_PPM + 1, "offset") - MAX_OFFSET_PPM
    return drawn * (SCALE // PPM)


def funding_8h(premium: int) -> int:
    """Deribit's rate for a premium (both 1e18 = 100 %): the part beyond the dampener, capped.

    Source: Deribit, Inverse Perpetual, "Funding Rate": max(0.025 %, premium) + min(-0.025 %, premium).
    """
    rate = max(DAMPENER, premium) + min(-DAMPENER, premium)
    return max(-MAX_FUNDING, min(MAX_FUNDING, rate))
