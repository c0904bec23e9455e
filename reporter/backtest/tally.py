"""One method's figures over many moments. Integers; ratios are 1e18 = 1."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reporter.backtest.contestants import Answer
from reporter.backtest.jumps import Jump
from reporter.models import SCALE

MINUTE_MS = 60_000
OVER_BP = 50
BP = 10_000
FOLLOWED_PART = 4
"""A jump is followed when the error is at most a quarter of it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How a method did.

    Attributes:
        mean_error: Of the moments with a price and a reference, as ``p99_error`` (nearest rank) and ``max_error``;
            1e18 = 100 %; None without such a moment.
        max_error_at_ms: The first moment of the largest error.
        minutes_over_50bp: Minutes of the clock with an error over 0.5 %.
        availability: Moments with a price of all moments; 1e18 = all.
        stale_used: Quotes that counted though older, by exchange time, than the feed's freshness; once a moment.
        honest_rejected: Of the venues within 0.5 % of the reference and at most 10 s old, at moments with a price,
            the part that did not count; 1e18 = all; None where there were none.
        lag_ms: The longest time from a jump until it was followed; None when none was.
        jumps_followed: How many jumps were followed before the tape ended.
    """

    mean_error: int | None
    p99_error: int | None
    max_error: int | None
    max_error_at_ms: int | None
    minutes_over_50bp: int
    availability: int
    stale_used: int
    honest_rejected: int | None
    lag_ms: int | None
    jumps_followed: int


@dataclass(slots=True)
class Tally:
    """Collects one method's answers, moment by moment."""

    prices: list[int | None] = field(default_factory=list)
    _errors: list[int] = field(default_factory=list)
    _worst: tuple[int, int] = (-1, 0)
    _minutes_over: set[int] = field(default_factory=set)
    _stale: int = 0
    _honest: int = 0
    _rejected: int = 0
    _open: list[Jump] = field(default_factory=list)
    _lags_ms: list[int] = field(default_factory=list)

    def add(self, at_ms: int, answer: Answer, truth: int | None, honest: frozenset[str]) -> None:
        """Take the answer of a moment."""
        self.prices.append(answer.price)
        if answer.price is None:
            return
        self._stale += answer.stale
        self._honest += len(honest)
        self._rejected += len(honest - answer.kept)
        if truth is not None:
            self._measure(at_ms, abs(answer.price - truth), truth)

    def expect(self, jump: Jump) -> None:
        """From now on, look out for this jump to be followed. Comes before the moment's ``add``."""
        self._open.append(jump)

    def figures(self) -> Figures:
        """What has been collected so far."""
        errors, moments = sorted(self._errors), len(self.prices)
        priced = sum(price is not None for price in self.prices)
        return Figures(
            mean_error=sum(errors) // len(errors) if errors else None,
            p99_error=nearest_rank(errors, 99) if errors else None,
            max_error=errors[-1] if errors else None,
            max_error_at_ms=self._worst[1] if errors else None,
            minutes_over_50bp=len(self._minutes_over),
            availability=priced * SCALE // moments if moments else 0,
            stale_used=self._stale,
            honest_rejected=self._rejected * SCALE // self._honest if self._honest else None,
            lag_ms=max(self._lags_ms, default=None),
            jumps_followed=len(self._lags_ms),
        )

    def _measure(self, at_ms: int, off: int, truth: int) -> None:
        error = off * SCALE // truth
        self._errors.append(error)
        if error > self._worst[0]:
            self._worst = (error, at_ms)
        if off * BP > OVER_BP * truth:
            self._minutes_over.add(at_ms // MINUTE_MS)
        followed = [jump for jump in self._open if off * FOLLOWED_PART <= jump.size]
        self._lags_ms += [at_ms - jump.at_ms for jump in followed]
        self._open = [jump for jump in self._open if jump not in followed]


def nearest_rank(ordered: Sequence[int], percent: int) -> int:
    """The percentile of values in order, of which there is at least one: the smallest that so many per cent reach."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
