"""``exp(-x)`` on integers, for the weights of an exponential mean. No float."""

ONE = 10**36
"""1 in the units of ``exp_neg``."""
_BITS = 192
_MOST_HALVINGS = 8  # x < 256; exp(-256) is under 10^-111


def exp_neg(numerator: int, denominator: int) -> int:
    """Return ``exp(-numerator / denominator)`` in units of 1e-36, at most one unit off.

    The argument is halved until it is under 1, its Taylor series summed with 192 bits, and the sum squared as
    often. Every product is floored: about 45 terms leave under 2^8 of the last of the 192 bits, the squarings
    under 2^17, which is 10^-52; the final floor leaves under one unit.

    Args:
        numerator: At least 0.
        denominator: Above 0.

    Raises:
        ValueError: An argument outside those bounds.
    """
    if numerator < 0 or denominator <= 0:
        raise ValueError(f"exp_neg needs a non-negative fraction, not {numerator}/{denominator}")
    halvings = (numerator // denominator).bit_length()
    if halvings > _MOST_HALVINGS:
        return 0
    value = _series((numerator << (_BITS - halvings)) // denominator)
    for _ in range(halvings):
        value = value * value >> _BITS
    return value * ONE >> _BITS


def _series(x: int) -> int:
    """``1 - x + x^2/2 - x^3/6 ...`` for ``x`` under 1, all scaled by 2^192, until a term is nothing."""
    total = term = 1 << _BITS
    count = 0
    while term:
        count += 1
        term = (term * x >> _BITS) // count
        total += -term if count % 2 else term
    return total
