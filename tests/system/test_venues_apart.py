"""Venues beside each other: a faulty one delays no other, its breaker opens and closes, its limit is kept."""

import asyncio
import time

import pytest

from reporter.collect import Breaker, VenueHealth, collect
from reporter.models import Quote
from reporter.wiring import wall_ms
from tests.system.markets import Exchange, exchange, until
from tests.system.test_market_faults import VENUES, ask

pytestmark = pytest.mark.system


@pytest.mark.parametrize("fault", ["blackhole", "headerdrip", "continues", "huge", "down"])
async def test_fetch__one_venue_faulty__latency_of_the_others_unchanged(fault: str) -> None:
    others = ("coinbase", "okx", "htx", "bybit", "gate")

    async def latencies(market: Exchange) -> float:
        found = []
        for _ in range(8):
            for venue in others:
                found.append((await ask(market, venue, deadline_s=4.0))[1])
        return sorted(found)[len(found) // 2]

    async with exchange() as market:
        alone_s = await latencies(market)
        market.fault("kraken", fault)
        stuck = [asyncio.create_task(ask(market, "kraken", deadline_s=3.0)) for _ in range(3)]
        await asyncio.sleep(0.05)

        beside_s = await latencies(market)

        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
    assert beside_s < 3 * alone_s + 0.02, (alone_s, beside_s)


async def test_collect__venue_goes_down_and_comes_back__breaker_opens_and_closes() -> None:
    quotes: list[Quote] = []
    health, states = VenueHealth(), []

    async def sleep(seconds: float) -> None:
        states.append(health.breaker)
        await asyncio.sleep(min(seconds, 0.05))

    async with exchange() as market:
        market.fault("kraken", "status", status=500)
        fetcher = market.fetcher("kraken", deadline_s=0.2)
        loop = asyncio.create_task(
            collect(
                fetcher, VENUES["kraken"], quotes.append, health, poll_ms=100, sleep=sleep, now_ms=wall_ms
            )
        )
        assert await until(lambda: health.breaker is Breaker.OPEN)
        assert health.retry_at_ms is not None
        market.fault("kraken", "none")
        assert await until(lambda: health.breaker is Breaker.CLOSED and len(quotes) >= 3)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await fetcher.close()

    assert states[:3] == [Breaker.CLOSED, Breaker.CLOSED, Breaker.OPEN]
    assert len({quote.symbol for quote in quotes[:1]}) == 1  # half-open: one market, then all


async def test_limit__more_polls_than_the_venue_allows__spread_out_not_refused() -> None:
    async with exchange() as market:
        fetcher = market.fetcher("gemini", per_second=10, deadline_s=4.0)
        started = time.monotonic()
        fetched = [await fetcher.fetch(["BTC/USD"]) for _ in range(15)]
        took_s = time.monotonic() - started
        await fetcher.close()

    assert all(each.quotes for each in fetched)
    assert 0.4 < took_s < 2.0


async def test_limit__more_markets_than_the_limit_lets_through__each_has_its_turn() -> None:
    symbols = ("BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD", "BTC/USDT", "ETH/USDT")
    seen: set[str] = set()
    async with exchange() as market:
        fetcher = market.fetcher("gemini", per_second=8, deadline_s=0.3)
        for _ in range(6):
            fetched = await fetcher.fetch(symbols)
            seen |= {quote.symbol for quote in fetched.quotes}
            assert {error.reason for error in fetched.errors} == {"rate_limited"}
        await fetcher.close()

    assert seen == set(symbols)


async def test_limit__so_many_that_the_deadline_would_pass__refused_without_asking() -> None:
    async with exchange() as market:
        fetcher = market.fetcher("kraken", per_second=1, deadline_s=0.5)
        first, second = await fetcher.fetch(["BTC/USD"]), await fetcher.fetch(["BTC/USD"])
        await fetcher.close()

    assert first.quotes
    assert [error.reason for error in second.errors] == ["rate_limited"]
