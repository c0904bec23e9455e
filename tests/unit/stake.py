"""How two oracles join their voters' prices by stake: Skip Connect and Flare, for the vectors that they publish.

A voter is a node, not a venue, so neither is an index method; Flare's median is our ``weighted_median_floor``.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reporter.index.median import weighted_median_floor
from reporter.index.units import PPM


class Quartiles(NamedTuple):
    """The weighted median and the first and third quartile."""

    median: int
    first: int
    third: int


def skip_price(votes: Sequence[tuple[int, int]], total_stake: int, quorum_ppm: int = 667_000) -> int | None:
    """Return the lowest price up to which half of the voting stake, rounded down, has voted.

    None without votes, or while their stake is under ``quorum_ppm`` of all stake. Source: skip-mev/connect,
    pkg/math/voteweighted/voteweighted.go at 9f856057; read there. Unlike ``weighted_median_floor`` it takes the lower
    neighbour at exactly half, and with few odd stakes a price that less than half of them reach.

    Args:
        votes: ``(price, stake)`` in any order, every stake > 0.
    """
    voted = sum(stake for _, stake in votes)
    if not votes or voted * PPM < quorum_ppm * total_stake:
        return None
    return _reached(sorted(votes), voted // 2)


def flare_quartiles(votes: Sequence[tuple[int, int]]) -> Quartiles:
    """Return the median and the prices at which more than a quarter of the weight is passed from either end.

    Source: flare-foundation/FTSO-Scaling, ftso-calculation/ftso-median.ts; read there. Its median is
    ``weighted_median_floor``; the quarter is rounded down.

    Args:
        votes: ``(price, weight)`` in any order, at least one, every weight > 0.
    """
    quarter = sum(weight for _, weight in votes) // 4
    up, down = sorted(votes), sorted(votes, reverse=True)
    return Quartiles(weighted_median_floor(votes), _reached(up, quarter + 1), _reached(down, quarter + 1))


def _reached(ordered: Iterable[tuple[int, int]], wanted: int) -> int:
    """Return the first price with which the weight passed is at least ``wanted``."""
    passed = 0
    for price, weight in ordered:
        passed += weight
        if passed >= wanted:
            return price
    raise ValueError(f"the weights sum to {passed}, less than {wanted}")
