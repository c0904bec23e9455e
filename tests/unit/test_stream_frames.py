"""Each venue's documented stream: read to exact integers, its pings answered, everything else refused with a reason."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.errors import ConfigError, SourceError
from reporter.models import Quote
from reporter.sources import VENUES, Fetched, make_source
from reporter.sources.layout import Link
from tests.unit.test_sources_corpus import BAD_BODIES, BAD_TOKENS
from tests.unit.venue_cases import stream_frames

pytestmark = pytest.mark.unit

RECEIVED_MS = 1_790_848_770_000

# kind: symbol, bid, ask, last (in 1e-8), book time, last trade's time
EXPECTED: dict[str, tuple[str, int, int, int | None, int, int | None]] = {
    "binance": ("BTC/USDT", 1654024000000, 1654026000000, 1654025000000, 1672515782136, 1672515782000),
    "coinbase": ("BTC/USD", 1928504000000, 1928527000000, 1928523000000, 1666222102061, 1666222102061),
    "kraken": ("BTC/USD", 2627010000000, 2627020000000, 2627015000000, 1695632671742, None),
    "okx": ("BTC/USDT", 888888000000, 999999000000, 999999000000, 1597026383085, None),
    "bybit": ("BTC/USDT", 1649350000000, 1661100000000, None, 1672304484978, None),
    "bitstamp": ("BTC/USD", 3802100000000, 3802603000000, None, 1643643584684, None),
    "gemini": ("BTC/USD", 4500050000000, 4500100000000, None, 1751508438600, None),
    "bitfinex": ("BTC/USD", 761650000000, 761750000000, 761710000000, 1470000000123, None),
    "kucoin": ("BTC/USDT", 9096810000000, 9096820000000, 9096815000000, 1768206966096, 1768206966096),
    "gate": ("BTC/USDT", 1917779000000, 1917938000000, None, 1606293275123, None),
    "htx": ("BTC/USDT", 5266501000000, 5266502000000, None, 1630994555539, None),
    "cryptocom": ("BTC/USDT", 5117000000000, 5118000000000, 5117450000000, 1613580710768, None),
    "mexc": ("BTC/USDT", 9338728000000, 9338729000000, None, 1736412092433, None),
    "bitget": ("BTC/USDT", 2700000000000, 2700051000000, 2700050000000, 1695715383021, None),
}
EXPECTED["binanceus"] = EXPECTED["binance"]
KINDS = sorted(EXPECTED)
TEXT = [kind for kind in KINDS if kind != "mexc"]

# kind: the texts of bid, of the time and of the name in the last frame
TOKENS = {
    "binance": ('"b":"16540.24"', '"E":1672515782136', '"s":"BTCUSDT"'),
    "coinbase": ('"best_bid":"19285.04"', '"time":"2022-10-19T23:28:22.061769Z"', '"product_id":"BTC-USD"'),
    "kraken": ('"bid":26270.1', '"timestamp":"2023-09-25T09:04:31.742648Z"', '"symbol":"BTC/USD"'),
    "okx": ('"bidPx":"8888.88"', '"ts":"1597026383085"', '"instType":"SPOT","instId":"BTC-USDT"'),
    "bybit": ('[["16493.50"', '"ts":1672304484978', '"s":"BTCUSDT"'),
    "bitstamp": ('[["38021.00"', '"microtimestamp":"1643643584684047"', '"channel":"order_book_btcusd"'),
    "gemini": ('"b":"45000.50"', '"E":1751508438600117161', '"s":"btcusd"'),
    "bitfinex": ("[7616.5", "1470000000123", "[224555,"),
    "kucoin": ('"b":"90968.1"', '"M":1768206966096000000', '"s":"BTC-USDT"'),
    "gate": ('"b":"19177.79"', '"t":1606293275123', '"s":"BTC_USDT"'),
    "htx": ('"bid":52665.01', '"quoteTime":1630994555539', '"symbol":"btcusdt"'),
    "cryptocom": ('"b":"51170.00"', '"t":1613580710768', '"i":"BTC_USDT"'),
    "bitget": ('"bidPr":"27000"', '"ts":"1695715383021"', '"data":[{"instId":"BTCUSDT"'),
}
TOKENS["binanceus"] = TOKENS["binance"]


def link(kind: str, symbol: str | None = None) -> Link:
    source, ours = make_source(kind), symbol or EXPECTED[kind][0]
    return Link({source.spell_stream(*source.split(ours)): ours}, f"{kind}-eu", "TEST")


def hear(kind: str, frame: bytes, heard: Link | None = None) -> Fetched:
    """What the last of a venue's frames gives after all before it; a refusal is an error like the others."""
    source, heard = make_source(kind), heard or link(kind)
    for before in stream_frames(kind)[:-1]:
        assert source.parse_frame(before, heard, RECEIVED_MS) == Fetched()
    try:
        return source.parse_frame(frame, heard, RECEIVED_MS)
    except SourceError as error:
        return Fetched(errors=(error,))


