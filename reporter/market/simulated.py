"""A simulated spot market: a pure function of seed, epoch and wall time. Its label says SIMULATED.

Assets walk in USD at about 250 % annualised volatility in steps of 250 ms; venues quote them with their own
lasting bias, noise and spread. Integers only: two processes with one seed and epoch agree bit for bit.
"""

from dataclasses import dataclass

from reporter.market.model import MarketKey, MarketQuote
from reporter.market.walk import Dice, Walk
from reporter.models import SCALE

STEP_MS = 250
LEVELS = 14  # anchors every 2**14 steps, 68 minutes
PPM = 10**6
CENT = SCALE // 100


@dataclass(frozen=True, slots=True)
class Asset:
    """How an asset moves against USD.

    Attributes:
        base: Its level, 1e18.
        step_deviation: Of the relative change in 250 ms, 1e18 = 100 %. 2.2e14 is 250 % a year.
        jump: A second level above the first, 1e18 = 100 %; which holds is drawn every 64 s.
        tick: Of prices in which it is the base, 1e18.
        max_bias_ppm: How far a venue may lie off the fair price, for good.
    """

    base: int
    step_deviation: int
    jump: int
    tick: int
    max_bias_ppm: int


ASSETS = {
    "BTC": Asset(64_000 * SCALE, 220 * 10**12, 3 * SCALE // 1000, CENT, 300),
    "ETH": Asset(3_100 * SCALE, 240 * 10**12, 3 * SCALE // 1000, CENT, 300),
    "USDT": Asset(9_996 * SCALE // 10_000, 5 * 10**12, 0, SCALE // 10**5, 100),
    "USDC": Asset(9_999 * SCALE // 10_000, 3 * 10**12, 0, SCALE // 10**5, 100),
}
JUMP_BITS = 8  # 2**8 steps are 64 s
VENUES = {
    "binance": ("BTC/USDT", "ETH/USDT", "BTC/USDC", "ETH/USDC", "USDC/USDT"),
    "binanceus": ("BTC/USDT", "ETH/USDT", "BTC/USDC", "ETH/USDC", "USDC/USDT"),
    "bitstamp": ("BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD", "BTC/USDT", "ETH/USDT"),
    "coinbase": ("BTC/USD", "ETH/USD", "USDT/USD", "BTC/USDT", "ETH/USDT"),
    "gemini": ("BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD", "BTC/USDT", "ETH/USDT"),
    "kraken": (
        *("BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD"),
        *("BTC/USDT", "ETH/USDT", "BTC/USDC", "ETH/USDC"),
    ),
    "okx": ("BTC/USDT", "ETH/USDT", "BTC/USDC", "ETH/USDC", "USDC/USDT"),
    **{name: ("BTC/USD", "ETH/USD", "USDT/USD") for name in ("bitfinex", "cryptocom")},
    **{name: ("BTC/USDT", "ETH/USDT") for name in ("bitget", "bybit", "gate", "htx", "kucoin", "mexc")},
}
TRADE_STEPS = 4  # one trade a second


class SimulatedMarket:
    """Fifteen venues on four walking assets. ``epoch_ms`` is the wall time of step 0."""

    source = "simulated"

    def __init__(self, seed: int, epoch_ms: int) -> None:
        self._seed = seed
        self._epoch_ms = epoch_ms
        self._dice = {name: Dice(seed, name) for name in ASSETS}
        self._walks = {
            name: Walk(self._dice[name], asset.step_deviation, LEVELS) for name, asset in ASSETS.items()
        }
        self._books = {
            (venue, symbol): Dice(seed, venue, symbol)
            for venue, symbols in VENUES.items()
            for symbol in symbols
        }
        self.label = f"SIMULATED seed {seed}"
        self.markets: tuple[MarketKey, ...] = tuple(sorted(self._books))

    def quote(self, venue: str, symbol: str, wall_ms: int) -> MarketQuote | None:
        """The venue's book at the last 250 ms step, and its last trade, which is always before the book."""
        if (venue, symbol) not in self._books:
            return None
        step = self._step(wall_ms)
        bid, ask = self._book(venue, symbol, step)
        traded = self._trade_step(venue, symbol, step)
        sides = self._book(venue, symbol, traded)
        last = sides[self._books[venue, symbol].below(2, "side", traded)]
        return MarketQuote(bid, ask, last, self._wall_ms(step), self._wall_ms(traded))

    def reference(self, feed: str, wall_ms: int) -> int | None:
        """The fair price of ``BTC/USD`` and the like at the last step, before any venue's bias and noise."""
        base, _, quote = feed.partition("/")
        if base not in ASSETS or quote != "USD":
            return None
        return self._fair(feed, self._step(wall_ms))

    def tape_ms(self, wall_ms: int) -> None:
        """Nothing is replayed."""

    def ended(self, wall_ms: int) -> bool:
        """A simulated market goes on."""
        return False

    def _step(self, wall_ms: int) -> int:
        return (wall_ms - self._epoch_ms) // STEP_MS

    def _wall_ms(self, step: int) -> int:
        return self._epoch_ms + step * STEP_MS

    def _dollars(self, name: str, step: int) -> int:
        """One asset in USD."""
        if name == "USD":
            return SCALE
        asset = ASSETS[name]
        jumped = self._dice[name].below(2, "jump", step >> JUMP_BITS)
        return asset.base * (SCALE + self._walks[name].at(step) + jumped * asset.jump) // SCALE

    def _fair(self, symbol: str, step: int) -> int:
        base, _, quote = symbol.partition("/")
        return self._dollars(base, step) * SCALE // self._dollars(quote, step)

    def _book(self, venue: str, symbol: str, step: int) -> tuple[int, int]:
        """Bid and ask: fair price, the venue's lasting bias, 0.5 bp of noise, a spread of 1 to 4 bp."""
        asset, dice = ASSETS[symbol.partition("/")[0]], self._books[venue, symbol]
        bias = dice.below(2 * asset.max_bias_ppm + 1, "bias") - asset.max_bias_ppm
        noise = dice.below(101, "noise", step) - 50
        half = 50 + dice.below(151, "spread", step)
        middle = self._fair(symbol, step) * (PPM + bias + noise) // PPM
        bid = middle * (PPM - half) // (PPM * asset.tick) * asset.tick
        ask = -(-middle * (PPM + half) // (PPM * asset.tick)) * asset.tick
        return bid, ask

    def _trade_step(self, venue: str, symbol: str, step: int) -> int:
        """The step of the last trade before ``step``: each second holds one, at a step of its own."""
        dice = self._books[venue, symbol]
        slot = step // TRADE_STEPS
        traded = slot * TRADE_STEPS + dice.below(TRADE_STEPS, "trade", slot)
        if traded < step:
            return traded
        return (slot - 1) * TRADE_STEPS + dice.below(TRADE_STEPS, "trade", slot - 1)
