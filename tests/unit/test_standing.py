"""Rows without a time that repeat themselves: dated by their first arrival, named after five."""

import json
from typing import Any

import pytest

from reporter.book import Book
from reporter.models import Leg
from reporter.sources import Request, make_source
from reporter.sources.standing import FLAGGED_AFTER, FORGOTTEN_MS, Standing
from tests.unit.wires import GOLDEN

pytestmark = pytest.mark.unit

T = 1_700_000_000_000
ROW: dict[str, Any] = {"bid": "1", "ask": "2", "last": "1.5", "volume": {"BTC": "7", "timestamp": "1"}}
TIMELESS = {
    **{"kraken": "BTC/USD", "gemini": "BTC/USD", "bybit": "BTC/USDT"},
    **{"gate": "BTC/USDT", "htx": "BTC/USDT", "bitfinex": "BTC/USD"},
}


def test_since__the_same_row__its_first_arrival() -> None:
    standing = Standing()

    assert [standing.since("X", dict(ROW), T + n * 1_000) for n in range(4)] == [T] * 4


@pytest.mark.parametrize(
    "other",
    [{"bid": "1.1"}, {"ask": "3"}, {"last": "1"}, {"volume": {"BTC": "8", "timestamp": "1"}}, {"more": "1"}],
)
def test_since__any_number_changes__now(other: dict[str, Any]) -> None:
    standing = Standing()
    standing.since("X", ROW, T)

    assert standing.since("X", ROW | other, T + 1_000) == T + 1_000


def test_since__only_a_timestamp_goes_on__stands() -> None:
    standing = Standing()
    standing.since("X", ROW, T)

    assert standing.since("X", ROW | {"volume": {"BTC": "7", "timestamp": "2"}}, T + 1_000) == T


def test_since__not_heard_for_long__begins_anew() -> None:
    standing = Standing()
    standing.since("X", ROW, T)

    assert standing.since("X", ROW, T + FORGOTTEN_MS) == T
    assert standing.since("X", ROW, T + 2 * FORGOTTEN_MS + 1) == T + 2 * FORGOTTEN_MS + 1


def test_since__clock_set_back__never_ahead_of_the_clock() -> None:
    standing = Standing()
    standing.since("X", ROW, T)

    assert standing.since("X", ROW, T - 600_000) == T - 600_000


def test_flagged__five_of_the_same__named_until_it_moves() -> None:
    standing, flags = Standing(), []
    for n in range(FLAGGED_AFTER):
        standing.since("X", ROW, T + n)
        standing.since("Y", ROW | {"last": str(n)}, T + n)
        flags.append(standing.flagged(("X", "Y")))
    standing.since("X", ROW | {"last": "9"}, T + 9)

    assert flags == [()] * (FLAGGED_AFTER - 1) + [("X",)]
    assert standing.flagged(("X", "Y")) == ()


@pytest.mark.parametrize(("kind", "symbol"), TIMELESS.items())
def test_parse__ticker_without_a_time_stands_still__its_quote_ages(kind: str, symbol: str) -> None:
    source, standing, book = make_source(kind), Standing(), Book()
    body, request = (GOLDEN / f"{kind}.json").read_bytes(), Request("/", (symbol,))
    source.all_symbols = True  # type: ignore[misc]  # the golden bodies hold more markets

    for n in range(40):
        fetched = source.parse(body, request, T + n * 1_000, standing=standing)
        for quote in fetched.quotes:
            book.put(quote)

    assert book.newest()[Leg(kind, symbol)].observed_at_ms == T
    assert fetched.standing == (symbol,)


def test_parse__ticker_with_a_time__is_not_watched() -> None:
    source, standing = make_source("okx"), Standing()
    body, request = (GOLDEN / "okx.json").read_bytes(), Request("/", ("BTC/USDT",))

    found = [source.parse(body, request, T + n, standing=standing) for n in range(9)]

    assert [fetched.quotes[0].received_at_ms for fetched in found] == [T + n for n in range(9)]
    assert found[-1].standing == ()


def test_parse__another_volume_with_the_same_prices__is_fresh() -> None:
    source, standing = make_source("htx"), Standing()
    document = json.loads((GOLDEN / "htx.json").read_text())
    request, received = Request("/", ("BTC/USDT",)), []
    for n in range(9):
        for row in document["data"]:
            row["vol"] = row.get("vol", 0) + 1
        fetched = source.parse(json.dumps(document).encode(), request, T + n, standing=standing)
        received.append(fetched.quotes[0].received_at_ms)

    assert received == [T + n for n in range(9)]
