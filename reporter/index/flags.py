"""Flags on an index: they inform and change no number. A clamp would have hidden a real fall of 30 % in an hour."""

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


def _volatile(price: int, rules: FeedRules, at_ms: int, state: FeedState) -> bool:
    last, history = state.last, state.history
    if last is not None and abs(price - last.price) * PPM > rules.volatile_round_ppm * last.price:
        return True
    since_ms = at_ms - rules.volatile_window_ms
    if history and history[0].at_ms < since_ms:
        history = tuple(past for past in history if past.at_ms >= since_ms)
    if not history:
        return False
    prices, allowed_ppm = list(map(_price, history)), rules.volatile_window_ppm
    return any(abs(price - far) * PPM > allowed_ppm * far for far in (min(prices), max(prices)))
