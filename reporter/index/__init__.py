"""The index methodology: pure functions on integers, time always an argument (METHODOLOGY.md).

``plan`` orders the feeds once, when the configuration loads; ``step`` prices them all at one moment and hands on what
the next one has to know; ``compute`` is one step without a past.
"""

from collections.abc import Mapping, Sequence

from reporter.index.convert import Rates
from reporter.index.feed import feed_index
from reporter.index.plan import plan
from reporter.index.state import NEW, FeedState, State
from reporter.models import FeedRules, Index, Leg, Quote

__all__ = ["State", "compute", "plan", "step"]


def compute(plan: Sequence[FeedRules], quotes: Mapping[Leg, Quote], at_ms: int) -> dict[str, Index]:
    """Return every feed's index at ``at_ms``, in the plan's order, as if nothing had been before.

    The same plan and quotes give the same bits, in whatever order the quotes come.

    Args:
        plan: What ``reporter.index.plan`` returned: conversions before the feeds that need them.
        quotes: At most one per leg; legs that no feed has are not looked at.
        at_ms: Unix milliseconds of the moment that is priced.
    """
    return step(plan, quotes, at_ms, {})[0]


def step(
    plan: Sequence[FeedRules], quotes: Mapping[Leg, Quote], at_ms: int, state: State
) -> tuple[dict[str, Index], State]:
    """Return every feed's index at ``at_ms``, and the memory for the next moment: exclusions and their times, biases,
    the last good index, a short history.

    Args:
        state: What the moment before left; ``{}`` at first. Nothing is changed in it.
    """
    indices: dict[str, Index] = {}
    rates = Rates(indices)
    after: dict[str, FeedState] = {}
    for rules in plan:
        before = state.get(rules.feed, NEW)
        index, after[rules.feed] = feed_index(rules, quotes, rates, at_ms, before)
        indices[rules.feed] = index
    return indices, after
