"""Runs a model in every mode with every seed, and keeps the figures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reporter.convergence import ground, linear, paths
from reporter.convergence.agents import make_agents
from reporter.convergence.metrics import Figures, Summary, Track, figures, summary
from reporter.convergence.play import Play, play
from reporter.errors import UsageError
from reporter.funding import Params
from reporter.funding.formulas import ONE

AGENTS, LINEAR = "agents", "linear"
MINUTES_PER_HOUR = 60
BP = ONE // 10_000
Bar = Callable[[Iterable[tuple[str, int]], int], Iterable[tuple[str, int]]]
"""Hands on the runs to be done, and shows how many of how many are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run: ``seeds`` of them from ``first_seed`` on; the same seed has the same noise in every mode.

    Attributes:
        counts: How many agents of each kind; without a meaning in the linear model.
        fee_bp: A taker's per trade: what arbitrageurs must earn, and the width of the band.
        volatility_bp: Of the index, per square root of an hour.
        index: Recorded prices in place of the random walk, Unix seconds and 8 decimals.
    """

    model: str
    modes: Mapping[str, Params]
    hours: int
    seeds: int
    counts: Mapping[str, int]
    fee_bp: int
    volatility_bp: float
    index: Sequence[tuple[int, int]] | None = None
    first_seed: int = 1

    def __post_init__(self) -> None:
        if self.model not in (AGENTS, LINEAR):
            raise UsageError(
                f"there is no model {self.model!r}", hint=f"--model {AGENTS} or --model {LINEAR}"
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """One mode: its figures over the seeds, and the track of the first seed for the picture."""

    figures: Summary
    shown: Track


def simulate(plan: Plan, bar: Bar = lambda runs, _: runs) -> dict[str, Outcome]:
    """Return every mode's outcome, in the plan's order."""
    found: dict[str, list[Figures]] = {name: [] for name in plan.modes}
    shown: dict[str, Track] = {}
    seeds = range(plan.first_seed, plan.first_seed + plan.seeds)
    runs = [(name, seed) for seed in seeds for name in plan.modes]
    for name, seed in bar(runs, len(runs)):
        track = one_run(plan, plan.modes[name], seed)
        shown.setdefault(name, track)
        found[name].append(figures(track, plan.fee_bp))
    return {name: Outcome(summary(each), shown[name]) for name, each in found.items()}


def one_run(plan: Plan, params: Params, seed: int) -> Track:
    """Return the track of one seed under these parameters."""
    if plan.model == LINEAR:
        return linear.run(params, seed, plan.hours)
    return ground.run(params, play_of(plan, seed))


def play_of(plan: Plan, seed: int, start_s: int = linear.START_S) -> Play:
    """Return the agents' play of one seed, an index a minute."""
    minutes = plan.hours * MINUTES_PER_HOUR
    path = (
        paths.recorded(plan.index, minutes) if plan.index else paths.walk(seed, minutes, plan.volatility_bp)
    )
    return play(make_agents(plan.counts, seed, plan.fee_bp * BP), path, start_s)
