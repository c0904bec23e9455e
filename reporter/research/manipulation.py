"""What it costs to move an index, and how many venues move it at will.

A method is any function from venue prices to an index price, so every method can be asked the same question.
The attacker takes what rests in a venue's book up to a distance; the venue's price is then the next level's.
Once the last level is taken, the venue's price is whatever the attacker says. Nothing is known about orders
that come back meanwhile, so the sums are lower bounds for a lasting move.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, combinations

from reporter.index.units import PPM
from reporter.research.liquidity import Level

Method = Callable[[Mapping[str, int]], int | None]
"""Venue prices (1e18, > 0) to an index price; None where the method gives none."""

AT_WILL = 10**6
"""A captured venue says this many times its price."""
UNBOUNDED_PPM = AT_WILL * PPM
MOST_STATES = 200_000
MOST_VENUES = 16


@dataclass(frozen=True, slots=True)
class Attack:
    """The cheapest way found to move an index.

    Attributes:
        cost: What is taken from the books, in the levels' unit.
        distances_ppm: How far each venue that is touched is moved.
        exact: No cheaper way exists with these levels, if the method never falls where a price rises; else the
            cost is an upper bound.
    """

    cost: int
    distances_ppm: Mapping[str, int]
    exact: bool


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The smallest group of venues that moves an index at will, by number and by share of the weight."""

    venues: int
    share_ppm: int


