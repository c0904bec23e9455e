"""Each venue's documented payload (``golden/``), what it says, and where its prices stand: for the tests of parsers."""

import json
from pathlib import Path
from typing import Any

from reporter.sources import Fetched, make_source

GOLDEN = Path(__file__).parent / "golden"
RECEIVED_MS = 1_790_848_770_000

# kind: symbol, bid, ask, last or mark (in 1e-8), book time, time of the last trade or mark
EXPECTED: dict[str, list[tuple[str, int | None, int | None, int, int | None, int | None]]] = {
    "coinbase": [("BTC/USD", 6501756000000, 6501757000000, 6501756500000, None, 1790848770123)],
    "kraken": [
        ("BTC/USD", 6523190000000, 6523200000000, 6523180000000, None, None),
        ("USDT/USD", 99900000, 99910000, 99905000, None, None),
        ("USDC/USD", 99980000, 99990000, 99985000, None, None),
        ("BTC/USDT", 6529060000000, 6529070000000, 6529060000000, None, None),
    ],
    "bitstamp": [
        ("BTC/USD", 8492000000000, 8492100000000, 8492100000000, 1763854710000, None),
        ("ETH/USD", 277910000000, 277950000000, 277940000000, 1763854710000, None),
    ],
    "binance": [
        ("BTC/USDT", 6500000000000, 6500001000000, 6500001000000, None, 1790848769040),
        ("BTC/USDC", 6500950000000, 6501050000000, 6501000000000, None, 1790848769011),
    ],
    "okx": [
        ("BTC/USDT", 6501110000000, 6501120000000, 6501110000000, 1790848769203, None),
        ("ETH/USDT", 312457000000, 312458000000, 312457000000, 1790848769105, None),
    ],
    "gemini": [("BTC/USD", 6500127000000, 6500341000000, 6500200000000, None, None)],
    "deribit": [("BTC/USD-PERP", 6537900000000, 6537950000000, 6543383000000, 1790848769226, 1790848769226)],
    "binanceperp": [
        ("BTC/USDT-PERP", None, None, 1179363104562, None, 1597370495002),
        ("ETH/USDT-PERP", None, None, 39551000000, None, 1597370495002),
    ],
    "okxperp": [
        ("BTC/USDT-PERP", None, None, 6500110000000, None, 1790848769203),
        ("ETH/USD-PERP", None, None, 312457000000, None, 1790848769105),
    ],
    "bybitperp": [
        ("BTC/USDT-PERP", 1659600000000, 1659750000000, 1659600000000, None, None),
        ("ETH/USDC-PERP", 120010000000, 120030000000, 120020000000, None, None),
    ],
    "bitmex": [
        ("BTC/USD-PERP", 6500150000000, 6500200000000, 6500327000000, 1790848769226, 1790848769226),
        ("ETH/USDT-PERP", 312455000000, 312460000000, 312458000000, 1790848769105, 1790848769105),
    ],
    "hyperliquid": [
        ("BTC/USDT-PERP", None, None, 6500100000000, None, None),
        ("ETH/USDT-PERP", None, None, 312450000000, None, None),
    ],
    "bybit": [
        ("BTC/USDT", 2051796000000, 2052777000000, 2053313000000, None, None),
        ("ETH/USDT", 156302000000, 156303000000, 156303000000, None, None),
    ],
    "kucoin": [
        ("BTC/USDT", 6719250000000, 6719260000000, 6719300000000, 1729173207043, None),
        ("ETH/USDT", 261511000000, 261512000000, 261512000000, 1729173207043, None),
    ],
    "gate": [
        ("BTC/USDT", 6500110000000, 6500130000000, 6500120000000, None, None),
        ("ETH/USDT", 312457000000, 312458000000, 312457000000, None, None),
    ],
    "htx": [
        ("BTC/USDT", 4605030000000, 4605040000000, 4605038000000, None, None),
        ("ETH/USDT", 312450000000, 312460000000, 312457000000, None, None),
    ],
    "cryptocom": [
        ("BTC/USDT", 5117000000000, 5118000000000, 5117450000000, 1613580710768, None),
        ("ETH/USDT", 179990000000, 179992000000, 179991000000, 1613580710701, None),
    ],
    "mexc": [
        ("BTC/USDT", 4626038000000, 4626041000000, 4626371000000, None, 1641349582808),
        ("ETH/USDT", 379101000000, 379102000000, 379102000000, None, 1641349582808),
    ],
    "bitget": [
        ("BTC/USDT", 3776820000000, 3776831000000, 3776830000000, 1695808949350, None),
        ("ETH/USDT", 161240000000, 161260000000, 161250000000, 1695808949301, None),
    ],
    "bitfinex": [
        ("BTC/USD", 1064500000000, 1064700000000, 1064400645389, None, None),
        ("ETH/USD", 30640000000, 30650000000, 30645000000, None, None),
    ],
}
EXPECTED["binanceus"] = EXPECTED["binance"]

