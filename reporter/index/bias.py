"""The bias monitor: a venue whose price stays to one side of the others is excluded until a person re-admits it.

FTX, November 2022: a premium that lasted while withdrawals were closed, too small for any outlier band.
"""

from collections.abc import Mapping

from reporter.index.state import FeedState
from reporter.index.units import PPM
from reporter.models import FeedRules

SLOTS = 12
LONGEST_STEP_MS = 60_000
"""Of a gap between two moments, no more than this counts: nothing is known of the rest."""

Biases = tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


def advance(prices: Mapping[str, int], middle: int, rules: FeedRules, at_ms: int, state: FeedState) -> Biases:
    """Add the moment's signed biases to the sums by slot, and forget the slots before the window.

    Args:
        prices: Every venue's price, also of those that are excluded.
        middle: The median that they are compared with.
    """
    step_ms = 0 if state.at_ms is None else min(max(0, at_ms - state.at_ms), LONGEST_STEP_MS)
    slot_ms = rules.bias_window_ms // SLOTS
    slot = at_ms // slot_ms
    oldest = slot - SLOTS + 1
    sums = {venue: _since(of_venue, oldest) for venue, of_venue in state.biases}
    if step_ms:
        for venue, price in prices.items():
            part = (price - middle) * PPM // middle * step_ms
            sums[venue] = _added(sums.get(venue, ()), slot, part)
    return tuple(sorted(entry for entry in sums.items() if entry[1]))


def _since(sums: tuple[tuple[int, int], ...], oldest: int) -> tuple[tuple[int, int], ...]:
    return sums if not sums or sums[0][0] >= oldest else tuple(s for s in sums if s[0] >= oldest)


def barred(biases: Biases, rules: FeedRules, state: FeedState) -> tuple[str, ...]:
    """The venues excluded so far and those whose mean bias over the window is now over the limit.

    Time that the window has not seen counts as no bias: a premium of 3 % is excluded after 20 minutes, one of
    1.1 % after 55.
    """
    limit = rules.bias_limit_ppm * rules.bias_window_ms
    over = {venue for venue, sums in biases if sums and abs(sum([part for _, part in sums])) > limit}
    return tuple(sorted(over.union(state.barred))) if over else state.barred


def _added(sums: tuple[tuple[int, int], ...], slot: int, part: int) -> tuple[tuple[int, int], ...]:
    if sums and sums[-1][0] == slot:
        return (*sums[:-1], (slot, sums[-1][1] + part))
    return (*sums, (slot, part))
