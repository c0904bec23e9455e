"""What each perpetual venue says of its funding: the documented answers read exactly through the fetch layer, or refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.errors import ConfigError, SourceError
from reporter.models import VenueFunding
from reporter.sources import VENUES, make_source
from reporter.sources.base import Fetcher
from reporter.sources.rates import READERS, Question, venue_funding
from reporter.sources.venue import Perpetuals
from tests.unit.test_sources_corpus import leaves, paths, place
from tests.unit.wires import NOW_MS, Wire, answer

pytestmark = pytest.mark.unit

GOLDEN = Path(__file__).parent / "golden" / "funding"
HOUR_S = 3_600
E10 = 10**10
NEXT_HOUR = (NOW_MS // 1000 // HOUR_S + 1) * HOUR_S

# kind: symbol, mark, mid, index (in 1e-8), rate and forecast for 8 h (1e-18), next payment, interval
EXPECTED: dict[str, tuple[str, int, int, int, int, int | None, int | None, int]] = {
    "binanceperp": (
        *("BTC/USDT-PERP", 1179363104562, 1179365000000, 1178180495970),
        *(382460000000000, None, 1597392000, 8 * HOUR_S),
    ),
    "okxperp": (
        *("BTC/USDT-PERP", 8425110000000, 8425025000000, 8424340000000),
        *(18222121805400, None, 1743609600, 8 * HOUR_S),
    ),
    "bybitperp": (
        *("BTC/USDT-PERP", 1659600000000, 1659675000000, 1659854000000),
        *(-2068000000000000, None, 1672387200, 4 * HOUR_S),  # -0.1034 % in 4 h
    ),
    "deribit": (
        *("BTC/USD-PERP", 6543383000000, 6537925000000, 6539206000000),
        *(-50000000000000, None, None, 8 * HOUR_S),
    ),
    "bitmex": (
        *("BTC/USD-PERP", 6199550000000, 6199075000000, 6199453000000),
        *(100000000000000, -228000000000000, 1709352000, 8 * HOUR_S),
    ),
    "hyperliquid": (
        *("BTC/USDT-PERP", 6500100000000, 6500150000000, 6501000000000),
        *(100000000000000, None, NEXT_HOUR, HOUR_S),  # 0.00125 % in 1 h
    ),
}
KINDS = sorted(EXPECTED)


def golden(kind: str) -> list[Any]:
    found: list[Any] = json.loads((GOLDEN / f"{kind}.json").read_text())
    return found


def venue(kind: str, documents: list[Any]) -> Wire:
    """Answers each of the venue's targets with its document."""
    name = make_source(kind).symbol(EXPECTED[kind][0])
    index = name.removesuffix("-SWAP")
    targets = [t.replace("{name}", name).replace("{index}", index) for t in READERS[kind][0]] or ["/info"]

    def reply(request: httpx.Request) -> httpx.Response:
        return answer(body=json.dumps(documents[targets.index(request.url.raw_path.decode())]).encode())

    return Wire(reply)


async def funding(kind: str, wire: Wire) -> VenueFunding:
    fetcher = Fetcher(
        make_source(kind), now_ms=lambda: NOW_MS, transport=wire, label="SIMULATED", venue=f"my{kind}"
    )
    return await venue_funding(fetcher, EXPECTED[kind][0], NOW_MS)


def test_readers__every_venue_of_perpetuals__has_one_and_a_payload() -> None:
    perpetuals = {kind for kind, made in VENUES.items() if issubclass(made, Perpetuals)}

    assert set(READERS) == perpetuals == set(EXPECTED) == {path.stem for path in GOLDEN.glob("*.json")}


@pytest.mark.parametrize("kind", KINDS)
async def test_venue_funding__golden_answers__exact_integers_for_8_h(kind: str) -> None:
    found = await funding(kind, venue(kind, golden(kind)))

    symbol, mark, mid, index, rate, predicted, next_at, interval_s = EXPECTED[kind]
    assert found == VenueFunding(
        *(f"my{kind}", symbol, mark * E10, mid * E10, index * E10, rate, predicted, next_at, interval_s),
        label="SIMULATED",
    )


async def test_venue_funding__hyperliquid__posted_as_json() -> None:
    wire = venue("hyperliquid", golden("hyperliquid"))

    await funding("hyperliquid", wire)

    (sent,) = wire.sent
    assert (sent.method, sent.headers["content-type"]) == ("POST", "application/json")
    assert sent.headers["content-length"] == str(len(sent.content))
    assert json.loads(sent.content) == {"type": "metaAndAssetCtxs"}


