"""The bias monitor: a venue whose price stays to one side of the others is excluded until a person re-admits it.

FTX, November 2022: a premium that lasted while withdrawals were closed, too small for any outlier band.
"""

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter

from reporter.index.state import FeedState
from reporter.index.units import PPM
from reporter.models import FeedRules

SLOTS = 12
LOOK_EVERY_MS = 10_000
LONGEST_STEP_MS = 60_000
"""Of a gap between two looks, no more than this counts: nothing is known of the rest."""

_part = itemgetter(1)

Biases = tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


def due(at_ms: int, state: FeedState) -> bool:
    """Whether the monitor looks at this moment: every 10 s at most, which is often enough for a mean over an hour."""
    return state.bias_at_ms is None or not 0 <= at_ms - state.bias_at_ms < LOOK_EVERY_MS


def advance(prices: Mapping[str, int], middle: int, rules: FeedRules, at_ms: int, state: FeedState) -> Biases:
    """Add the moment's signed biases, for the time since the last look, to the sums by slot, and forget the slots
    before the window.

    A distance counts for at most the widest band: further off, the outlier rule acts. Without that limit one look at a price
    1,000 times too high would exclude a venue, or, if three of five were captured for a second, the two honest ones.

    Args:
        prices: Every venue's price, also of those that are excluded.
        middle: The median that they are compared with.
    """
    since_ms = at_ms if state.bias_at_ms is None else state.bias_at_ms
    step_ms = min(max(0, at_ms - since_ms), LONGEST_STEP_MS)
    slot_ms = rules.bias_window_ms // SLOTS
    slot = at_ms // slot_ms
    oldest = slot - SLOTS + 1
    sums = dict(state.biases)
    for venue, of_venue in state.biases:
        if of_venue[0][0] < oldest:
            sums[venue] = tuple(entry for entry in of_venue if entry[0] >= oldest)
            if not sums[venue]:
                del sums[venue]
    if step_ms:
        for venue, price in prices.items():
            off_ppm = (price - middle) * PPM // middle
            part = max(-rules.band_max_ppm, min(rules.band_max_ppm, off_ppm)) * step_ms
            of_venue = sums.get(venue, ())
            if of_venue and of_venue[-1][0] == slot:
                part += of_venue[-1][1]
                of_venue = of_venue[:-1]
            sums[venue] = (*of_venue, (slot, part))
    return tuple(sorted(sums.items()))


def barred(biases: Biases, rules: FeedRules, state: FeedState) -> tuple[str, ...]:
    """The venues excluded so far and those whose mean bias over the window is now over the limit.

    Time that the window has not seen counts as no bias: a premium of 3 % is excluded after 20 minutes, one of
    1.1 % after 55.
    """
    limit = rules.bias_limit_ppm * rules.bias_window_ms
    over = [venue for venue, sums in biases if not -limit <= sum(map(_part, sums)) <= limit]
    return tuple(sorted({*over, *state.barred})) if over else state.barred


def without(state: FeedState, venue: str) -> FeedState:
    """The memory after a person has re-admitted a venue: its hour starts anew."""
    biases = tuple(entry for entry in state.biases if entry[0] != venue)
    return replace(state, biases=biases, barred=tuple(name for name in state.barred if name != venue))
