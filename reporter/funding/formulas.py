"""The funding formulas in integers, 1e18 = 100 %, every division rounded toward minus infinity.

Twin of contracts/libraries/FundingMath.sol, where each function has the same name in the other spelling. Prices of one call
have the same decimals; ``index`` is above 0.
"""

ONE = 10**18
RATE_PERIOD_S = 28_800
"""Rates are quoted per 8 hours, as exchanges do."""
BPS = 10_000
USUAL_MAX_RATE = 75 * 10**14
"""What ``max_rate_of`` grants at most, 0.75 % per 8 hours."""
MAX_SUM = 2**128 - 1


def premium(mark: int, index: int, bound: int) -> int:
    """Return ``clamp((mark - index) / index, +-bound)``."""
    return clamp((mark - index) * ONE // index, bound)


def book_premium(impact_bid: int, impact_ask: int, index: int, bound: int) -> int:
    """Return ``[max(0, impact_bid - index) - max(0, index - impact_ask)] / index``, clamped; a side of 0 counts nothing."""
    return premium(book_mark(impact_bid, impact_ask, index), index, bound)


def book_mark(impact_bid: int, impact_ask: int, index: int) -> int:
    """Return the price whose premium is that of the book: the index, moved by what the bid is above and the ask below it."""
    above = max(0, impact_bid - index)
    return index + above - (max(0, index - impact_ask) if impact_ask else 0)


def mean_premium(premium_seconds: int, length_s: int) -> int:
    """Return the time-weighted mean of an interval; time without a sample counts as premium 0."""
    return premium_seconds // length_s


def rate(
    mean: int, covered_s: int, length_s: int, interest: int, damping: int, realisation_s: int, max_rate: int
) -> int:
    """Return the rate per 8 hours of ``F = P + clamp(I - P, +-damping)``, where F is paid over ``realisation_s``.

    At most ``max_rate`` either way; 0 when less than half of the interval was covered.
    """
    if 2 * covered_s < length_s:
        return 0
    whole = mean + clamp(interest - mean, damping)
    return clamp(whole * RATE_PERIOD_S // realisation_s, max_rate)


def max_rate_of(initial_margin: int, maintenance_margin: int) -> int:
    """Return ``min(0.75 %, 6 * (initial margin - maintenance margin))`` per 8 hours; 0 without room between."""
    return min(USUAL_MAX_RATE, 6 * max(0, initial_margin - maintenance_margin))


def payment(rate_8h: int, elapsed_s: int, index: int) -> int:
    """Return what one unit long pays at a fixed rate and index (1e18 = 1 quote per base); negative: receives."""
    return rate_8h * elapsed_s * index // (RATE_PERIOD_S * ONE)


def added(total: int, amount: int) -> int:
    """Return a monotone sum and one amount more; it stands still at 2^128 - 1."""
    return min(MAX_SUM, total + amount)


def settlement(size: int, paid: int) -> int:
    """Return what a position gains by funding: debits rounded up, credits down.

    Args:
        size: Base units, negative when short.
        paid: Growth of the net cumulative sum since the position was last settled.
    """
    return -size * paid // ONE


def coverage_bps(covered_s: int, length_s: int) -> int:
    """Return the share of ``length_s`` that is covered, in basis points; 0 of nothing is 0."""
    return covered_s * BPS // length_s if length_s else 0


def boundary_after(time_s: int, interval_s: int) -> int:
    """Return the first multiple of the interval that is at least half an interval after ``time_s``."""
    boundary = (time_s // interval_s + 1) * interval_s
    return boundary + interval_s if 2 * (boundary - time_s) < interval_s else boundary


def clamp(value: int, bound: int) -> int:
    """Return ``value`` within ``+-bound``."""
    return max(-bound, min(bound, value))
