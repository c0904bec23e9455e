"""Flags on an index: they inform and change no number. A clamp would have hidden a real fall of 30 % in an hour."""

from collections.abc import Sequence
from operator import itemgetter

from reporter.index.state import FeedState, Past
from reporter.index.units import PPM
from reporter.models import SCALE, FeedRules

VOLATILE = "VOLATILE"
OFF_PEG = "OFF_PEG"
KEEP_EVERY_MS = 10_000

_price = itemgetter(1)


def flags(price: int, rules: FeedRules, at_ms: int, state: FeedState) -> tuple[str, ...]:
    """VOLATILE: over 2 % since the last index or over 10 % within 5 minutes. OFF_PEG: a stablecoin outside
    [0.90, 1.10]."""
    found = []
    if _volatile(price, rules, at_ms, state):
        found.append(VOLATILE)
    if rules.pegged and abs(price - SCALE) * PPM > rules.peg_band_ppm * SCALE:
        found.append(OFF_PEG)
    return tuple(found)


def remember(price: int, rules: FeedRules, at_ms: int, state: FeedState) -> tuple[Past, ...]:
    """The history with this price, without what is older than the window; at most one entry per 10 s."""
    history = state.history
    if history and at_ms - history[-1].at_ms < KEEP_EVERY_MS:
        return history
    start = 0
    while start < len(history) and history[start].at_ms < at_ms - rules.volatile_window_ms:
        start += 1
    return (*history[start:], Past(at_ms, price))


def extremes(history: Sequence[Past]) -> tuple[int, int]:
    """The lowest and the highest price of a history; zeros for an empty one."""
    prices = list(map(_price, history))
    return (min(prices), max(prices)) if prices else (0, 0)


def _volatile(price: int, rules: FeedRules, at_ms: int, state: FeedState) -> bool:
    last = state.last
    if last is not None and _far(price, last.price, rules.volatile_round_ppm):
        return True
    allowed_ppm = rules.volatile_window_ppm
    if not state.history or not any(_far(price, far, allowed_ppm) for far in state.extremes):
        return False  # near all of it, so near what is left of it in the window
    since_ms = at_ms - rules.volatile_window_ms
    return any(_far(price, past.price, allowed_ppm) for past in state.history if past.at_ms >= since_ms)


def _far(price: int, other: int, allowed_ppm: int) -> bool:
    return abs(price - other) * PPM > allowed_ppm * other
