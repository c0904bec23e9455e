"""One run of the agents, as a dialogue: it says what happens next, and is told how market and funding stand after it.

So the same lines of code drive the model in Python and the contracts on a chain, and nothing can differ but the ground.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from reporter.convergence.agents import Agent, Sight
from reporter.funding.formulas import ONE

STEP_S = 60
"""An accrual a minute: a sample counts for at most that long."""
TRADE_LAG_S = 1
"""A trade stands in the block after the index it was decided on."""

LEAST = ONE // 1_000
"""No order and no position is smaller; the market has a limit like it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A minute: at ``at_s`` the index comes on-chain, ``TRADE_LAG_S`` later somebody trades, or funding accrues alone."""

    at_s: int
    index: int
    trader: int | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The market after a step, as both grounds know it to the last unit.

    ``mark`` has the index feed's decimals, ``price`` is the same with 1e18 = 1, ``net`` what all traders hold together,
    ``cost`` the quote that the step's trade cost (negative: earned). ``rate`` and ``predicted`` are per 8 hours,
    ``longs_paid`` and ``shorts_paid`` quote per base, 1e18 = 1. The rate is next fixed at ``next_s``.
    """

    mark: int
    price: int
    net: int
    cost: int
    premium: int
    rate: int
    longs_paid: int
    shorts_paid: int
    predicted: int
    next_s: int


Play = Generator[Step, State, None]


def play(agents: Sequence[Agent], path: Sequence[int], start_s: int) -> Play:
    """Yield a step for each index of the path; one agent has its turn in each, in their order.

    Args:
        path: The index each minute, in the feed's decimals.
        start_s: Unix seconds of the first.
    """
    held = [0] * len(agents)
    state = yield Step(start_s, path[0])
    for number, index in enumerate(path[1:]):
        at_s, turn = start_s + (number + 1) * STEP_S, number % len(agents)
        size = fitted(agents[turn].order(sight(at_s, index, state), held[turn]), held[turn])
        held[turn] += size
        state = yield Step(at_s, index, turn if size else None, size)


def sight(at_s: int, index: int, state: State) -> Sight:
    """What an agent sees: the new index, and the market as the last step left it."""
    return Sight(at_s, index, state.mark, state.rate, state.predicted, state.next_s)


def fitted(size: int, held: int) -> int:
    """An order that the market takes: the whole position where crumbs would be left, nothing where it is a crumb itself."""
    if 0 < abs(held + size) < LEAST:
        size = -held
    return size if abs(size) >= LEAST else 0
