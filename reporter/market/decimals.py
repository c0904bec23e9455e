"""Decimal text to 1e18 integers and back, exactly and without a float."""

import re

from reporter.models import SCALE

PLACES = 18
_DECIMAL = re.compile(r"(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?", re.ASCII)


def to_fixed(text: str) -> int:
    """Return a non-negative decimal as 1e18 fixed point, half-even where it has more digits.

    An exponent is read because recorded volumes have them (``5.583e-05``).

    Raises:
        ValueError: ``text`` is not a plain decimal number.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a decimal number")
    whole, fraction, exponent = match.groups(default="")
    shift = PLACES - len(fraction) + int(exponent or 0)
    digits = int(whole + fraction)
    return digits * 10**shift if shift >= 0 else divide_half_even(digits, 10**-shift)


def divide_half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` (both non-negative) to the nearest integer, ties to the even one."""
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1))


def to_text(value: int, places: int) -> str:
    """Return 1e18 fixed point as text: at least ``places`` decimals, more where the value needs them."""
    whole, fraction = divmod(abs(value), SCALE)
    digits = f"{fraction:0{PLACES}d}".rstrip("0").ljust(places, "0")
    return ("-" if value < 0 else "") + (f"{whole}.{digits}" if digits else str(whole))
