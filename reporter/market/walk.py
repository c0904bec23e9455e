"""Seeded random paths that can be read at any step without walking there, in integers only.

A path is a Brownian motion built by midpoint displacement: anchors stand every ``2**levels`` steps, and each
halving of an interval adds a normal displacement drawn by hashing the key and the place. So a step costs
a few hashes, nothing is remembered, and every process that has the key sees the same bits. The anchors do not
wander, so a path reverts to zero over about two of its blocks and stays bounded for ever.
"""

from hashlib import blake2b
from math import isqrt

_CENTRE = 2 * 0xFFFF  # mean of the sum of four uniform 16-bit numbers
_DEVIATION = 37_837  # and its standard deviation, sqrt(4 * (2**32 - 1) / 12)


class Dice:
    """Random numbers by place instead of by order."""

    def __init__(self, *key: str | int) -> None:
        self._state = blake2b(":".join(map(str, key)).encode(), digest_size=8)

    def bits(self, *place: str | int) -> int:
        """64 random bits that belong to ``place``."""
        state = self._state.copy()
        state.update(("/" + ":".join(map(str, place))).encode())
        return int.from_bytes(state.digest(), "big")

    def below(self, limit: int, *place: str | int) -> int:
        """An integer from 0 to ``limit - 1`` that belongs to ``place``."""
        return self.bits(*place) % limit

    def normal(self, deviation: int, *place: str | int) -> int:
        """About normal (four uniforms), mean 0, at most 3.5 deviations, that belongs to ``place``."""
        bits = self.bits(*place)
        total = sum((bits >> shift) & 0xFFFF for shift in (0, 16, 32, 48))
        return deviation * (total - _CENTRE) // _DEVIATION


class Walk:
    """A path around zero. ``step_deviation`` is the standard deviation of one step, in any integer unit."""

    def __init__(self, dice: Dice, step_deviation: int, levels: int) -> None:
        self._dice = dice
        self._levels = levels
        variance = step_deviation**2
        # Two independent anchors must differ as a walk of one block would: half its variance each.
        self._anchor_deviation = isqrt((variance << levels) // 2)
        # Midway between two known points of a Brownian motion the variance is a quarter of the interval's.
        self._displacement = [isqrt(variance << level) // 2 for level in range(levels + 1)]

    def at(self, step: int) -> int:
        """The path's value at ``step``, which may be negative."""
        low = (step >> self._levels) << self._levels
        left, right = self._anchor(low), self._anchor(low + (1 << self._levels))
        for level in range(self._levels, 0, -1):
            middle = low + (1 << (level - 1))
            value = (left + right) // 2 + self._dice.normal(self._displacement[level], level, middle)
            if step >= middle:
                left, low = value, middle
            else:
                right = value
        return left

    def _anchor(self, step: int) -> int:
        return self._dice.normal(self._anchor_deviation, "anchor", step)
