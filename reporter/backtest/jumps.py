"""Genuine jumps of the reference, after which a method's lag is measured."""

from collections import deque
from dataclasses import dataclass

from reporter.index.units import PPM

JUMP_PPM = 10_000
WITHIN_MS = 60_000
APART_MS = 300_000


@dataclass(frozen=True, slots=True)
class Jump:
    """The reference moved by ``size`` (1e18 fixed point, > 0) within a minute; seen at ``at_ms``."""

    at_ms: int
    size: int


class JumpFinder:
    """Finds moves of 1 % or more within a minute, at most one in 5 minutes: a long fall is one jump and its tail."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, int]] = deque()
        self.found: list[Jump] = []

    def look(self, at_ms: int, truth: int) -> Jump | None:
        """Take the reference of a moment; the jump that ends here, if one does."""
        while self._recent and at_ms - self._recent[0][0] > WITHIN_MS:
            self._recent.popleft()
        prices = [price for _, price in self._recent] or [truth]
        size = max(
            abs(truth - price) if _is_jump(truth, price) else 0 for price in (min(prices), max(prices))
        )
        self._recent.append((at_ms, truth))
        if not size or (self.found and at_ms - self.found[-1].at_ms < APART_MS):
            return None
        self.found.append(Jump(at_ms, size))
        return self.found[-1]


def _is_jump(truth: int, before: int) -> bool:
    return abs(truth - before) * PPM >= JUMP_PPM * before
