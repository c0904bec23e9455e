"""Who takes part: our index, and methods that take one sample per venue."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter

from reporter.backtest.samples import Offer, Seen
from reporter.backtest.shape import METHODS, Method, State
from reporter.index.convert import observed_at_ms

SPOTLINE, NAIVE = "spotline", "naive"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method made of a moment.

    Attributes:
        price: 1e18 fixed point; None without one.
        kept: The venues that counted.
        stale: How many that counted had a quote in them older, by exchange time, than the feed's ``max_age_ms``.
    """

    price: int | None
    kept: frozenset[str] = frozenset()
    stale: int = 0


Contestant = Callable[[Seen], Answer]
"""Asked once a moment, in order; what it remembers it keeps to itself."""


def contestants() -> dict[str, Contestant]:
    """Ours, those of others on samples as we take them, and a plain median on samples as nobody should take them.

    New ones at every call, for they remember.
    """
    others = {name: Sampled(method, attrgetter("measured")) for name, method in METHODS.items()}
    return {SPOTLINE: spotline, **others, NAIVE: Sampled(METHODS["median"], attrgetter("naive"))}


def spotline(seen: Seen) -> Answer:
    """Our index, where a reporter would sign it."""
    index = seen.indices[seen.rules.feed]
    if index.price is None or not index.status.signable:
        return Answer(None)
    used = [source for source in index.sources if source.kept]
    oldest_ms = seen.at_ms - seen.rules.max_age_ms
    stale = sum(observed_at_ms(s.book_at_ms, s.last_at_ms, s.received_at_ms) < oldest_ms for s in used)
    return Answer(index.price, frozenset(source.venue for source in used), stale)


@dataclass(slots=True)
class Sampled:
    """A method with its memory, and how its samples are taken."""

    method: Method
    offers: Callable[[Seen], list[Offer]]
    state: State = field(default_factory=State)

    def __call__(self, seen: Seen) -> Answer:
        """The method's answer at this moment; its memory moves on."""
        offers = self.offers(seen)
        result, self.state = self.method([o.sample for o in offers], self.state.at(seen.at_ms))
        if result.price is None:
            return Answer(None)
        kept = frozenset(result.kept)
        limit_ms = seen.rules.max_age_ms
        return Answer(
            result.price, kept, sum(o.oldest_ms > limit_ms and o.sample.venue in kept for o in offers)
        )
