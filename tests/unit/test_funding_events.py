"""Looking back through a funding contract's events: in bounded ranges, no further than needed, nothing twice."""

from collections.abc import Callable
from typing import Any

import pytest

from reporter.chain.funding_events import MAX_ASKED, MAX_LOG_BLOCKS, Fixed, FundingEvents, Sampled
from reporter.chain.rpc import Rpc

pytestmark = pytest.mark.unit


class Written(FundingEvents):
    """Events in memory; keeps the ranges that were asked."""

    def __init__(self, fixed: list[Fixed], sampled: list[Sampled]) -> None:
        super().__init__(Rpc([], 1), "", b"")
        self.fixed, self.sampled = fixed, sampled
        self.asked: list[tuple[int, int]] = []

    async def _read(self, name: str, made: Callable[[Any], Any], first: int, last: int) -> list[Any]:
        if name == "RateFixed":
            self.asked.append((first, last))
        return [e for e in (self.fixed if name == "RateFixed" else self.sampled) if first <= e.block <= last]


def written(every: int = 100, until: int = 5_000) -> Written:
    """A rate each ``every`` blocks and a sample each tenth of that."""
    fixed = [Fixed(block, 0, 10_000, 12 * block, block, "") for block in range(every, until, every)]
    sampled = [Sampled(0, 0, 0, 12 * block, block) for block in range(0, until, every // 10)]
    return Written(fixed, sampled)


async def test_past__few_wanted__the_newest_and_no_range_wider_than_allowed() -> None:
    events = written()

    past = await events.past(1, 4_999, 7)

    assert [fixed.block for fixed in past.fixed] == [4_300, 4_400, 4_500, 4_600, 4_700, 4_800, 4_900]
    assert past.first == past.sampled[0].block == 4_300
    assert events.asked == [(4_500, 4_999), (4_000, 4_499)]
    assert all(last - first < MAX_LOG_BLOCKS for first, last in events.asked)


async def test_past__more_wanted_than_there_are__all_and_stops_at_the_first_block() -> None:
    events = written()

    past = await events.past(1, 4_999, 1_000)

    assert [fixed.block for fixed in past.fixed] == list(range(100, 5_000, 100))
    assert len({sample.block for sample in past.sampled}) == len(past.sampled) == 499
    assert (past.first, events.asked[-1]) == (1, (1, 499))


async def test_past__no_rate_for_ever__given_up_after_its_share_of_requests() -> None:
    events = Written([], [])

    past = await events.past(0, 10**9, 1)

    assert (past.fixed, len(events.asked)) == ((), MAX_ASKED)
    assert past.first == 10**9 - MAX_ASKED * MAX_LOG_BLOCKS + 1


async def test_past__last_before_first__nothing_asked() -> None:
    events = written()

    past = await events.past(10, 5, 3)

    assert (past.fixed, past.sampled, events.asked) == ((), (), [])
