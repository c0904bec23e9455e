"""One venue of five lies or fails on a real wire: the index stays where the honest ones are, or is not stated."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from reporter.book import Book
from reporter.index import compute, plan
from reporter.models import FeedRules, Index, Leg, Status
from reporter.wiring import wall_ms
from tests.system.markets import Exchange, exchange, running, until

pytestmark = pytest.mark.system

VENUES = ("bitfinex", "bitstamp", "coinbase", "gemini", "kraken")
LEGS = tuple(Leg(venue, "BTC/USD") for venue in VENUES)
ORDER = plan([FeedRules("BTC/USD", LEGS)])


async def asked(market: Exchange) -> Book:
    """Every venue asked once."""
    book = Book()
    fetchers = [market.fetcher(venue, deadline_s=0.5) for venue in VENUES]
    for fetched in await asyncio.gather(*(fetcher.fetch(["BTC/USD"]) for fetcher in fetchers)):
        for quote in fetched.quotes:
            book.put(quote)
    for fetcher in fetchers:
        await fetcher.close()
    return book


def index(book: Book) -> Index:
    return compute(ORDER, book.newest(), wall_ms())["BTC/USD"]


def within_the_honest(book: Book, found: Index, liar: str) -> bool:
    """Whether the index lies between the lowest bid and the highest ask of the others."""
    others = [quote for leg, quote in book.newest().items() if leg.venue != liar]
    low, high = min(quote.bid or 0 for quote in others), max(quote.ask or 0 for quote in others)
    return found.price is not None and low <= found.price <= high


@pytest.mark.parametrize(
    "fault",
    ["x1000", "x0.1", "zero", "negative", "crossed", "late", "early", "halted", "down", "corrupt", "html"],
)
@pytest.mark.parametrize("liar", ["bitstamp", "coinbase"])
async def test_index__one_of_five_asked_lies__in_the_honest_range_without_it(liar: str, fault: str) -> None:
    async with exchange() as market:
        market.fault(liar, fault)

        book = await asked(market)
        found = index(book)

    assert within_the_honest(book, found, liar)
    assert found.status in (Status.OK, Status.REDUCED)
    assert fault == "corrupt" or liar not in {trace.venue for trace in found.sources if trace.kept}


@pytest.mark.parametrize("fault", ["x1000", "x0.1", "crossed", "late", "early"])
async def test_index__one_of_five_streams_lies__in_the_honest_range_without_it(fault: str) -> None:
    book = Book()
    async with exchange() as market:
        market.fault("kraken", fault)
        streams = [market.streamer(venue, book.put, symbols=("BTC/USD",)) for venue in VENUES]
        async with AsyncExitStack() as stack:
            for stream in streams:
                await stack.enter_async_context(running(stream))
            assert await until(lambda: len(book.newest()) == 5)
            found = index(book)

    assert within_the_honest(book, found, "kraken")
    assert "kraken" not in {trace.venue for trace in found.sources if trace.kept}


async def test_index__all_but_two_down__none_at_the_next_look() -> None:
    async with exchange() as market:
        assert index(await asked(market)).status is Status.OK
        for venue in VENUES[:3]:
            market.fault(venue, "down")

        found = index(await asked(market))

    assert found.status is Status.INVALID
    assert found.price is None
