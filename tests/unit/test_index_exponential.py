"""``exp(-x)`` on integers against 60 digits of ``decimal``."""

from decimal import Context, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.exponential import ONE, exp_neg

pytestmark = pytest.mark.unit

fractions = st.tuples(st.integers(0, 10**13), st.integers(1, 10**10))


def reference(numerator: int, denominator: int) -> Decimal:
    """In units of ``exp_neg``, with 60 digits after those."""
    with localcontext(Context(prec=120)):
        return (Decimal(-numerator) / denominator).exp() * ONE


@settings(max_examples=2_000)
@given(fractions)
def test_exp_neg__any_fraction__at_most_one_unit_off(fraction: tuple[int, int]) -> None:
    assert abs(exp_neg(*fraction) - reference(*fraction)) <= 1


@pytest.mark.parametrize(
    "numerator", [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 80, 127, 128, 255, 256, 10**9]
)
def test_exp_neg__where_the_halvings_change__at_most_one_unit_off(numerator: int) -> None:
    for around in (numerator * 10**9 - 1, numerator * 10**9, numerator * 10**9 + 1):
        fraction = max(0, around), 10**9
        assert abs(exp_neg(*fraction) - reference(*fraction)) <= 1


@settings(max_examples=1_000)
@given(fractions, st.integers(1, 10**12))
def test_exp_neg__more_time__never_weighs_more(fraction: tuple[int, int], more: int) -> None:
    numerator, denominator = fraction

    assert 0 <= exp_neg(numerator + more, denominator) <= exp_neg(numerator, denominator) <= ONE


def test_exp_neg__known_values__all_36_digits() -> None:
    assert exp_neg(0, 7) == ONE
    assert exp_neg(1, 1) == 367879441171442321595523770161460867  # 1/e
    assert exp_neg(5, 2) == exp_neg(5_000, 2_000)


@pytest.mark.parametrize("fraction", [(-1, 1), (1, 0), (1, -1)])
def test_exp_neg__negative_or_no_denominator__raises(fraction: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="non-negative fraction"):
        exp_neg(*fraction)
