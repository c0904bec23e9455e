"""How often a venue may be asked: a limit of our own below the venue's, so that it never has to say 429."""

from collections.abc import Callable


class Limiter:
    """At most ``per_second`` requests in any second on average, and as many at once (GCRA, ITU-T I.371).

    Args:
        per_second: Requests; 0.5 is one in two seconds.
        clock: Monotonic seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._gap_s = 1 / per_second
        self._ahead_s = max(0.0, 1 - self._gap_s)
        self._clock = clock
        self._next_s = clock()

    def take(self, within_s: float) -> float | None:
        """Take the next free place and return the wait until then, in seconds.

        None when it is further away than ``within_s``; then no place is taken.
        """
        now_s = self._clock()
        place_s = max(self._next_s, now_s - self._ahead_s)
        wait_s = max(0.0, place_s - now_s)
        if wait_s > within_s:
            return None
        self._next_s = place_s + self._gap_s
        return wait_s
