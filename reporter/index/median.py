"""The index's medians. The median over reporters (upper middle) is another rule and lives elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def median_floor(values: Iterable[int]) -> int:
    """Return the median; of an even count, the mean of the middle two, floored (METHODOLOGY.md, Numbers).

    Raises:
        ValueError: No values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("the median of no values does not exist")
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) // 2


def weighted_median_floor(votes: Sequence[tuple[int, int]]) -> int:
    """Return the value at which half of the weight is passed; with equal weights this is ``median_floor``.

    Where exactly half of the weight lies on either side: the mean of the two neighbours, floored.

    Args:
        votes: ``(value, weight)`` in any order, every weight > 0.

    Raises:
        ValueError: No votes, or a weight that is not positive.
    """
    weights = [weight for _, weight in votes]
    if not weights or min(weights) <= 0:
        raise ValueError(f"a weighted median needs votes with positive weights, not {list(votes)!r}")
    ordered = sorted(votes)
    total = sum(weights)
    passed = 0
    for position, (value, weight) in enumerate(ordered):
        passed += weight
        if 2 * passed > total:
            return value
        if 2 * passed == total:
            return (value + ordered[position + 1][0]) // 2
    raise AssertionError("unreachable: the weights sum to the total")


def venue_median(prices: Mapping[str, int], weights: Mapping[str, int]) -> int:
    """Return the weighted median of the venues' prices; the plain one where all weigh the same.

    Raises:
        ValueError: No venues, or a weight that is not positive.
    """
    if not prices or min(weights.values()) == max(weights.values()):
        return median_floor(prices.values())
    return weighted_median_floor([(prices[venue], weights[venue]) for venue in prices])


def by_venue(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """Collect values under their venues, venues in order of first appearance."""
    grouped: dict[str, list[T]] = {}
    for venue, value in pairs:
        grouped.setdefault(venue, []).append(value)
    return grouped
