"""``spotline analyse volatility``: how much a feed's index moved on a tape."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.analyse.market import Market, open_market
from reporter.errors import NoIndex
from reporter.index.views import MAX_GAP_MS, Point
from reporter.research.volatility import Volatility, realised_volatility

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Moved:
    """The volatility of a feed, and how often its index was looked at."""

    market: Market
    every_ms: int
    found: Volatility

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints; the volatility as decimal text, 0.65 is 65 % a year."""
        return {
            "tape": self.market.stage.tape.name,
            "feed": self.market.feed,
            "every_ms": self.every_ms,
            "annualised": f"{self.found.annualised:.12f}",
            "returns": self.found.returns,
            "covered_ms": self.found.covered_ms,
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        return [
            f"{self.market.feed} on {self.market.stage.tape.name}: realised volatility "
            f"{self.found.annualised * 100:.2f} % a year",
            f"from {self.found.returns:,} returns of {self.every_ms / 1000:g} s, "
            f"{self.found.covered_ms / HOUR_MS:.1f} hours",
        ]


def tape_volatility(tape: Path, feed: str, config: Path | None, every_s: int | None) -> Moved:
    """Return the realised volatility of our index, where it may be signed, on a grid of ``every_s``.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist.
        NoIndex: Fewer than 2 returns.
    """
    market = open_market(tape, feed, config)
    every_ms = max(market.stage.tape.every_ms, (every_s or 0) * 1000)
    points = [
        Point(index.at_ms, index.price)
        for index in market.indices("volatility")
        if index.price and index.status.signable and index.at_ms % every_ms == 0
    ]
    if not points:
        raise market.no_index()
    found = realised_volatility(points, max_gap_ms=max(MAX_GAP_MS, every_ms))
    if found is None:
        raise NoIndex(f"{market.feed}: {len(points)} prices {every_ms // 1000} s apart make no volatility")
    return Moved(market, every_ms, found)
