"""Every fault of the market server against the fetch layer: one typed reason, in time, in little memory, alone."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from reporter.clock import Verdict, judge, monotonic_ms
from reporter.market.faults import BENDS, WIRE
from reporter.sources import Fetched
from reporter.sources.retry import StatusError
from reporter.sources.standing import FLAGGED_AFTER
from reporter.wiring import wall_ms
from tests.system.markets import Exchange, Peak, exchange

pytestmark = pytest.mark.system

DEADLINE_S = 0.7
VENUES = {
    "kraken": ("BTC/USD", "ETH/USD"),
    "coinbase": ("BTC/USD",),
    "okx": ("BTC/USDT", "ETH/USDT"),
    "htx": ("BTC/USDT",),
}
UNSEEN = {
    "silent",
    "deaf",
    "garbage",
    "oversize",
    "fragments",
    "compressed",
    "flood",
    "closeloop",
}  # of streams alone

REASONS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "down": ({}, {"network", "protocol", "connect"}),
    "blackhole": ({}, {"deadline", "timeout"}),
    "latency": ({"ms": 3_000}, {"deadline"}),
    "slow": ({"rate": 200}, {"deadline"}),
    "drip": ({"ms": 50}, {"deadline"}),
    "headerdrip": ({"ms": 50}, {"deadline"}),
    "continues": ({}, {"protocol"}),
    "huge": ({}, {"too_large"}),
    "truncated": ({}, {"protocol"}),
    "html": ({}, {"content_type"}),
    "redirect": ({}, {"http_302"}),
    "zero": ({}, {"no_price"}),
    "halted": ({}, {"no_price"}),
    "negative": ({}, {"range"}),
}
CODINGS = [("bomb", {"coding": coding}, {"encoded"}) for coding in ("gzip", "br", "zstd")]
STATUSES = [("status", {"status": status}, {f"http_{status}"}) for status in (503, 500, 429, 418, 403, 451)]


async def ask(market: Exchange, venue: str, **more: Any) -> tuple[Fetched, float, int]:
    """What a fetch of a venue gave, its seconds, and by how many KiB the peak of memory grew."""
    fetcher = market.fetcher(venue, **({"deadline_s": DEADLINE_S} | more))
    started = time.monotonic()
    with Peak() as peak:
        try:
            fetched = await fetcher.fetch(VENUES.get(venue, ("BTC/USD",)))
        finally:
            await fetcher.close()
    return fetched, time.monotonic() - started, peak.grown_kib


def _id(value: object) -> str:
    return " ".join(sorted(value)) if isinstance(value, set) else str(value)[:24]


CASES = [*((name, *rest) for name, rest in REASONS.items()), *CODINGS, *STATUSES]


@pytest.mark.parametrize(("fault", "more", "reasons"), CASES, ids=_id)
@pytest.mark.parametrize("venue", ["kraken", "okx"])
async def test_fetch__fault_of_the_server__typed_reason_in_time_in_little_memory(
    venue: str, fault: str, more: dict[str, Any], reasons: set[str]
) -> None:
    async with exchange() as market:
        market.fault(venue, fault, **more)

        fetched, took_s, grown_kib = await ask(market, venue)

        assert fetched.quotes == ()
        assert {error.reason for error in fetched.errors} <= reasons, [str(error) for error in fetched.errors]
        assert fetched.errors
        assert took_s < DEADLINE_S + 0.5
        assert grown_kib < 32 * 1024


def test_cases__every_fault__is_played() -> None:
    elsewhere = {
        "x1000",
        "x1.005",
        "x0.1",
        "frozen",
        "late",
        "early",
        "unit",
        "crossed",
        "misnamed",
        "sliced",
        "corrupt",
        "date",
    }

    assert {case[0] for case in CASES} | elsewhere | UNSEEN == WIRE | set(BENDS)


@pytest.mark.parametrize(
    ("fault", "more"), [("latency", {"ms": 200}), ("slow", {"rate": 20_000}), ("sliced", {})]
)
async def test_fetch__slow_but_within_the_deadline__read(fault: str, more: dict[str, Any]) -> None:
    async with exchange() as market:
        market.fault("kraken", fault, **more)

        assert len((await ask(market, "kraken", deadline_s=4.0))[0].quotes) == 2


@pytest.mark.parametrize("venue", VENUES)
async def test_fetch__bytes_struck__never_another_symbols_nor_an_untyped_error(venue: str) -> None:
    async with exchange() as market:
        market.fault(venue, "corrupt")
        for _ in range(30):
            fetched, _, _ = await ask(market, venue)

            assert {quote.symbol for quote in fetched.quotes} <= set(VENUES[venue])


@pytest.mark.parametrize(
    ("fault", "times", "over"), [("x1000", 1_000, 1), ("x1.005", 1_005, 1_000), ("x0.1", 1, 10)]
)
async def test_fetch__lying_venue__read_as_it_says_for_the_index_to_drop(
    fault: str, times: int, over: int
) -> None:
    async with exchange() as market:
        honest = (await ask(market, "okx"))[0].quotes[0].bid or 0
        market.fault("okx", fault)

        lie = (await ask(market, "okx"))[0].quotes[0].bid or 0

    assert abs(lie * over - honest * times) < honest * times // 500


async def test_fetch__crossed_book__read_as_it_says_for_the_index_to_drop() -> None:
    async with exchange() as market:
        market.fault("okx", "crossed")

        quote = (await ask(market, "okx"))[0].quotes[0]

    assert quote.bid > quote.ask


@pytest.mark.parametrize("venue", ["okx", "coinbase"])
async def test_fetch__frozen__the_exchanges_own_time_stays(venue: str) -> None:
    async with exchange() as market:
        market.fault(venue, "frozen")
        since_ms = wall_ms()
        await asyncio.sleep(0.6)
        first, second = (await ask(market, venue))[0].quotes[0], (await ask(market, venue))[0].quotes[0]

    assert first.observed_at_ms == second.observed_at_ms <= since_ms
    assert (first.bid, first.ask) == (second.bid, second.ask)


@pytest.mark.parametrize(("venue", "symbol"), [("kraken", "BTC/USD"), ("htx", "BTC/USDT")])
async def test_fetch__frozen_without_a_time__flagged_within_five_polls_and_aging(
    venue: str, symbol: str
) -> None:
    async with exchange() as market:
        fetcher, other = market.fetcher(venue), market.fetcher(venue)
        moving = [await fetcher.fetch([symbol]) for _ in range(3) if not await asyncio.sleep(1.0)]
        market.fault(venue, "frozen")
        frozen = [await fetcher.fetch([symbol]) for _ in range(FLAGGED_AFTER) if not await asyncio.sleep(0.1)]
        begun = await other.fetch([symbol])
        market.fault(venue, "none")
        await asyncio.sleep(1.0)
        moved = await fetcher.fetch([symbol])
        await fetcher.close()
        await other.close()

    assert len({fetched.quotes[0].observed_at_ms for fetched in moving}) == 3
    assert len({fetched.quotes[0].observed_at_ms for fetched in frozen}) == 1
    assert [fetched.standing for fetched in (moving[-1], frozen[-1], moved)] == [(), (symbol,), ()]
    assert (
        moved.quotes[0].observed_at_ms > begun.quotes[0].observed_at_ms > frozen[-1].quotes[0].observed_at_ms
    )


async def dates(market: Exchange) -> Verdict:
    """What four venues say of our clock."""
    found = [(await ask(market, venue))[0].clock for venue in VENUES]
    return judge(found, wall_ms(), monotonic_ms())


@pytest.mark.parametrize("ms", [-10_000, 10_000, 3_600_000])
async def test_fetch__dates_of_most_venues_off__our_clock_is_wrong_until_they_are_back(ms: int) -> None:
    async with exchange() as market:
        before = await dates(market)
        market.fault("kraken", "date", ms=ms)
        one = await dates(market)
        market.fault("*", "date", ms=ms)
        most = await dates(market)
        market.server.board.clear()
        after = await dates(market)

    assert [verdict.wrong for verdict in (before, one, most, after)] == [False, False, True, False]
    assert abs((most.off_ms or 0) + ms) <= 1_500
    assert most.venues == len(VENUES)


@pytest.mark.parametrize(("fault", "by_s"), [("late", -600), ("early", 600)])
async def test_fetch__clock_ten_minutes_off__kept_as_it_is_for_the_freshness_rule(
    fault: str, by_s: int
) -> None:
    async with exchange() as market:
        market.fault("okx", fault)

        quote = (await ask(market, "okx"))[0].quotes[0]

    assert abs(quote.observed_at_ms - quote.received_at_ms - by_s * 1000) < 2_000


@pytest.mark.parametrize("venue", ["okx", "coinbase"])
async def test_fetch__time_in_another_unit__refused(venue: str) -> None:
    async with exchange() as market:
        market.fault(venue, "unit")

        fetched, _, _ = await ask(market, venue)

    assert fetched.quotes == ()
    assert {error.reason for error in fetched.errors} == {"time"}


@pytest.mark.parametrize("venue", ["kraken", "okx", "htx"])
async def test_fetch__misnamed_markets__no_quote(venue: str) -> None:
    async with exchange() as market:
        market.fault(venue, "misnamed")

        fetched, _, _ = await ask(market, venue)

    assert fetched.quotes == ()
    assert {error.reason for error in fetched.errors} <= {"symbol", "refused"}


async def test_fetch__429_with_retry_after__passed_on() -> None:
    async with exchange() as market:
        market.fault("kraken", "status", status=429, retry_after=30)

        (error,) = (await ask(market, "kraken"))[0].errors

    assert isinstance(error, StatusError)
    assert error.retry_after_s == 30


async def test_faults__over_http__switched_listed_and_cleared() -> None:
    async with exchange() as market, httpx.AsyncClient(base_url=f"http://127.0.0.1:{market.port}") as client:
        on = await client.post("/faults", json={"venue": "kraken", "fault": "status", "status": 503})
        listed = await client.get("/faults")
        hit = await client.get("/kraken/0/public/Ticker")
        off = await client.request("DELETE", "/faults")
        well = await client.get("/kraken/0/public/Ticker")

    assert (on.status_code, hit.status_code, well.status_code) == (200, 503, 200)
    assert listed.json() == {"faults": {"kraken": {"fault": "status"}}}
    assert off.json() == {"faults": {}}


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b'{"fault":"down"}',
        b'{"venue":"kraken","fault":"nonsense"}',
        b'{"venue":"kraken","fault":"latency","ms":"x"}',
        b'{"venue":"kraken","fault":"down","more":1}',
    ],
)
async def test_faults__bad_request__refused_with_the_reason(bad: bytes) -> None:
    async with exchange() as market, httpx.AsyncClient(base_url=f"http://127.0.0.1:{market.port}") as client:
        answer = await client.post("/faults", content=bad)

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"]
