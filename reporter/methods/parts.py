"""What several methods share. Every division of prices rounds down."""

from collections.abc import Iterable, Sequence

from reporter.index.units import PPM
from reporter.methods.model import Result, Sample

NO_SAMPLES = Result(None, None, (), "no venue is fresh")
NO_WEIGHT = Result(None, None, (), "no venue has a weight")

Weighted = Sequence[tuple[Sample, int]]


def fresh(samples: Sequence[Sample], max_age_ms: int) -> list[Sample]:
    """Return the samples of at most an age, in order of their venues' names."""
    return sorted((s for s in samples if s.age_ms <= max_age_ms), key=lambda s: s.venue)


def names(samples: Iterable[Sample]) -> tuple[str, ...]:
    """Return the samples' venues in order."""
    return tuple(sorted(s.venue for s in samples))


def by_weight(samples: Sequence[Sample]) -> list[tuple[Sample, int]]:
    """Pair the samples with their assigned weights; those without one are left out."""
    return [(s, s.weight_ppm) for s in samples if s.weight_ppm > 0]


def by_volume(samples: Sequence[Sample]) -> list[tuple[Sample, int]]:
    """Pair the samples with their volumes, or, where no volume at all is known, with their assigned weights.

    Volume and assigned weight are never mixed: a venue of unknown volume has no say among those of a known one.
    """
    return [(s, s.volume) for s in samples if s.volume > 0] or by_weight(samples)


def mean_floor(votes: Sequence[tuple[int, int]]) -> int:
    """Return the mean of ``(value, weight)`` pairs, whose weights sum to more than 0, rounded down."""
    return sum(value * weight for value, weight in votes) // sum(weight for _, weight in votes)


def clamp(price: int, middle: int, limit_ppm: int) -> int:
    """Return ``price``, or the nearer end of ``middle`` plus and minus a limit where it lies beyond."""
    low, high = (middle * (PPM + sign * limit_ppm) // PPM for sign in (-1, 1))
    return max(low, min(high, price))


def is_near(price: int, middle: int, limit_ppm: int) -> bool:
    """Whether ``price`` differs from ``middle`` by a limit or less; no rounding."""
    return abs(price - middle) * PPM <= limit_ppm * middle


def is_off(price: int, middle: int, limit_ppm: int) -> bool:
    """Whether ``price`` differs from ``middle`` by a limit or more; no rounding."""
    return abs(price - middle) * PPM >= limit_ppm * middle
