"""``spotline analyse depth``: how liquid each venue is, and what an order does to its price."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.analyse.books import Book, Books, load_books
from reporter.errors import UsageError
from reporter.index.units import percent
from reporter.market.decimals import to_fixed, to_text
from reporter.money import decimal_text
from reporter.research.liquidity import Impact, Side, depth_within, liquidity_index, price_impact
from reporter.scenario.bounds import signed_ppm
from reporter.table import columns

HEADS = ("venue", "bids", "asks", "liquidity index", "buy: average", "furthest", "sell: average", "furthest")


@dataclass(frozen=True, slots=True)
class Depth:
    """One venue; amounts 1e18 fixed point in the feed's quote currency. No impact: the book does not hold the order."""

    venue: str
    bids: int
    asks: int
    index: int
    buy: Impact | None
    sell: Impact | None


@dataclass(frozen=True, slots=True)
class Depths:
    """Every venue of a file, within ``within_ppm`` of its mid and for an order of ``order``."""

    books: Books
    within_ppm: int
    order: int
    found: Sequence[Depth]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints; money as decimal text in the feed's quote currency."""
        return {
            "feed": self.books.feed,
            "within_ppm": self.within_ppm,
            "order": to_text(self.order, 0),
            "venues": {depth.venue: _document(depth) for depth in self.found},
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        quote = self.books.pair.quote
        return [
            f"{self.books.feed}: {quote} within {percent(self.within_ppm)} of each mid, and what an order for "
            f"{decimal_text(self.order, 18, 0)} {quote} does",
            *columns([HEADS, *(_row(depth) for depth in self.found)]),
            "liquidity index: the weaker side, each amount counting less the further away it rests.",
        ]


def book_depths(path: Path, within: str, order: str) -> Depths:
    """Measure every venue of a file of depths.

    Args:
        within: Percent of the mid.
        order: An amount of the quote currency.

    Raises:
        DepthError: The file cannot be used.
        UsageError: An amount or a percent that is none.
    """
    within_ppm, amount = _positive("--within", within, signed_ppm), _positive("--order", order, to_fixed)
    books = load_books(path)
    return Depths(books, within_ppm, amount, [_depth(book, within_ppm, amount) for book in books.venues])


def _positive(option: str, text: str, read: Any) -> int:
    try:
        value: int = read(text)
    except ValueError:
        value = 0
    if value <= 0:
        raise UsageError(f"{option}: {text!r} is no decimal number above 0")
    return value


def _depth(book: Book, within_ppm: int, order: int) -> Depth:
    return Depth(
        book.name,
        depth_within(book.bids, within_ppm),
        depth_within(book.asks, within_ppm),
        liquidity_index(book.bids, book.asks, within_ppm),
        price_impact(book.asks, order, Side.BUY),
        price_impact(book.bids, order, Side.SELL),
    )


def _document(depth: Depth) -> dict[str, Any]:
    return {
        "bids": to_text(depth.bids, 0),
        "asks": to_text(depth.asks, 0),
        "liquidity_index": to_text(depth.index, 0),
        "buy": depth.buy and {"average_ppm": depth.buy.average_ppm, "last_ppm": depth.buy.last_ppm},
        "sell": depth.sell and {"average_ppm": depth.sell.average_ppm, "last_ppm": depth.sell.last_ppm},
    }


def _row(depth: Depth) -> tuple[str, ...]:
    amounts = (decimal_text(amount, 18, 0) for amount in (depth.bids, depth.asks, depth.index))
    return (depth.venue, *amounts, *_impact(depth.buy), *_impact(depth.sell))


def _impact(impact: Impact | None) -> tuple[str, str]:
    return (percent(impact.average_ppm), percent(impact.last_ppm)) if impact else ("too thin", "-")
