"""The index methodology: pure functions on integers, time always an argument (METHODOLOGY.md).

``plan`` orders the feeds once, when the configuration loads; ``compute`` prices them all at one moment.
"""

from collections.abc import Mapping, Sequence

from reporter.index.convert import Rate, rate_of
from reporter.index.feed import feed_index
from reporter.index.plan import plan
from reporter.models import FeedRules, Index, Leg, Quote

__all__ = ["compute", "plan"]


def compute(plan: Sequence[FeedRules], quotes: Mapping[Leg, Quote], at_ms: int) -> dict[str, Index]:
    """Return every feed's index at ``at_ms``, in the plan's order.

    The same plan and quotes give the same bits, in whatever order the quotes come.

    Args:
        plan: What ``reporter.index.plan`` returned: conversions before the feeds that need them.
        quotes: At most one per leg; legs that no feed has are not looked at.
        at_ms: Unix milliseconds of the moment that is priced.
    """
    indices: dict[str, Index] = {}
    rates: dict[str, Rate] = {}
    for rules in plan:
        index = feed_index(rules, quotes, rates, at_ms)
        indices[rules.feed] = index
        rates[rules.feed] = rate_of(index)
    return indices