def changed(kind: str, old: str, new: str) -> bytes:
    """The last frame with one text in the place of another."""
    frame = stream_frames(kind)[-1]
    text = (gzip.decompress(frame) if kind == "htx" else frame).decode()
    assert old in text
    body = text.replace(old, new, 1).encode()
    return gzip.compress(body) if kind == "htx" else body


def value(token: str) -> tuple[str, str]:
    """The key with its colon or bracket, and the value, of ``"b":"1"`` or ``[["1"``."""
    cut = max(token.rfind(":") if "Z" not in token else token.index(":"), token.rfind("["))
    return token[: cut + 1], token[cut + 1 :]


def test_streams__every_venue_that_has_one__has_documented_frames() -> None:
    assert set(KINDS) == {name for name, venue in VENUES.items() if venue.default_ws_url}
    assert len(KINDS) == 15


@pytest.mark.parametrize("kind", KINDS)
def test_frame__documented__exact_integers_and_both_clocks(kind: str) -> None:
    symbol, bid, ask, last, book_at, last_at = EXPECTED[kind]

    fetched = hear(kind, stream_frames(kind)[-1])

    prices = (bid * 10**10, ask * 10**10, None if last is None else last * 10**10)
    assert fetched.errors == ()
    assert fetched.quotes == (Quote(f"{kind}-eu", symbol, *prices, book_at, last_at, RECEIVED_MS, "TEST"),)
    assert fetched.quotes[0].clock == "book"


@pytest.mark.parametrize("token", BAD_TOKENS)
@pytest.mark.parametrize("kind", TEXT)
def test_frame__bad_number_for_a_price__an_error_and_no_quote(kind: str, token: str) -> None:
    before, _ = value(TOKENS[kind][0])

    fetched = hear(kind, changed(kind, TOKENS[kind][0], before + token))

    assert fetched.quotes == ()
    assert len(fetched.errors) == 1


@pytest.mark.parametrize(
    "at", ["0", "-1", '""', "null", '"soon"', "1e400", "99999999999999999999", "true", "17908487"]
)
@pytest.mark.parametrize("kind", TEXT)
def test_frame__impossible_time__refused(kind: str, at: str) -> None:
    before, _ = value(TOKENS[kind][1]) if kind != "bitfinex" else ("", "")

    fetched = hear(kind, changed(kind, TOKENS[kind][1], before + at))

    assert fetched.quotes == ()
    assert [error.reason for error in fetched.errors] == ["time"]


@pytest.mark.parametrize("kind", TEXT)
def test_frame__another_symbols__refused_as_a_whole(kind: str) -> None:
    token = TOKENS[kind][2]
    other = token.replace("BTC", "ETH").replace("btc", "eth").replace("224555", "224556")

    fetched = hear(kind, changed(kind, token, other))

    assert fetched.quotes == ()
    assert [error.reason for error in fetched.errors] == ["symbol"]


@pytest.mark.parametrize("kind", KINDS)
def test_frame__another_symbols__refused_for_a_link_that_wants_something_else(kind: str) -> None:
    quote = EXPECTED[kind][0].partition("/")[2]

    fetched = hear(kind, stream_frames(kind)[-1], link(kind, f"DOT/{quote}"))

    assert fetched.quotes == ()
    assert [error.reason for error in fetched.errors] == ["symbol"]


@pytest.mark.parametrize("name", BAD_BODIES)
@pytest.mark.parametrize("kind", KINDS)
def test_frame__bad_body__no_quote_and_only_a_typed_error(kind: str, name: str) -> None:
    body = BAD_BODIES[name]

    assert hear(kind, gzip.compress(body) if kind == "htx" else body).quotes == ()
    assert hear(kind, body).quotes == ()


@pytest.mark.parametrize(
    ("kind", "frame", "reply"),
    [
        ("htx", b'{"ping":1492420473027}', '{"pong":1492420473027}'),
        (
            "cryptocom",
            b'{"id":1587523073344,"method":"public/heartbeat","code":0}',
            '{"id":1587523073344,"method":"public/respond-heartbeat"}',
        ),
    ],
)
def test_frame__the_venues_ping__answered_with_its_number(kind: str, frame: bytes, reply: str) -> None:
    heard = link(kind)

    fetched = make_source(kind).parse_frame(
        gzip.compress(frame) if kind == "htx" else frame, heard, RECEIVED_MS
    )

    assert fetched == Fetched()
    assert heard.replies == [reply]


