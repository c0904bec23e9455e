"""The shape of a method: one sample per venue and a state in, a result and a state out.

``METHODS`` are those that a table compares with ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reporter.index.median import median_floor

__all__ = ["METHODS", "Method", "Result", "Sample", "State"]

FRESH_MS = 30_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One venue at one moment.

    Attributes:
        price: 1e18 fixed point, > 0, in the feed's quote currency.
        weight_ppm: The venue's assigned part of the weight.
        half_spread: 1e18 fixed point; 0 unknown.
        age_ms: The moment minus the quote's time.
        volume: 0 unknown.
    """

    venue: str
    price: int
    weight_ppm: int
    half_spread: int
    age_ms: int
    volume: int


@dataclass(frozen=True, slots=True)
class State:
    """The moment, and what a method remembers."""

    at_ms: int = 0

    def at(self, at_ms: int) -> "State":
        """The same memory at another moment."""
        return replace(self, at_ms=at_ms)


@dataclass(frozen=True, slots=True)
class Result:
    """What a method makes of the samples; ``price`` is None where it gives none."""

    price: int | None
    confidence: int | None
    kept: tuple[str, ...]
    reason: str


Method = Callable[[Sequence[Sample], State], tuple[Result, State]]


def median(samples: Sequence[Sample], state: State) -> tuple[Result, State]:
    """One venue, one vote, of those at most 30 s old."""
    fresh = [s for s in samples if s.age_ms <= FRESH_MS]
    if not fresh:
        return Result(None, None, (), "no venue is fresh"), state
    kept = tuple(sorted(s.venue for s in fresh))
    return Result(median_floor(s.price for s in fresh), None, kept, ""), state


METHODS: Mapping[str, Method] = {"median": median}
