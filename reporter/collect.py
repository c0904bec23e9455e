"""Collecting: one endless loop per venue, at its own pace, so that a slow or dead one delays no other."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import NoReturn, Protocol

from reporter.errors import SourceError
from reporter.models import Quote
from reporter.sources.venue import Fetched

BACKOFF_CAP_MS = 8_000
MAX_DOUBLINGS = 16

_random = SystemRandom()


class Fetches(Protocol):
    """What collecting needs of a Fetcher."""

    async def fetch(self, symbols: Sequence[str]) -> Fetched:
        """The quotes of ``symbols`` and the errors on the way."""
        ...


@dataclass(slots=True)
class VenueHealth:
    """How one venue is doing. Written by its loop, read by status, metrics and doctor.

    Attributes:
        last_ok_ms: Unix milliseconds of the last fetch that brought a quote.
        last_error: The newest error of the last fetch; empty when it had none.
        consecutive_failures: Fetches in a row without any quote.
        fetches: All so far.
    """

    last_ok_ms: int | None = None
    last_error: str = ""
    consecutive_failures: int = 0
    fetches: int = 0


async def collect(
    fetcher: Fetches,
    symbols: Sequence[str],
    put: Callable[[Quote], object],
    health: VenueHealth,
    *,
    poll_ms: int,
    sleep: Callable[[float], Awaitable[None]],
    now_ms: Callable[[], int],
    jitter: Callable[[], float] = _random.random,
) -> NoReturn:
    """Poll one venue for ever: every ``poll_ms`` from start to start, slower while it fails.

    Args:
        fetcher: The venue.
        symbols: Ours.
        put: Takes each quote, in the order they came.
        health: Kept up to date; the loop logs nothing.
        poll_ms: Between two starts while the venue is well.
        sleep: Waits, in seconds.
        now_ms: Unix milliseconds.
        jitter: A number in [0, 1) that spreads the waits of a failing venue's clients.
    """
    while True:
        started_ms = now_ms()
        fetched = await _fetch(fetcher, symbols)
        for quote in fetched.quotes:
            put(quote)
        _note(health, fetched, now_ms())
        pause_ms = pause(poll_ms, health.consecutive_failures, _asked_ms(fetched), jitter())
        spent_ms = min(max(now_ms() - started_ms, 0), poll_ms)
        await sleep((pause_ms - spent_ms) / 1000)


def pause(poll_ms: int, failures: int, asked_ms: int, jitter: float) -> int:
    """Milliseconds from one start to the next.

    Doubles with each failure to at most 8 s (or ``poll_ms``, if longer), less up to half by jitter; never
    under ``poll_ms``, nor under what the venue asked for.
    """
    if failures == 0:
        return max(poll_ms, asked_ms)
    ceiling = max(poll_ms, BACKOFF_CAP_MS)
    backoff = min(poll_ms << min(failures, MAX_DOUBLINGS), ceiling)
    return max(poll_ms, backoff - int(backoff * jitter / 2), asked_ms)


async def _fetch(fetcher: Fetches, symbols: Sequence[str]) -> Fetched:
    try:
        return await fetcher.fetch(symbols)
    except SourceError as error:
        return Fetched(errors=(error,))


def _note(health: VenueHealth, fetched: Fetched, at_ms: int) -> None:
    health.fetches += 1
    health.last_error = str(fetched.errors[-1]) if fetched.errors else ""
    if fetched.quotes:
        health.last_ok_ms = at_ms
        health.consecutive_failures = 0
    else:
        health.consecutive_failures += 1


def _asked_ms(fetched: Fetched) -> int:
    return 1000 * max((getattr(error, "retry_after_s", 0) for error in fetched.errors), default=0)
