"""From the book to the indices of one moment."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.book import Book
from reporter.errors import NoIndex
from reporter.index import State, step
from reporter.index.bias import without
from reporter.index.state import untimed
from reporter.models import FeedRules, Index, Leg, Quote
from reporter.trigger import to_feed_decimals

KEPT_STATES = 10
STEP_MS = 1_000
NOTHING: State = {}


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that one moment's indices were made of, and the indices: enough to compute them again.

    Attributes:
        plan: The rules of all feeds, conversions first.
        quotes: What the book showed; also legs that no feed has.
        before: The memory that the moment started with.
    """

    at_ms: int
    plan: tuple[FeedRules, ...]
    quotes: Mapping[Leg, Quote]
    before: State
    indices: Mapping[str, Index]


class Pricer:
    """Prices a plan of feeds from a book, and remembers what each second leaves for the next.

    A moment is priced with the memory of the newest remembered moment before it, so that asking again for a second
    that has passed gives what it gave, as far as the book still has it.
    """

    def __init__(self, book: Book, plan: Sequence[FeedRules]) -> None:
        self._book, self.plan = book, tuple(plan)
        self._states: deque[tuple[int, State]] = deque(maxlen=KEPT_STATES)
        self._last: Moment | None = None

    def memory(self) -> tuple[int, State]:
        """The newest memory and its moment, Unix milliseconds; ``(0, {})`` before the first."""
        return self._states[-1] if self._states else (0, {})

    def recall(self, at_ms: int, state: State) -> None:
        """Go on from what another process remembered at ``at_ms``."""
        self._states.append((at_ms, state))

    def replanned(self, plan: Sequence[FeedRules]) -> "Pricer":
        """A pricer of other rules that goes on with this one's book and memory."""
        other = Pricer(self._book, plan)
        other._states.extend(self._states)
        return other

    def readmit(self, feed: str, venue: str) -> None:
        """Forget a venue's biases and its exclusion by the bias monitor, from the next moment on."""
        at_ms, state = self.memory()
        if memory := state.get(feed):
            self._states[-1] = at_ms, {**state, feed: without(memory, venue)}

    def at(self, at_ms: int) -> Mapping[str, Index]:
        """Every feed's index as of ``at_ms``: the newest quotes observed by then, whenever they arrived."""
        return self.moment(at_ms).indices

    def moment(self, at_ms: int) -> Moment:
        """The indices as of ``at_ms`` with all that they were made of; asked again with nothing new, the same object."""
        self._come_back(at_ms)
        before = next((state for when, state in reversed(self._states) if when < at_ms), NOTHING)
        quotes, last = self._book.as_of(at_ms), self._last
        if last is not None and (last.at_ms, last.quotes) == (at_ms, quotes) and last.before is before:
            return last
        indices, after = step(self.plan, quotes, at_ms, before)
        if not self._states or at_ms - self._states[-1][0] >= STEP_MS:
            self._states.append((at_ms, after))
        self._last = Moment(at_ms, self.plan, quotes, before, indices)
        return self._last

    def _come_back(self, at_ms: int) -> None:
        """After our clock was set back: a memory of the future would be frozen until then."""
        when, state = self.memory()
        if when - at_ms > KEPT_STATES * STEP_MS:
            self._states.clear()
            self.recall(at_ms - STEP_MS, {feed: untimed(memory) for feed, memory in state.items()})


def report_price(index: Index, decimals: int) -> int | None:
    """The number that may go into a report: the index floored to the feed's decimals.

    None where the index may not be signed, or does not fit an int64 with these decimals: the reporter abstains.
    """
    if index.price is None or not index.status.signable:
        return None
    try:
        return to_feed_decimals(index.price, decimals)
    except NoIndex:
        return None
