"""Our clock against the venues': the median of what their HTTP ``Date`` headers say. A wrong clock prices the wrong moment.

A ``Date`` is a whole second, and older by its way to us: a venue says only that we are *at least* so far ahead or behind.
The median of that is wrong only where half of the venues are.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from statistics import median_low
from typing import NamedTuple

SET_CLOCK = "set this machine's clock (NTP)"
MAX_OFF_MS = 2_000
MIN_VENUES = 3
DATE_CHARS = len("Sun, 06 Nov 1994 08:49:37 GMT")
RESOLUTION_MS = 1_000
KEPT_MS = 300_000
"""An older comparison says nothing of today's clock."""


class Compared(NamedTuple):
    """What one venue's ``Date`` says, held against our monotonic clock: so that a step of ours shows at once, both ways.

    Attributes:
        earliest_ms: The venue's Unix milliseconds less our monotonic ones, at least.
        latest_ms: The same, at most.
        at_ms: When it was asked, monotonic milliseconds.
    """

    earliest_ms: int
    latest_ms: int
    at_ms: int

    def off_ms(self, ours_ms: int) -> int:
        """How far we are ahead (positive) or behind at least, 0 while both may be right. ``ours_ms`` is our clock less
        the monotonic one.
        """
        return max(ours_ms - self.latest_ms, 0) or min(ours_ms - self.earliest_ms, 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the venues say of our clock. ``off_ms`` is None with fewer than three of them: no judgement."""

    off_ms: int | None
    venues: int

    @property
    def wrong(self) -> bool:
        return self.off_ms is not None and abs(self.off_ms) > MAX_OFF_MS

    @property
    def why(self) -> str:
        """Why nothing is signed; empty while the clock is good, or cannot be judged."""
        return self.says if self.wrong else ""

    @property
    def says(self) -> str:
        """One sentence."""
        if self.off_ms is None:
            return f"not compared: {self.venues} venues have said what time it is, {MIN_VENUES} are needed"
        if not self.off_ms:
            return f"our clock is that of {self.venues} venues, as far as a Date can tell"
        way = "ahead of" if self.off_ms > 0 else "behind"
        return f"our clock is {abs(self.off_ms)} ms or more {way} the median of {self.venues} venues"


def compared(date: str, age: str, asked_ms: int, answered_ms: int) -> Compared | None:
    """What an answer's headers say; None where they say nothing. Times are monotonic, in milliseconds.

    An answer out of a cache (``Age``, RFC 9111) carries the time at which it was made, and is left out.
    """
    if age not in ("", "0") or len(date) != DATE_CHARS:
        return None
    try:
        date_ms = int(parsedate_to_datetime(date).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None
    return Compared(date_ms - answered_ms, date_ms + RESOLUTION_MS - asked_ms, asked_ms)


def judge(found: Iterable[Compared | None], wall_ms: int, monotonic_ms: int) -> Verdict:
    """The median of at most one comparison for each venue, those of the last five minutes."""
    fresh = [one for one in found if one is not None and monotonic_ms - one.at_ms <= KEPT_MS]
    if len(fresh) < MIN_VENUES:
        return Verdict(None, len(fresh))
    return Verdict(median_low(one.off_ms(wall_ms - monotonic_ms) for one in fresh), len(fresh))


def monotonic_ms() -> int:
    """Milliseconds that no change of the wall clock moves."""
    return time.monotonic_ns() // 1_000_000
