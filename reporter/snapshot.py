"""One look at the exchanges, for the command line, without a running node."""

import asyncio
from typing import Any

from reporter.book import Book
from reporter.clock import Compared
from reporter.config import Config
from reporter.errors import UnknownFeed
from reporter.index import compute, plan
from reporter.models import Index
from reporter.record import index_document
from reporter.sources import Fetched
from reporter.wiring import venue_fetcher, wall_ms


async def price_now(config: Config, feed: str | None) -> list[tuple[Index, dict[str, Any]]]:
    """Ask every venue once; each feed's index and its document, with the errors of the venues that failed.

    Raises:
        UnknownFeed: ``feed`` is not in the configuration.
    """
    names = [f.name for f in config.feeds]
    if feed is not None and feed not in names:
        raise UnknownFeed(feed, names)
    book, errors, _ = await ask_venues(config)
    now_ms = wall_ms()
    indices = compute(plan([f.rules for f in config.feeds]), book.newest(), now_ms)
    wanted = [feed] if feed else names
    return [(indices[name], index_document(indices[name]) | {"venueErrors": errors}) for name in wanted]


async def ask_venues(config: Config) -> tuple[Book, dict[str, list[str]], list[Compared | None]]:
    """What every venue says now, the errors of those that failed, by venue, and what they say of our clock."""
    book, venues = Book(), config.markets_by_venue
    found = await asyncio.gather(*(_ask(config, name, symbols, book) for name, symbols in venues.items()))
    errors = {
        name: [str(error) for error in fetched.errors]
        for name, fetched in zip(venues, found, strict=True)
        if fetched.errors
    }
    return book, errors, [fetched.clock for fetched in found]


async def _ask(config: Config, name: str, symbols: tuple[str, ...], book: Book) -> Fetched:
    fetcher = venue_fetcher(config, name)
    try:
        fetched = await fetcher.fetch(symbols)
    finally:
        await fetcher.close()
    for quote in fetched.quotes:
        book.put(quote)
    return fetched
