"""A venue's desk and what all bodies share: exact prices, mapped times, strict JSON. Helpers, too."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.market.endpoints import ENDPOINTS
from reporter.market.factory import open_market
from reporter.market.model import MarketQuote
from reporter.market.perpetual import PerpetualMarket
from reporter.market.server import describe
from reporter.market.shapes import Desk, to_json
from reporter.market.tape import Series, Tape, TapeMarket
from reporter.models import SCALE

pytestmark = pytest.mark.unit

EPOCH_MS = 1_800_000_000_123
NOW_MS = EPOCH_MS + 777_654
MARKET = open_market(epoch_ms=EPOCH_MS, seed=7)
STRICT = re.compile(r"-?(0|[1-9]\d{0,29})(\.\d{1,30})?")  # what a careful reader takes for a decimal


def ask(venue: str, path: str, market: PerpetualMarket = MARKET, /, **asked: str) -> tuple[int, Any]:
    """Status and body as a client reads them, numbers kept as Decimal."""
    reply = ENDPOINTS[venue][path](Desk(market, venue, NOW_MS), asked)
    return reply.status, json.loads(to_json(reply.body), parse_float=Decimal)


def quoted(venue: str, symbol: str) -> MarketQuote:
    quote = MARKET.quote(venue, symbol, NOW_MS)
    assert quote is not None
    return quote


def fixed(text: str) -> int:
    assert STRICT.fullmatch(text), text
    whole, _, decimals = text.partition(".")
    return int(whole + decimals.ljust(18, "0"))


def shape(value: Any) -> Any:
    """Keys and JSON types without the values."""
    if isinstance(value, Mapping):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return (
        "number" if isinstance(value, int | Decimal) and not isinstance(value, bool) else type(value).__name__
    )


def typed(kind: str, names: str) -> dict[str, str]:
    """The shape of fields that all have one type."""
    return dict.fromkeys(names.split(), kind)


def little(close: int) -> PerpetualMarket:
    """A tape on which only coinbase has traded by the time it is asked."""
    series = {
        ("coinbase", "BTC/USD"): Series((660_000,), (close,)),
        ("gemini", "BTC/USD"): Series((10**9,), (close,)),
    }
    tape = Tape("little", 600_000, 10**9, series)
    return PerpetualMarket(TapeMarket(tape, 700_000, NOW_MS, 60), 7, EPOCH_MS)


@given(st.integers(1, 10**36))
def test_bodies__any_price__is_told_exactly(close: int) -> None:
    body = ask("coinbase", "/products/{name}/ticker", little(close), name="BTC-USD")[1]
    result = ask("deribit", "/api/v2/public/ticker", little(close), instrument_name="BTC-PERPETUAL")[1][
        "result"
    ]

    assert fixed(body["price"]) == fixed(body["bid"]) == close
    assert fixed(str(f"{result['index_price']:f}")) == close


def test_bodies__tape_time__is_the_mapped_exchange_time() -> None:
    body = ask("coinbase", "/products/{name}/ticker", little(SCALE), name="BTC-USD")[1]

    # 40 s of tape before the start are 666.7 ms of wall, floored away from now.
    assert body["trade_id"] == NOW_MS - 667


def test_bodies__not_traded_yet__is_as_if_not_listed() -> None:
    assert ask("gemini", "/v1/pubticker/{name}", little(SCALE), name="btcusd")[0] == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"a": [1, "1", True, None]}, '{"a":[1,"1",true,null]}'),
        (Decimal("0.00000001"), "0.00000001"),
        (Decimal("1E+3"), "1000"),
        ("é\n", '"\\u00e9\\n"'),
        ((), "[]"),
    ],
)
def test_to_json__known_body__is_strict_text(body: Any, text: str) -> None:
    assert to_json(body) == text


def test_describe__tape__tells_time_end_and_labels() -> None:
    told = describe(little(SCALE), NOW_MS)

    assert (told["tape_time"], told["ended"], told["source"]) == ("1970-01-01T00:11:40Z", False, "tape")
    assert told["label"] == "TAPE little x60 + SIMULATED perpetual"
    assert {"venue": "coinbase", "symbol": "BTC/USD", "label": "TAPE little x60"} in told["markets"]  # type: ignore[operator]


def test_describe__simulated__has_no_tape_time() -> None:
    assert describe(MARKET, NOW_MS)["tape_time"] is None
