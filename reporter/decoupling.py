"""Has a basis left the band that it has lately lived in? Integers; any unit, as long as it stays the same.

A basis is away when it is more than ``sigmas`` standard deviations from the mean of its own last ``window_s``, and more
than ``least`` from it: a market that hardly ever moves would otherwise alarm at nothing. It has decoupled when it has been
away for ``lasting_s`` without a break. What is away does not enter the distribution, so a long excursion cannot make itself
normal before the window has passed; then the market is learned anew.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

ONE = 10**18
"""A premium of 100 %."""


@dataclass(frozen=True, slots=True)
class DecouplingRules:
    """When to call. ``least`` is in the unit of the basis: 20 basis points of a premium with 1e18 = 100 %."""

    sigmas: int = 4
    lasting_s: int = 900
    window_s: int = 86_400
    least: int = 20 * ONE // 10_000
    fewest: int = 60


@dataclass(frozen=True, slots=True)
class Episode:
    """A basis that stayed away. ``worst`` is the one furthest from the mean of its time."""

    start_s: int
    end_s: int
    worst: int


class DecouplingWatch:
    """Sees one market's basis sample by sample."""

    def __init__(self, rules: DecouplingRules) -> None:
        self._rules = rules
        self._seen: deque[tuple[int, int]] = deque()
        self._total = self._squares = 0
        self.away_since_s: int | None = None

    def see(self, at_s: int, basis: int) -> bool:
        """Take a sample, not older than the last; whether the basis has decoupled by now."""
        self._forget(at_s - self._rules.window_s)
        if not self._is_away(basis):
            self.away_since_s = None
            self._learn(at_s, basis)
            return False
        if self.away_since_s is None:
            self.away_since_s = at_s
        return at_s - self.away_since_s >= self._rules.lasting_s

    def distance(self, basis: int) -> int:
        """How far ``basis`` is from the trailing mean; 0 as long as there is none."""
        return abs(basis - self._total // len(self._seen)) if self._seen else 0

    def _is_away(self, basis: int) -> bool:
        """``|b - mean| > k sigma``, both sides multiplied by the count and squared: no root, no rounding."""
        count = len(self._seen)
        if count < self._rules.fewest:
            return False
        off = abs(count * basis - self._total)
        variance = count * self._squares - self._total**2
        return off > count * self._rules.least and off**2 > self._rules.sigmas**2 * variance

    def _learn(self, at_s: int, basis: int) -> None:
        self._seen.append((at_s, basis))
        self._total += basis
        self._squares += basis**2

    def _forget(self, until_s: int) -> None:
        while self._seen and self._seen[0][0] <= until_s:
            _, basis = self._seen.popleft()
            self._total -= basis
            self._squares -= basis**2


def decouplings(samples: Iterable[tuple[int, int]], rules: DecouplingRules) -> list[Episode]:
    """Return every time at which a basis decoupled, from leaving its band to coming back or the last sample.

    Args:
        samples: Unix seconds and basis, oldest first.
    """
    watch, called = DecouplingWatch(rules), False
    found: list[Episode] = []
    away: list[tuple[int, int, int]] = []
    for at_s, basis in samples:
        now = watch.see(at_s, basis)
        if watch.away_since_s is not None:
            away.append((watch.distance(basis), at_s, basis))
        elif away:
            found += [_episode(away)] if called else []
            away = []
        called = now
    return [*found, _episode(away)] if called else found


def _episode(away: list[tuple[int, int, int]]) -> Episode:
    return Episode(away[0][1], away[-1][1], max(away)[2])
