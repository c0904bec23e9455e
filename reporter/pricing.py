"""From the book to the indices of one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.book import Book
from reporter.index import compute
from reporter.models import FeedRules, Index


@dataclass(frozen=True, slots=True)
class Pricer:
    """Prices a plan of feeds from a book."""

    book: Book
    plan: Sequence[FeedRules]

    def at(self, at_ms: int) -> Mapping[str, Index]:
        """Every feed's index as of ``at_ms``: the newest quotes observed by then, whenever they arrived."""
        return compute(self.plan, self.book.as_of(at_ms), at_ms)
