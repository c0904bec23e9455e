"""How sure an index is: Pyth's scheme, three votes per survivor at its price and half a spread to either side.

Source: the aggregation of Pyth's oracle program (price - conf, price, price + conf of every publisher).
"""

from collections.abc import Iterable

from reporter.index.units import PPM
from reporter.models import FeedRules


def confidence(survivors: Iterable[tuple[int, int]], rules: FeedRules) -> int:
    """Return ``max(p50 - p25, p75 - p50)`` of the votes, 1e18 fixed point.

    Args:
        survivors: ``(price, half spread)`` per venue; a half spread below the floor counts as the floor.
    """
    votes: list[int] = []
    floor_ppm = rules.confidence_floor_ppm
    for price, half in survivors:
        width = price * floor_ppm // PPM
        width = max(width, half)
        votes += (price - width, price, price + width)
    votes.sort()
    count = len(votes)
    quarter = count >> 2
    middle = votes[count // 2] if count % 2 else (votes[count // 2 - 1] + votes[count // 2]) // 2
    return max(middle - votes[quarter], votes[count - 1 - quarter] - middle)
