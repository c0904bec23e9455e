"""Every venue's stream over real WebSockets: alive, faulty in every way a server can be, back again, REST meanwhile."""

import asyncio
import time

import pytest

from reporter.book import Book
from reporter.collect import VenueHealth, collect
from reporter.market.simulated import VENUES as SIMULATED
from reporter.models import Leg, Quote
from reporter.sources.stream import BACKOFF_CAP_S, backoff_s
from reporter.wiring import wall_ms
from tests.system.markets import STREAMED, Peak, exchange, honest, running, until

pytestmark = pytest.mark.system


async def shortly(seconds: float) -> None:
    """A wait between connections for those in a hurry."""
    await asyncio.sleep(min(seconds, 0.1))


SAMPLE = (
    "kraken",
    "okx",
    "htx",
    "mexc",
)  # text with the protocol's ping; text with its own; gzip; Protocol Buffers


@pytest.mark.parametrize("venue", STREAMED)
async def test_stream__every_venue__every_market_with_the_books_time(venue: str) -> None:
    quotes: list[Quote] = []
    async with exchange() as market, running(market.streamer(venue, quotes.append)) as stream:
        symbols = set(SIMULATED[venue])

        assert await until(lambda: {quote.symbol for quote in quotes} == symbols)
        assert await until(lambda: len(quotes) > 3 * len(symbols))

        assert stream.health.state == "live"
        assert stream.health.last_error == ""
        assert stream.quiet(tuple(symbols)) == ()
        assert {(quote.venue, quote.label, quote.clock) for quote in quotes} == {(venue, "TEST", "book")}
        assert all(honest(market.server, quote) for quote in quotes)


