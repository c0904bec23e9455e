"""What one moment of a feed leaves for the next: state goes in and comes out, the functions stay pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reporter.models import Leg


class Past(NamedTuple):
    """A price that was good and its moment."""

    at_ms: int
    price: int


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed's memory.

    Attributes:
        excluded: Legs beyond the band, each with the moment since when it has been back within half of it
            (None: it is not).
        biases: Per venue, sums of signed bias (ppm times ms) by slot of time, oldest first.
        bias_at_ms: When the bias monitor last looked.
        barred: Venues that the bias monitor has excluded; only a person re-admits them.
        last: The last index that could be signed.
        history: Indices of the last minutes, oldest first, a few per minute.
        extremes: The lowest and the highest of ``history``, so that not every moment has to look through it.
    """

    excluded: tuple[tuple[Leg, int | None], ...] = ()
    biases: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()
    barred: tuple[str, ...] = ()
    at_ms: int | None = None
    last: Past | None = None
    history: tuple[Past, ...] = ()
    bias_at_ms: int | None = None
    extremes: tuple[int, int] = (0, 0)


NEW = FeedState()
State = Mapping[str, FeedState]
"""Every feed's memory by feed; a feed that is not in it is new."""


def untimed(memory: FeedState) -> FeedState:
    """What is left of a memory when the clock it was timed by was wrong: who is excluded stays so."""
    return FeedState(tuple((leg, None) for leg, _ in memory.excluded), barred=memory.barred)
