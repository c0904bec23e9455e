"""Signed ratios, rounded without a bias: a floored error would look like a bias of half a unit."""

from reporter.index.units import PPM


def nearest(numerator: int, denominator: int) -> int:
    """Return ``numerator / denominator`` to the nearest integer, ties to the even one; ``denominator`` > 0.

    Raises:
        ValueError: A denominator that is not positive.
    """
    if denominator <= 0:
        raise ValueError(f"a ratio to {denominator} means nothing")
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1))


def difference_ppm(value: int, reference: int) -> int:
    """Return how far ``value`` is above ``reference`` (> 0), in ppm of it, to the nearest."""
    return nearest((value - reference) * PPM, reference)