FAULTS = {
    "down": {"network", "closed", "connect", "protocol"},
    "blackhole": {"silent", "deadline"},
    "silent": {"silent"},
    "garbage": {"json", "encoding", "encoded"},
    "truncated": {"json", "encoded", "encoding"},
    "oversize": {"too_large"},
    "fragments": {"too_large"},
    "compressed": {"protocol"},
    "flood": {"flood", "silent"},  # on a busy processor the pings are lost in it first
    "closeloop": {"closed"},
    "zero": {"no_price", "shape", "silent"},
    "negative": {"range", "price", "silent"},
    "unit": {"time", "silent"},
    "misnamed": {"symbol", "silent"},
    "halted": {"no_price", "shape", "silent"},
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("venue", SAMPLE)
async def test_stream__fault_while_it_runs__typed_and_bounded_and_over_when_it_is_over(
    venue: str, fault: str
) -> None:
    quotes: list[Quote] = []
    async with exchange() as market, running(market.streamer(venue, quotes.append, sleep=shortly)) as stream:
        assert await until(lambda: stream.health.state == "live")
        since, seen = time.monotonic(), set[str]()

        with Peak() as peak:
            market.fault(venue, fault)
            while time.monotonic() - since < 5 and not seen & FAULTS[fault]:
                seen |= {stream.health.last_error.partition(": ")[2].partition(" ")[0]}
                await asyncio.sleep(0.02)

        assert seen & FAULTS[fault], stream.health.last_error
        assert peak.grown_kib < 32 * 1024
        market.fault(venue, "none")
        count = len(quotes)
        assert await until(lambda: len(quotes) > count and stream.health.state == "live", 8.0)
        assert {quote.venue for quote in quotes} == {venue}


@pytest.mark.parametrize(
    ("fault", "more", "reason"),
    [
        ("status", {"status": 503}, "http_503"),
        ("status", {"status": 429, "retry_after": 7}, "http_429"),
        ("status", {"status": 451}, "http_451"),
        ("redirect", {}, "http_302"),
        ("html", {}, "http_200"),
        ("down", {}, ""),
        ("blackhole", {}, "deadline"),
        ("latency", {"ms": 6_000}, "deadline"),
    ],
)
async def test_stream__handshake_goes_wrong__reason_in_time_and_retry_after_obeyed(
    fault: str, more: dict[str, int], reason: str
) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.Event().wait()

    async with exchange() as market:
        market.fault("kraken", fault, **more)
        started = time.monotonic()
        async with running(market.streamer("kraken", print, sleep=sleep)) as stream:
            assert await until(lambda: bool(waits), 5.0)
            took_s = time.monotonic() - started

    assert reason in stream.health.last_error
    assert stream.health.state == "waiting"
    assert took_s < 4.5
    assert waits == [7.0 if "retry_after" in more else 1.0]


@pytest.mark.parametrize("venue", ["kraken", "gemini"])
async def test_stream__pings_never_answered__cut_and_opened_again(venue: str) -> None:
    async with exchange() as market, running(market.streamer(venue, lambda _: None)) as stream:
        assert await until(lambda: stream.health.state == "live")
        market.fault(venue, "deaf")

        assert await until(lambda: "silent" in stream.health.last_error, 3.0), stream.health
        market.fault(venue, "none")
        assert await until(lambda: stream.health.connects == 2 and stream.health.state == "live")


async def test_stream__bomb_in_gzip__stops_at_the_limit() -> None:
    async with exchange() as market, running(market.streamer("htx", lambda _: None)) as stream:
        assert await until(lambda: stream.health.state == "live")
        with Peak() as peak:
            market.fault("htx", "bomb")

            assert await until(lambda: "too_large" in stream.health.last_error)

    assert peak.grown_kib < 32 * 1024


async def test_stream__down__rest_at_once_and_no_more_of_it_when_the_stream_is_back() -> None:
    book, symbols, health = Book(), SIMULATED["kraken"], VenueHealth()
    async with exchange() as market:
        streamer, fetcher = market.streamer("kraken", book.put), market.fetcher("kraken")
        polls = asyncio.create_task(
            collect(
                fetcher,
                symbols,
                book.put,
                health,
                poll_ms=100,
                sleep=asyncio.sleep,
                now_ms=wall_ms,
                needed=streamer.quiet,
            )
        )
        async with running(streamer):
            assert await until(lambda: streamer.health.state == "live")
            await asyncio.sleep(0.3)
            asked = health.fetches
            await asyncio.sleep(0.5)
            assert health.fetches == asked

            market.fault("kraken", "silent")
            assert await until(lambda: health.fetches > asked + 2)
            assert {quote.clock for quote in book.newest().values()} == {"received"}

            market.fault("kraken", "none")
            assert await until(lambda: streamer.quiet(symbols) == ())
            await asyncio.sleep(0.2)
            asked = health.fetches
            await asyncio.sleep(0.5)
            assert health.fetches == asked
        polls.cancel()
        await asyncio.gather(polls, return_exceptions=True)
        await fetcher.close()


async def test_stream__gap__not_filled_with_an_old_price() -> None:
    quotes: list[Quote] = []
    async with exchange() as market, running(market.streamer("okx", quotes.append)) as stream:
        assert await until(lambda: len(quotes) > 5)
        market.fault("okx", "down")
        assert await until(lambda: stream.health.state != "live")
        before, at_ms = len(quotes), wall_ms()
        await asyncio.sleep(0.6)
        assert len(quotes) == before
        assert stream.quiet(SIMULATED["okx"]) == SIMULATED["okx"]
        market.fault("okx", "none")

        assert await until(lambda: len(quotes) > before)

    assert all(quote.observed_at_ms >= at_ms for quote in quotes[before:])


async def test_stream__frozen__its_own_time_ages_it() -> None:
    book = Book()
    async with exchange() as market, running(market.streamer("kraken", book.put)):
        assert await until(lambda: Leg("kraken", "BTC/USD") in book.newest())
        market.fault("kraken", "frozen")
        frozen_ms = wall_ms()
        await asyncio.sleep(1.0)

        assert all(quote.observed_at_ms <= frozen_ms for quote in book.newest().values())


async def test_stream__one_market_silent__only_that_one_is_asked_for() -> None:
    async with exchange() as market:
        streamer = market.streamer("okx", lambda _: None, symbols=("BTC/USDT", "DOT/USDT"))
        async with running(streamer):
            assert await until(lambda: streamer.health.state == "live")

            assert streamer.quiet(("BTC/USDT", "DOT/USDT")) == ("DOT/USDT",)


async def test_stream__one_venue_hangs__another_is_not_delayed() -> None:
    late_ms: list[int] = []
    async with exchange() as market:
        market.fault("okx", "blackhole")
        note = lambda quote: late_ms.append(quote.received_at_ms - quote.observed_at_ms)  # noqa: E731
        async with running(market.streamer("okx", print)), running(market.streamer("kraken", note)):
            assert await until(lambda: len(late_ms) > 24)

    assert sorted(late_ms)[len(late_ms) // 2] < 100


async def test_backoff__stream_that_never_lives__doubles_to_64_s() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 9:
            await asyncio.Event().wait()

    async with exchange() as market:
        market.fault("kraken", "down")
        async with running(market.streamer("kraken", print, sleep=sleep)):
            assert await until(lambda: len(waits) == 9)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 64, 64]


async def test_backoff__close_after_each_first_message__grows_all_the_same() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            await asyncio.Event().wait()

    async with exchange() as market:
        market.fault("okx", "closeloop")
        async with running(market.streamer("okx", lambda _: None, sleep=sleep)):
            assert await until(lambda: len(waits) == 4)

    assert waits == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"), [(0, 0.9, 1), (1, 0.5, 1), (3, 0.5, 3), (3, 0.0, 4), (99, 0.0, 64)]
)
def test_backoff_s__failures_and_jitter__between_half_and_all(
    failures: int, jitter: float, seconds: float
) -> None:
    assert backoff_s(failures, jitter) == seconds
    assert backoff_s(failures, jitter) <= BACKOFF_CAP_S