async def test_venue_funding__binance_market_off_the_usual_8_h__its_own_interval() -> None:
    documents = golden("binanceperp")
    documents[2][0] |= {"symbol": "BTCUSDT", "fundingIntervalHours": 1}

    found = await funding("binanceperp", venue("binanceperp", documents))

    assert (found.interval_s, found.rate_8h) == (HOUR_S, 8 * 382460000000000)


async def test_venue_funding__okx_with_a_forecast__for_8_h_too() -> None:
    documents = golden("okxperp")
    documents[0]["data"][0] |= {
        "nextFundingRate": "-0.00001",
        "nextFundingTime": str(1743609600000 + HOUR_S * 2000),
    }

    found = await funding("okxperp", venue("okxperp", documents))

    assert (found.interval_s, found.predicted_8h) == (2 * HOUR_S, -4 * 10**13)


BAD: list[tuple[str, Callable[[list[Any]], object], str]] = [
    ("binanceperp", lambda d: d[0].update(symbol="ETHUSDT"), "symbol"),
    ("binanceperp", lambda d: d[1].update(symbol="ETHUSDT"), "symbol"),
    ("binanceperp", lambda d: d[0].update(lastFundingRate="1.5"), "range"),
    ("binanceperp", lambda d: d[0].update(lastFundingRate="nan"), "price"),
    ("binanceperp", lambda d: d[2][0].update(symbol="BTCUSDT", fundingIntervalHours=0), "range"),
    ("okxperp", lambda d: d[0].update(code="51001"), "refused"),
    ("okxperp", lambda d: d[0]["data"][0].update(nextFundingTime="1743609600000"), "range"),
    ("okxperp", lambda d: d[3]["data"][0].update(instId="ETH-USDT"), "symbol"),
    ("bybitperp", lambda d: d[0]["result"]["list"].clear(), "symbol"),
    ("bybitperp", lambda d: d[0]["result"]["list"][0].pop("fundingIntervalHour"), "shape"),
    ("deribit", lambda d: d[0]["result"].update(instrument_name="ETH-PERPETUAL"), "symbol"),
    ("bitmex", lambda d: d[0][0].update(fundingInterval="2000-01-01T00:00:00.000Z"), "range"),
    ("bitmex", lambda d: d[0][0].update(fundingTimestamp=None), "time"),
    ("hyperliquid", lambda d: d[0][1].pop(), "shape"),
]


@pytest.mark.parametrize(("kind", "change", "reason"), BAD)
async def test_venue_funding__an_answer_that_lies__refused(
    kind: str, change: Callable[[list[Any]], object], reason: str
) -> None:
    documents = golden(kind)
    change(documents)

    with pytest.raises(SourceError) as refused:
        await funding(kind, venue(kind, documents))

    assert refused.value.reason == reason


@pytest.mark.parametrize(("status", "reason"), [(404, "http_404"), (451, "http_451")])
async def test_venue_funding__no_answer__its_status(status: int, reason: str) -> None:
    with pytest.raises(SourceError) as refused:
        await funding("deribit", Wire(answer(status)))

    assert (refused.value.venue, refused.value.reason) == ("myderibit", reason)


async def test_venue_funding__connection_reset__a_source_error() -> None:
    with pytest.raises(SourceError) as refused:
        await funding("deribit", Wire(httpx.ReadError("reset")))

    assert refused.value.reason == "network"


async def test_venue_funding__spot_venue__says_which_have_funding() -> None:
    fetcher = Fetcher(make_source("kraken"), now_ms=lambda: NOW_MS, transport=Wire(answer()))

    with pytest.raises(ConfigError, match="kraken has no funding"):
        await venue_funding(fetcher, "BTC/USD", NOW_MS)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_reader__any_place_replaced__sane_numbers_or_a_source_error(kind: str, data: st.DataObject) -> None:
    from reporter.sources import strict

    documents = golden(kind)
    changed = place(documents, data.draw(st.sampled_from(paths(documents))), data.draw(leaves))
    name = make_source(kind).symbol(EXPECTED[kind][0])
    try:
        parsed = strict.loads(kind, json.dumps(changed).encode())
        told = READERS[kind][1](Question(kind, name, parsed if isinstance(parsed, list) else [], NOW_MS))
    except (SourceError, IndexError):  # the list of documents itself is ours
        return
    assert abs(told.rate) <= 10**18
    assert 0 < told.interval_s <= 48 * HOUR_S
    assert all(price is None or 10**6 <= price <= 10**30 for price in (told.mark, told.mid, told.spot))
