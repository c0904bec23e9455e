"""What sending costs, and the caps on it: pure integers.

A cap holds at every moment: what was mined in the window and the most that the next transaction can cost stay within it
together. One transaction at a time is under way, so no other can come on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from reporter.errors import ChainError

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
WEI_IN_GWEI = 10**9


class CapReached(ChainError):
    """A transaction was not sent because it might have gone over a cap of the configuration."""


class Spent(NamedTuple):
    """Gas, and what it cost in gwei, each transaction rounded up."""

    gas: int
    gwei: int


class Spending(NamedTuple):
    """One mined transaction."""

    at_ms: int
    gas: int
    gwei: int


class Total(NamedTuple):
    """What final transactions of one purpose have cost one feed."""

    purpose: str
    feed: str
    gas: int
    wei: int


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent in any hour and in any day (24 h); None for no cap."""

    max_gas_per_hour: int | None = None
    max_spend_per_day_gwei: int | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """A cap that keeps us from sending, and when enough of its window has passed."""

    key: str
    cap: int
    spent: int
    needed: int
    until_ms: int | None

    def __str__(self) -> str:
        says = (
            f"{self.key} is {self.cap}: {self.spent} are spent, the next transaction may take {self.needed}"
        )
        if self.until_ms is None:
            return f"{says}, more than the cap allows at any time"
        at = datetime.fromtimestamp(self.until_ms / 1000, UTC)
        return f"{says}; sending goes on at {at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def hint(self) -> str:
        return f"raise chain.{self.key}, or wait; observing and signing go on, others publish"

    def holds(self, now_ms: int) -> bool:
        """Whether it still keeps us from sending."""
        return self.until_ms is None or now_ms < self.until_ms


def reached(
    key: str, cap: int | None, needed: int, spendings: Sequence[tuple[int, int]], window_ms: int
) -> Reached | None:
    """Whether a transaction that may take ``needed`` has to wait.

    Args:
        key: The cap's name in the section ``chain``.
        spendings: When and how much, oldest first, of the window that ends now.
    """
    spent = sum(amount for _, amount in spendings)
    if cap is None or spent + needed <= cap:
        return None
    excess, until_ms = spent + needed - cap, None
    for at_ms, amount in spendings:
        excess -= amount
        if excess <= 0:
            until_ms = at_ms + window_ms + 1
            break
    return Reached(key, cap, spent, needed, until_ms)


def share(total: int, parts: int) -> list[int]:
    """A whole number in equal parts; what does not divide goes to the first ones, a unit each."""
    each, over = divmod(total, parts)
    return [each + (number < over) for number in range(parts)]
