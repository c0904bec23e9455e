"""What an honest reporter could have said: from the simulated market's own path, by arithmetic of ours.

A venue quotes around the fair price with a lasting bias, noise and half a spread, together at most ``VENUE_PPM``. A reporter
may use a quote up to 31 s older than what it signs (METHODOLOGY.md, Freshness: 30 s, and its slot). So an honest price
of a second lies within the fair prices of the 31 s before it, widened by ``VENUE_PPM``; through a conversion by twice that.
"""

from functools import lru_cache

from reporter.market.simulated import STEP_MS, SimulatedMarket

PPM = 10**6
VENUE_PPM = 300 + 50 + 200
WINDOW_MS = 31_000
SCALE = 10**18


class Truth:
    """The market's fair path; ``seed`` and ``epoch_ms`` are the server's.

    It remembers what it computed: the judge shares a thread with every line, and must not hold them up.
    """

    def __init__(self, seed: int, epoch_ms: int) -> None:
        self._market, self._epoch_ms = SimulatedMarket(seed, epoch_ms), epoch_ms
        self._fair = lru_cache(maxsize=2**17)(self._at_step)
        self.honest = lru_cache(maxsize=None)(self._honest)

    def _at_step(self, feed: str, step: int) -> int:
        price = self._market.reference(feed, self._epoch_ms + step * STEP_MS)
        assert price is not None
        return price

    def fair(self, feed: str, at_ms: int) -> int:
        """The fair price, 1e18 fixed point."""
        return self._fair(feed, (at_ms - self._epoch_ms) // STEP_MS)

    def _honest(self, feed: str, second: int) -> tuple[int, int]:
        """Lowest and highest honest price of a second, 1e18 fixed point."""
        steps = range(-WINDOW_MS // STEP_MS, 1)
        path = [self.fair(feed, second * 1000 + step * STEP_MS) for step in steps]
        slack = VENUE_PPM if feed == "USDT/USD" else 2 * VENUE_PPM
        return min(path) * (PPM - slack) // PPM, max(path) * (PPM + slack) // PPM

    def error_ppm(self, feed: str, second: int, price: int) -> int:
        """How far a price is off the fair one of that very second."""
        fair = self.fair(feed, second * 1000)
        return abs(price - fair) * PPM // fair
