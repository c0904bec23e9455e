"""The limit on requests to one venue, on a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.sources.limits import Limiter

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_take__within_the_limit__no_wait() -> None:
    clock = Clock()
    limiter = Limiter(2, clock)

    waits = []
    for _ in range(5):
        waits.append(limiter.take(4.0))
        clock.now_s += 0.5

    assert waits == [0.0] * 5


def test_take__after_a_rest__a_second_full_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    limiter = Limiter(4, clock)
    clock.now_s += 60

    waits = [limiter.take(4.0) for _ in range(7)]

    assert waits == pytest.approx([0, 0, 0, 0, 0.25, 0.5, 0.75])


def test_take__beyond_the_deadline__refused_and_no_place_taken() -> None:
    clock = Clock()
    limiter = Limiter(1, clock)
    limiter.take(4.0)

    assert limiter.take(0.5) is None
    assert limiter.take(0.5) is None
    clock.now_s += 1
    assert limiter.take(0.5) == 0.0


@given(st.integers(1, 50), st.lists(st.floats(0, 3), max_size=60))
def test_take__any_arrivals__never_more_than_twice_the_limit_in_a_second(
    rate: int, gaps: list[float]
) -> None:
    clock = Clock()
    limiter = Limiter(rate, clock)

    sent = []
    for gap in gaps:
        clock.now_s += gap
        if (wait_s := limiter.take(4.0)) is not None:
            sent.append(clock.now_s + wait_s)

    for start in sent:
        assert sum(start <= at < start + 1 - 1e-6 for at in sent) <= 2 * rate
