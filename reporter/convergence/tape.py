"""The same figures of a recorded perpetual and its index, and when the two came apart."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from reporter.convergence import stats
from reporter.convergence.metrics import Figures, Track, figures
from reporter.convergence.pairs import Pair, pair_of, read_prices
from reporter.convergence.play import STEP_S
from reporter.convergence.report import text
from reporter.convergence.stats import Interval
from reporter.decoupling import DecouplingRules, Episode, decouplings
from reporter.funding.formulas import ONE
from reporter.market.tape import utc_text
from reporter.table import columns

BP = ONE // 10_000
HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recorded pair says. ``names`` are the perpetual's and the index's."""

    names: tuple[str, str]
    pair: Pair
    figures: Figures
    episodes: list[Episode]
    fee_bp: int

    @property
    def hourly(self) -> Track:
        """A sample an hour."""
        return self.pair.track.hourly()

    def half_life(self) -> Interval | None:
        """In hours; the interval is that of phi on a single row."""
        if self.figures.phi is None:
            return None
        phi = stats.phi_interval(self.figures.phi, len(self.hourly.basis_bp) - 1)
        ends = [end if end is None else stats.reversion_per_h(end, 1) for end in (phi.high, phi.low)]
        return stats.half_lives(Interval(stats.reversion_per_h(phi.mean, 1), *ends))

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints; times in Unix seconds, an end that is unknown or infinite is null."""
        life = self.half_life()
        ends = life and {"mean": life.mean, "low": life.low, "high": life.high}
        return {
            "perpetual": self.names[0],
            "index": self.names[1],
            "start": self.pair.start_s,
            "minutes": len(self.pair.basis),
            "leftOutMinutes": self.pair.left_out,
            "feeBp": self.fee_bp,
            "halfLifeH": ends
            and {key: value if value and isfinite(value) else None for key, value in ends.items()},
            "trackingBp": self.figures.tracking_bp,
            "worstBp": self.figures.worst_bp,
            "outsideBand": self.figures.outside,
            "decouplings": [
                {"start": e.start_s, "end": e.end_s, "worstBp": e.worst / BP} for e in self.episodes
            ],
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        f = self.figures
        return [
            f"{self.names[0]} against {self.names[1]}",
            f"{len(self.pair.basis):,} minutes from {utc_text(self.pair.start_s * 1_000)}"
            + (
                f", {self.pair.left_out:,} left out: one of the two is not known"
                if self.pair.left_out
                else ""
            ),
            *columns(
                [
                    ("half-life h", "tracking bp", "worst bp", "outside band"),
                    (
                        text(self.half_life(), 1),
                        f"{f.tracking_bp:.1f}",
                        f"{f.worst_bp:.0f}",
                        f"{100 * f.outside:.0f} %",
                    ),
                ]
            ),
            *([_said(episode) for episode in self.episodes] or ["never decoupled"]),
        ]


def recorded(perpetual: str, index: str, fee_bp: int, rules: DecouplingRules) -> Recorded:
    """Return the figures of two files of prices.

    Raises:
        TapeError: One cannot be read, or the two have no two hours together.
    """
    pair = pair_of(read_prices(perpetual), read_prices(index))
    episodes = decouplings(pair.samples(), rules)
    return Recorded((perpetual, index), pair, figures(pair.track, fee_bp), episodes, fee_bp)


def alarms(found: Recorded) -> list[tuple[float, float]]:
    """The episodes in hours from the start, the last one's last minute included."""
    starts = found.pair.start_s
    return [((e.start_s - starts) / HOUR_S, (e.end_s + STEP_S - starts) / HOUR_S) for e in found.episodes]


def _said(episode: Episode) -> str:
    minutes = (episode.end_s - episode.start_s) // 60
    start = utc_text(episode.start_s * 1_000)
    return f"decoupled from {start} for {minutes} min, worst {episode.worst / BP:+.0f} bp"