@dataclass(frozen=True, slots=True)
class _Step:
    """How far a venue can be moved for how much."""

    distance_ppm: int
    cost: int


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where an attack wants the index: at ``target`` (scaled by PPM) or beyond."""

    prices: Mapping[str, int]
    method: Method
    target: int
    up: bool

    def __call__(self, distances: Mapping[str, int]) -> bool:
        """Whether venues moved this far take it there."""
        index = self.method(_moved(self.prices, distances, up=self.up))
        if index is None:
            return False
        return index * PPM >= self.target if self.up else index * PPM <= self.target


def least_cost(
    prices: Mapping[str, int],
    depth: Mapping[str, Sequence[Level]],
    method: Method,
    move_ppm: int,
    *,
    most_states: int = MOST_STATES,
) -> Attack | None:
    """Return the least money that moves the index by ``move_ppm``; None where taking everything does not.

    Searched by growing cost over how far each venue is moved, so the first success is the cheapest. The levels,
    the target price and "at will" are tried. Where those have more than ``most_states`` combinations, only
    the target and "at will" are: then the cost is an upper bound, which for a median of an odd number of
    venues is still the least.

    Args:
        prices: Honest prices, 1e18 fixed point; the method must give a number for them.
        depth: Per venue the levels on the side that is taken: asks to push up, bids to push down. A venue
            without any is moved at will for nothing.
        method: What makes the index.
        move_ppm: Up if positive, down (above -1,000,000) if negative.
        most_states: How many combinations may be searched.

    Raises:
        ValueError: No move, a move to zero, more venues than ``MOST_VENUES``, or no honest index.
    """
    honest = method(prices)
    if honest is None or move_ppm == 0 or move_ppm <= -PPM or len(prices) > MOST_VENUES:
        raise ValueError(f"cannot move {honest} by {move_ppm} ppm on {len(prices)} venues")
    up, target = move_ppm > 0, honest * (PPM + move_ppm)
    venues = sorted(prices)
    to_target = [_distance(prices[venue], target, up=up) for venue in venues]
    ladders = [_ladder(depth.get(v, ()), ppm) for v, ppm in zip(venues, to_target, strict=True)]
    exact = math.prod(map(len, ladders)) <= most_states
    if not exact:
        ladders = [_short(ladder, ppm) for ladder, ppm in zip(ladders, to_target, strict=True)]
    found = _cheapest(venues, ladders, _Goal(prices, method, target, up))
    return Attack(found[0], found[1], exact) if found else None


def breakdown(prices: Mapping[str, int], shares_ppm: Mapping[str, int], method: Method) -> Breakdown | None:
    """Return the fewest venues, and the least share of the weight, that move an index at will; None if not all.

    At will: saying 1,000,000 times their price takes the index beyond 100 times the highest honest one
    (the breakdown point of Donoho and Huber, 1983, on these very prices). A method that clamps or drops what is
    far away is broken where the captured venues become the majority that it trusts.

    Args:
        prices: Honest prices, 1e18 fixed point.
        shares_ppm: Each venue's share of the weight, for the second figure.
        method: What makes the index.

    Raises:
        ValueError: More venues than ``MOST_VENUES``.
    """
    if len(prices) > MOST_VENUES:
        raise ValueError(f"{len(prices)} venues have too many groups, at most {MOST_VENUES}")
    sizes = range(1, len(prices) + 1)
    groups = [g for size in sizes for g in combinations(sorted(prices), size) if breaks(prices, g, method)]
    if not groups:
        return None
    return Breakdown(len(groups[0]), min(sum(shares_ppm[venue] for venue in group) for group in groups))


def breaks(prices: Mapping[str, int], captured: Iterable[str], method: Method) -> bool:
    """Say whether these venues move the index at will, see ``breakdown``."""
    index = method({**prices, **{venue: prices[venue] * AT_WILL for venue in captured}})
    return index is not None and index > 100 * max(prices.values())


def _distance(price: int, target: int, *, up: bool) -> int:
    """How far a venue is from ``target`` (scaled by PPM), rounded up; 0 where it is there already."""
    return max(0, -(-target // price) - PPM if up else PPM - target // price)


def _ladder(levels: Sequence[Level], target_ppm: int) -> list[_Step]:
    """How far a venue can be moved, from not at all to at will, each for what rests nearer than that."""
    ordered = sorted(levels, key=lambda level: level.distance_ppm)
    nearer = list(accumulate((level.quote_amount for level in ordered), initial=0))
    costs: dict[int, int] = {0: 0}
    for level, cost in zip(ordered, nearer, strict=False):
        costs.setdefault(level.distance_ppm, cost)
    costs[target_ppm] = sum(level.quote_amount for level in ordered if level.distance_ppm < target_ppm)
    costs[UNBOUNDED_PPM] = nearer[-1]
    return [_Step(distance, cost) for distance, cost in sorted(costs.items())]


def _short(ladder: list[_Step], target_ppm: int) -> list[_Step]:
    return [step for step in ladder if step.distance_ppm in (0, target_ppm, UNBOUNDED_PPM)]


def _cheapest(
    venues: Sequence[str], ladders: Sequence[Sequence[_Step]], enough: Callable[[Mapping[str, int]], bool]
) -> tuple[int, dict[str, int]] | None:
    """Uniform-cost search over the rungs. Only a venue at or after the last one raised is raised, so that no
    combination comes twice; of equal costs the lower rungs come first.
    """
    queue: list[tuple[int, tuple[int, ...], int]] = [(0, (0,) * len(venues), 0)]
    while queue:
        cost, rungs, last = heappop(queue)
        steps = {v: ladder[r] for v, ladder, r in zip(venues, ladders, rungs, strict=True) if r}
        distances = {venue: step.distance_ppm for venue, step in steps.items()}
        if enough(distances):
            return cost, distances
        for position in range(last, len(venues)):
            rung, ladder = rungs[position] + 1, ladders[position]
            if rung < len(ladder):
                raised = (*rungs[:position], rung, *rungs[position + 1 :])
                heappush(queue, (cost + ladder[rung].cost - ladder[rung - 1].cost, raised, position))
    return None


def _moved(prices: Mapping[str, int], distances: Mapping[str, int], *, up: bool) -> dict[str, int]:
    """The prices with some venues moved; a price is rounded away from the honest one and stays positive."""
    moved = dict(prices)
    for venue, distance_ppm in distances.items():
        price = prices[venue]
        moved[venue] = (
            -(-price * (PPM + distance_ppm) // PPM) if up else max(1, price * (PPM - distance_ppm) // PPM)
        )
    return moved
