"""The pipeline on a tape: quotes into the book as they arrived, the index at each moment of a virtual clock."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reporter.book import Book
from reporter.index import State, step
from reporter.models import FeedRules, Index, Leg, Quote

Moment = tuple[int, Mapping[Leg, Quote]]
"""A moment in Unix milliseconds, and each market's newest quote of those that had arrived by then."""


def moments(quotes: Iterable[Quote], every_ms: int) -> Iterator[Moment]:
    """Yield the whole multiples of ``every_ms`` from the first arrival to the first one that has heard it all.

    A quote that arrives at the moment itself is heard; one that arrives later is not, whatever its exchange time.

    Args:
        quotes: In order of arrival.
    """
    book = Book()
    at_ms: int | None = None
    for quote in quotes:
        if at_ms is None:
            at_ms = -(-quote.received_at_ms // every_ms) * every_ms
        while quote.received_at_ms > at_ms:
            yield at_ms, book.as_of(at_ms)
            at_ms += every_ms
        book.put(quote)
    if at_ms is not None:
        yield at_ms, book.as_of(at_ms)


def replay(moments: Iterable[Moment], plan: Sequence[FeedRules]) -> Iterator[dict[str, Index]]:
    """Yield every feed's index at every moment, each step with what the one before left."""
    state: State = {}
    for at_ms, quotes in moments:
        indices, state = step(plan, quotes, at_ms, state)
        yield indices


def paced(
    moments: Iterable[Moment], speed: int, now_ms: Callable[[], int], sleep: Callable[[float], object]
) -> Iterator[Moment]:
    """Hand moments on ``speed`` times as fast as they were.

    Args:
        now_ms: A clock in milliseconds.
        sleep: Waits, in seconds.
    """
    started: tuple[int, int] | None = None
    for moment in moments:
        started = started or (now_ms(), moment[0])
        due_ms = started[0] + (moment[0] - started[1]) // speed
        if (wait_ms := due_ms - now_ms()) > 0:
            sleep(wait_ms / 1000)
        yield moment
