"""Methods side by side on the same moments. Pure: a tape and a written scenario go through the same code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reporter.backtest.contestants import NAIVE, SPOTLINE, Answer, Contestant, contestants
from reporter.backtest.jumps import Jump, JumpFinder
from reporter.backtest.samples import Offer, Seen
from reporter.backtest.tally import Figures, Tally
from reporter.index import State, step
from reporter.index.units import PPM
from reporter.models import FeedRules, Leg, Quote

__all__ = [
    "NAIVE",
    "SPOTLINE",
    "Answer",
    "Comparison",
    "Contestant",
    "Figures",
    "Reference",
    "Seen",
    "Track",
    "backtest",
    "contestants",
]

HONEST_PPM, HONEST_AGE_MS = 5_000, 10_000
"""A venue within 0.5 % of the reference (the narrowest band) and at most 10 s old (every method's) is honest."""

Reference = Callable[[int, Mapping[Leg, Quote]], int | None]
"""The price that a moment is measured against, 1e18 fixed point; None where there is none."""


@dataclass(frozen=True, slots=True)
class Track:
    """What a plot needs: the moments, the reference and each method's price at them, None without one."""

    times_ms: Sequence[int]
    reference: Sequence[int | None]
    prices: Mapping[str, Sequence[int | None]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures of every method on the same moments.

    Attributes:
        moments: How many were priced; ``referenced`` of them had a reference.
        jumps: Genuine moves of the reference, after which lag was measured.
    """

    feed: str
    moments: int
    referenced: int
    jumps: Sequence[Jump]
    figures: Mapping[str, Figures]
    track: Track


def backtest(
    moments: Iterable[tuple[int, Mapping[Leg, Quote]]],
    plan: Sequence[FeedRules],
    feed: str,
    reference: Reference,
    methods: Mapping[str, Contestant],
) -> Comparison:
    """Price every moment by every method, and measure each against the reference.

    Args:
        moments: Unix milliseconds, growing, each with the newest quote per leg that was known by then.
        plan: What ``reporter.index.plan`` returned; has ``feed`` and the conversions behind it.
        reference: Asked once a moment.
        methods: By name; ``contestants()`` gives ours and the others'. They remember: take new ones for each run.
    """
    rules = next(r for r in plan if r.feed == feed)
    tallies = {name: Tally() for name in methods}
    times: list[int] = []
    truths: list[int | None] = []
    jumps = JumpFinder()
    state: State = {}
    for at_ms, quotes in moments:
        indices, state = step(plan, quotes, at_ms, state)
        truth = reference(at_ms, quotes)
        times.append(at_ms)
        truths.append(truth)
        jump = jumps.look(at_ms, truth) if truth is not None else None
        seen = Seen(at_ms, quotes, indices, rules)
        honest = honest_venues(seen.measured, truth)
        for name, method in methods.items():
            if jump:
                tallies[name].expect(jump)
            tallies[name].add(at_ms, method(seen), truth, honest)
    track = Track(times, truths, {name: tally.prices for name, tally in tallies.items()})
    figures = {name: tally.figures() for name, tally in tallies.items()}
    referenced = sum(truth is not None for truth in truths)
    return Comparison(feed, len(times), referenced, jumps.found, figures, track)


def honest_venues(offers: Iterable[Offer], truth: int | None) -> frozenset[str]:
    """The fresh venues near the reference: no method has a good reason to leave them out."""
    if truth is None:
        return frozenset()
    return frozenset(
        offer.sample.venue
        for offer in offers
        if offer.oldest_ms <= HONEST_AGE_MS and abs(offer.sample.price - truth) * PPM <= HONEST_PPM * truth
    )