REFUSALS = {
    "binance": {"error": {"code": 2, "msg": "Invalid request"}, "id": 1},
    "coinbase": {
        "type": "error",
        "message": "Failed to subscribe",
        "reason": "ticker is not a valid product",
    },
    "kraken": {"error": "Currency pair not supported XXX/USD", "method": "subscribe", "success": False},
    "okx": {"event": "error", "code": "60018", "msg": "Wrong URL or channel", "connId": "a"},
    "bybit": {"success": False, "ret_msg": "error:handler not found", "conn_id": "a", "op": "subscribe"},
    "bitstamp": {
        "event": "bts:error",
        "channel": "",
        "data": {"code": None, "message": "Bad subscription string."},
    },
    "gemini": {"id": "1", "status": 400, "error": {"code": -1013, "msg": "Invalid symbol"}},
    "bitfinex": {"event": "error", "msg": "symbol: invalid", "code": 10300, "channel": "ticker"},
    "kucoin": {"id": "BTC-USDT", "result": False, "message": "symbol invalid"},
    "gate": {
        "time": 1,
        "channel": "spot.book_ticker",
        "event": "subscribe",
        "error": {"code": 2, "message": "unknown"},
    },
    "htx": {"status": "error", "ts": 1, "id": "x", "err-code": "bad-request", "err-msg": "invalid topic"},
    "cryptocom": {"id": 1, "method": "subscribe", "code": 40003, "message": "Unknown symbol"},
    "bitget": {
        "event": "error",
        "arg": {},
        "code": 30001,
        "msg": "instType:SPOT,channel:ticker doesn't exist",
    },
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_frame__the_venue_refuses_a_subscription__said_so(kind: str) -> None:
    body = json.dumps(REFUSALS[kind]).encode()

    fetched = hear(kind, gzip.compress(body) if kind == "htx" else body)

    assert [error.reason for error in fetched.errors] == ["refused"]


@pytest.mark.parametrize("kind", KINDS)
def test_subscribe__two_markets__json_that_names_both(kind: str) -> None:
    source = make_source(kind)
    names = [source.spell_stream("BTC", "USDT"), source.spell_stream("ETH", "USDT")]

    said = " ".join(json.dumps(json.loads(text)) for text in source.subscribe(names))

    assert all(name.lower() in said.lower() for name in names)


def test_subscribe__bybit_25_markets__ten_topics_at_a_time() -> None:
    frames = make_source("bybit").subscribe([f"A{n}USDT" for n in range(25)])

    assert [len(json.loads(text)["args"]) for text in frames] == [10, 10, 5]


def test_frame__kraken_several_rows_one_bad__the_others_kept() -> None:
    good = json.loads(stream_frames("kraken")[-1])
    bad = good["data"][0] | {"bid": -1}
    wanted = Link({"BTC/USD": "BTC/USD", "ETH/USD": "ETH/USD"}, "kraken")
    body = json.dumps(good | {"data": [bad, good["data"][0] | {"symbol": "ETH/USD"}]}).encode()

    fetched = make_source("kraken").parse_frame(body, wanted, RECEIVED_MS)

    assert [quote.symbol for quote in fetched.quotes] == ["ETH/USD"]
    assert [error.reason for error in fetched.errors] == ["range"]


def test_frame__bybit_delta__refused_since_depth_1_has_none() -> None:
    assert hear("bybit", changed("bybit", '"type":"snapshot"', '"type":"delta"')).errors[0].reason == "shape"


def test_frame__bitfinex_without_the_time__refused() -> None:
    assert hear("bitfinex", changed("bitfinex", ",1470000000123]", "]")).errors[0].reason == "symbol"


def test_frame__bitfinex_unknown_channel__refused_before_any_is_announced() -> None:
    frame = stream_frames("bitfinex")[-1]

    with pytest.raises(SourceError) as refused:
        make_source("bitfinex").parse_frame(frame, link("bitfinex"), RECEIVED_MS)

    assert refused.value.reason == "symbol"


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_frame__any_byte_changed__one_quote_at_most_or_a_typed_error(kind: str, data: st.DataObject) -> None:
    frame: Any = bytearray(stream_frames(kind)[-1])
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))

    fetched = hear(kind, bytes(frame))

    for quote in fetched.quotes:
        assert quote.symbol == EXPECTED[kind][0]
        assert all(price is None or 10**6 <= price <= 10**30 for price in (quote.bid, quote.ask, quote.last))
        assert quote.book_at_ms is not None


@pytest.mark.parametrize("kind", KINDS)
@given(frame=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_frame__any_bytes__no_quote(kind: str, frame: bytes) -> None:
    assert hear(kind, frame).quotes == ()


@pytest.mark.parametrize("kind", KINDS)
def test_spell_stream__perpetual__refused(kind: str) -> None:
    with pytest.raises(ConfigError):
        make_source(kind).split("BTC/USD-PERP")
