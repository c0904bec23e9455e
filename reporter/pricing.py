"""From the book to the indices of one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.book import Book
from reporter.errors import NoIndex
from reporter.index import compute
from reporter.models import FeedRules, Index
from reporter.trigger import to_feed_decimals


@dataclass(frozen=True, slots=True)
class Pricer:
    """Prices a plan of feeds from a book."""

    book: Book
    plan: Sequence[FeedRules]

    def at(self, at_ms: int) -> Mapping[str, Index]:
        """Every feed's index as of ``at_ms``: the newest quotes observed by then, whenever they arrived."""
        return compute(self.plan, self.book.as_of(at_ms), at_ms)


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
