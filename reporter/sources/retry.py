"""When to ask a venue again: connect errors, 5xx and 429, three times, with jitter, within the deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from math import ceil
from typing import TypeVar

import httpcore
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from reporter.errors import SourceError
from reporter.sources.guard import AddressRefused

ATTEMPTS = 3
MAX_RETRY_AFTER_S = 3_600
DATE_CHARS = len("Sun, 06 Nov 1994 08:49:37 GMT")

Asked = TypeVar("Asked")
Got = TypeVar("Got")

_JITTER = wait_random_exponential(multiplier=0.1, max=1.0)


class StatusError(SourceError):
    """A status other than 200. ``retry_after_s``: how long the venue asks us to stay away, or 0."""

    def __init__(self, venue: str, status: int, retry_after_s: int) -> None:
        super().__init__(venue, f"http_{status}", f"retry after {retry_after_s} s" if retry_after_s else "")
        self.status = status
        self.retry_after_s = retry_after_s


async def retrying(
    deadline_s: float,
    call: Callable[[Asked], Awaitable[Got]],
    asked: Asked,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Got:
    """Do ``call(asked)`` until it is well; give up at once when the next wait would end after the deadline.

    tenacity comes in with the first failure: for a call that is well it costs as much as the parsing.
    """
    first: list[BaseException] = []
    started_s = time.monotonic()
    try:
        return await call(asked)
    except Exception as error:
        if not is_transient(error):
            raise
        first.append(error)

    async def again() -> Got:
        if first:
            raise first.pop()
        return await call(asked)

    policy = AsyncRetrying(
        sleep=sleep,
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(deadline_s - (time.monotonic() - started_s)),
        wait=_wait_s,
        retry=retry_if_exception(is_transient),
        reraise=True,
    )
    return await policy(again)


def is_transient(error: BaseException) -> bool:
    """Whether the same request may do better in a moment. A 4xx will not, nor will a forbidden address."""
    if isinstance(error, StatusError):
        return error.status == 429 or error.status >= 500
    connect = (httpcore.ConnectError, httpcore.ConnectTimeout)
    return isinstance(error, connect) and not isinstance(error, AddressRefused)


def retry_after_s(value: str, now_s: float | None = None) -> int:
    """Seconds of a Retry-After header (RFC 9110), a number or a date, at most an hour; 0 for anything else."""
    if value.isascii() and value.isdigit() and len(value) <= 9:
        return min(int(value), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(value) if len(value) == DATE_CHARS else None
    except ValueError:
        return 0
    left_s = at.timestamp() - (time.time() if now_s is None else now_s) if at else 0
    return min(max(ceil(left_s), 0), MAX_RETRY_AFTER_S)


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, StatusError) else 0
    return max(float(asked), _JITTER(state))