# kind: the price keys (bid, ask, last) and the time key of a row
KEYS: dict[str, tuple[tuple[Any, ...], str | None]] = {
    "coinbase": (("bid", "ask", "price"), "time"),
    "kraken": (("b", "a", "c"), None),
    "bitstamp": (("bid", "ask", "last"), "timestamp"),
    "binance": (("bidPrice", "askPrice", "lastPrice"), "closeTime"),
    "binanceus": (("bidPrice", "askPrice", "lastPrice"), "closeTime"),
    "okx": (("bidPx", "askPx", "last"), "ts"),
    "gemini": (("bid", "ask", "last"), None),
    "deribit": (("best_bid_price", "best_ask_price", "mark_price"), "timestamp"),
    "binanceperp": ((None, None, "markPrice"), "time"),
    "okxperp": ((None, None, "markPx"), "ts"),
    "bybitperp": (("bid1Price", "ask1Price", "markPrice"), None),
    "bitmex": (("bidPrice", "askPrice", "markPrice"), "timestamp"),
    "hyperliquid": ((None, None, "markPx"), None),
    "bybit": (("bid1Price", "ask1Price", "lastPrice"), None),
    "kucoin": (("buy", "sell", "last"), None),
    "gate": (("highest_bid", "lowest_ask", "last"), None),
    "htx": (("bid", "ask", "close"), None),
    "cryptocom": (("b", "k", "a"), "t"),
    "mexc": (("bidPrice", "askPrice", "lastPrice"), "closeTime"),
    "bitget": (("bidPr", "askPr", "lastPr"), "ts"),
    "bitfinex": ((1, 3, 7), None),
}
KINDS = sorted(EXPECTED)
BOOKS = [kind for kind in KINDS if KEYS[kind][0][0] is not None]
"""Whose payload has bid and ask."""
TIMED = [kind for kind in KINDS if KEYS[kind][1]]


def golden(kind: str) -> Any:
    return json.loads((GOLDEN / f"{kind}.json").read_bytes())


def first(kind: str) -> Any:
    """The key of the first price of a row: the bid, or the mark where there is no book."""
    return next(key for key in KEYS[kind][0] if key is not None)


def scaled(price: int | None) -> int | None:
    """A price of EXPECTED as a quote has it."""
    return None if price is None else price * 10**10


def rows(kind: str, document: Any) -> list[dict[str, Any]]:
    """The rows of a document, in the order of EXPECTED; changing one changes the document."""
    if kind in ("coinbase", "gemini"):
        return [document]
    if kind == "kraken":
        return list(document["result"].values())
    if kind == "deribit":
        return [document["result"]]
    return list(listed(kind, document))


def listed(kind: str, document: Any) -> list[Any]:
    """The list of rows inside a document; changing it changes the document."""
    found: list[Any]
    if kind in ("bybit", "bybitperp", "cryptocom"):
        found = document["result"]["data" if kind == "cryptocom" else "list"]
    elif kind == "kucoin":
        found = document["data"]["ticker"]
    elif kind == "hyperliquid":
        found = document[1]
    else:
        found = document["data"] if kind in ("okx", "okxperp", "htx", "bitget") else document
    return found


def parse(kind: str, document: Any) -> Fetched:
    source = make_source(kind)
    symbols = tuple(expected[0] for expected in EXPECTED[kind])
    (request,) = source.requests(symbols)
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return source.parse(body, request, RECEIVED_MS)


def stream_frames(kind: str) -> list[bytes]:
    """The documented frames of a venue's stream, in order; the last one is a price."""
    import gzip

    lines = (GOLDEN / "streams" / f"{kind}.txt").read_text().splitlines()
    frames = [bytes.fromhex(line[4:]) if line.startswith("hex:") else line.encode() for line in lines]
    return [gzip.compress(frame) for frame in frames] if kind == "htx" else frames
