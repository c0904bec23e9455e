"""Decimal text to 1e18 integers and back."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.market.decimals import divide_half_even, to_fixed, to_text
from reporter.models import SCALE

pytestmark = pytest.mark.unit

WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.29", 29 * SCALE // 100),
        ("1.15", 115 * SCALE // 100),
        ("5.583e-05", 55_830_000_000_000),
        ("2E2", 200 * SCALE),
        ("1.5e+1", 15 * SCALE),
        ("0.0000000000000000005", 0),
        ("0.0000000000000000015", 2),
        ("0.00000000000000000050000001", 1),
        ("123456789012345678901.123456789012345678", 123456789012345678901123456789012345678),
    ],
)
def test_to_fixed__known_text__is_exact_or_half_even(text: str, value: int) -> None:
    assert to_fixed(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        ".5",
        "5.",
        "1_000",
        " 1",
        "1\n",
        "NaN",
        "inf",
        "0x1",
        "\uff11\uff12",
        "1e999",
        "1" * 31,
    ],
)
def test_to_fixed__not_a_plain_decimal__is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number"):
        to_fixed(text)


@given(
    st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,28})?(e-?[0-9]{1,2})?", fullmatch=True, alphabet="0123456789.e-")
)
def test_to_fixed__any_text__equals_decimal(text: str) -> None:
    exact = WIDE.quantize(WIDE.multiply(Decimal(text), Decimal(SCALE)), Decimal(1))

    assert to_fixed(text) == int(exact)


@given(st.integers(0, 10**40), st.integers(1, 10**20))
def test_divide_half_even__any__is_within_half_and_even_on_ties(numerator: int, denominator: int) -> None:
    result = divide_half_even(numerator, denominator)

    off = abs(2 * (result * denominator - numerator))
    assert off <= denominator
    assert off < denominator or result % 2 == 0


@given(st.integers(0, 10**36), st.integers(0, 18))
def test_to_text__any_value__reads_back(value: int, places: int) -> None:
    text = to_text(value, places)

    assert to_fixed(text) == value
    assert len(text.partition(".")[2]) >= places


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (73_380_700_000_000_000_000_000, 5, "73380.70000"),
        (SCALE, 0, "1"),
        (SCALE // 3, 2, "0.333333333333333333"),
        (-SCALE // 4, 1, "-0.25"),
        (0, 8, "0.00000000"),
    ],
)
def test_to_text__known_value__has_that_text(value: int, places: int, text: str) -> None:
    assert to_text(value, places) == text
