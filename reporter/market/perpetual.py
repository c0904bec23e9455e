"""One SIMULATED perpetual, Deribit's BTC-PERPETUAL, on top of a market that has none.

Its mark is the market's reference times one plus a basis that wanders within 0.3 % and comes back in minutes,
so premium and funding are there to be seen. On a tape only the perpetual is simulated; its label says so.
"""

from dataclasses import dataclass

from reporter.market.model import Market, MarketKey, MarketQuote
from reporter.market.simulated import CENT, STEP_MS
from reporter.market.walk import Dice, Walk
from reporter.models import SCALE

VENUE = "deribit"
SYMBOL = "BTC/USD-PERP"
UNDERLYING = "BTC/USD"
BASIS_LEVELS = 10  # reverts over blocks of 256 s
BASIS_STEP = 35 * 10**12
MAX_BASIS = 3 * SCALE // 1000
DAMPENER = 25 * SCALE // 100_000  # 0.025 %: Deribit pays no funding for a premium within it
MAX_FUNDING = 5 * SCALE // 1000  # 0.5 % in 8 h, Deribit's cap for BTC
TICK = SCALE // 2
RATE_STEPS = 10**8  # Deribit gives rates with 8 decimals


@dataclass(frozen=True, slots=True)
class Perpetual:
    """The perpetual at one moment. Prices 1e18, ``funding_8h`` 1e18 = 100 %."""

    mark: int
    index: int
    funding_8h: int


class PerpetualMarket:
    """A market with the perpetual added. ``seed`` and ``epoch_ms`` decide its basis."""

    def __init__(self, spot: Market, seed: int, epoch_ms: int) -> None:
        self._spot = spot
        self._epoch_ms = epoch_ms
        self._basis = Walk(Dice(seed, "basis"), BASIS_STEP, BASIS_LEVELS)
        self.source = spot.source
        alone = spot.source != "simulated"  # whether only the perpetual is simulated
        self.label = f"{spot.label} + SIMULATED perpetual" if alone else spot.label
        self._perpetual_label = f"SIMULATED perpetual on {spot.label}" if alone else spot.label
        self.markets: tuple[MarketKey, ...] = tuple(sorted((*spot.markets, (VENUE, SYMBOL))))

    def label_of(self, venue: str) -> str:
        """What the prices of one venue are: the spot market's label, or that of the simulated perpetual."""
        return self._perpetual_label if venue == VENUE else self._spot.label

    def quote(self, venue: str, symbol: str, wall_ms: int) -> MarketQuote | None:
        """The spot market's quote, or the perpetual's book of one tick around its mark."""
        if (venue, symbol) != (VENUE, SYMBOL):
            return self._spot.quote(venue, symbol, wall_ms)
        step = (wall_ms - self._epoch_ms) // STEP_MS
        now, before = self._at(step), self._at(step - 1)
        if now is None:
            return None
        at_ms = self._epoch_ms + step * STEP_MS
        bid = now.mark // TICK * TICK
        last = (before or now).mark // TICK * TICK
        return MarketQuote(bid, bid + TICK, last, at_ms, at_ms - STEP_MS)

    def perpetual(self, wall_ms: int) -> Perpetual | None:
        """Mark, index and funding at the last step; None while the market has no reference."""
        return self._at((wall_ms - self._epoch_ms) // STEP_MS)

    def reference(self, feed: str, wall_ms: int) -> int | None:
        """The spot market's reference; for the perpetual its mark."""
        if feed != SYMBOL:
            return self._spot.reference(feed, wall_ms)
        found = self.perpetual(wall_ms)
        return None if found is None else found.mark

    def tape_ms(self, wall_ms: int) -> int | None:
        """The spot market's tape time."""
        return self._spot.tape_ms(wall_ms)

    def ended(self, wall_ms: int) -> bool:
        """Whether the spot market ended; the perpetual ends with it."""
        return self._spot.ended(wall_ms)

    def _at(self, step: int) -> Perpetual | None:
        index = self._spot.reference(UNDERLYING, self._epoch_ms + step * STEP_MS)
        if index is None:
            return None
        basis = max(-MAX_BASIS, min(MAX_BASIS, self._basis.at(step)))
        mark = index * (SCALE + basis) // (SCALE * CENT) * CENT
        return Perpetual(
            mark, index, funding_8h((mark - index) * RATE_STEPS // index * (SCALE // RATE_STEPS))
        )


def funding_8h(premium: int) -> int:
    """Deribit's rate for a premium (both 1e18 = 100 %): the part beyond the dampener, capped.

    Source: Deribit, Inverse Perpetual, "Funding Rate": max(0.025 %, premium) + min(-0.025 %, premium).
    """
    rate = max(DAMPENER, premium) + min(-DAMPENER, premium)
    return max(-MAX_FUNDING, min(MAX_FUNDING, rate))
