"""What a devnet runs: its feeds made from whatever markets there are, and the files its parts read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reporter.devnet.ports import Ports
from reporter.index.symbols import parse

INDEX_FEEDS = ("BTC/USD", "ETH/USD")
CONVERSIONS = ("USDT/USD", "USDC/USD")
MARK_FEED = "BTC/USD-PERP"
DECIMALS = 8
HEARTBEAT_S, DEVIATION_BPS, MAX_AGE_S = 5, 10, 60
FUNDING_INTERVAL_S, SAMPLE_S = 30, 5
POLL_MS, CHAIN_POLL_MS, BLOCK_TIME_S = 500, 250, 1
PER_SECOND = 1_000

LIVE_MARKETS = (
    *(("coinbase", s) for s in ("BTC/USD", "ETH/USD", "USDT/USD")),
    *(("kraken", s) for s in ("BTC/USD", "ETH/USD", "BTC/USDT", "USDT/USD", "USDC/USD")),
    *(("bitstamp", s) for s in ("BTC/USD", "ETH/USD", "USDT/USD", "USDC/USD")),
    *(("gemini", s) for s in ("BTC/USD", "ETH/USD")),
    *((venue, s) for venue in ("binance", "okx") for s in ("BTC/USDT", "ETH/USDT")),
    *((venue, MARK_FEED) for venue in ("bitmex", "deribit")),
    *((venue, "BTC/USDT-PERP") for venue in ("binanceperp", "bybitperp", "hyperliquid", "okxperp")),
)


def feed_tables(markets: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Feed sections over the given markets; a feed without any market is left out.

    An index feed takes every market of its base against USD or a stablecoin that is converted; at least 3 venues where
    there are as many. Conversions are measured but not published; they take 2, because one venue behind a rate would move
    every leg that it converts.
    """
    markets = tuple(markets)
    return [
        *_tables(markets, CONVERSIONS, publish=False, at_least=2),
        *_tables(markets, INDEX_FEEDS, publish=True, at_least=3),
        *_tables(markets, (MARK_FEED,), publish=True, at_least=3),
    ]


def _tables(
    markets: Sequence[tuple[str, str]], feeds: Sequence[str], *, publish: bool, at_least: int
) -> list[dict[str, Any]]:
    found = []
    for feed in feeds:
        legs = [f"{venue}:{symbol}" for venue, symbol in markets if _contributes(symbol, feed)]
        if legs:
            venues = len({leg.partition(":")[0] for leg in legs})
            table = {"name": feed, "markets": legs, "publish": publish, "min_venues": min(at_least, venues)}
            found.append(table | {"deviation_bps": DEVIATION_BPS, "heartbeat_s": HEARTBEAT_S})
    return found


def _contributes(symbol: str, feed: str) -> bool:
    leg, wanted = parse(symbol), parse(feed)
    quotes = {"USD"} | {c.partition("/")[0] for c in CONVERSIONS} - {wanted.base}
    if feed == CONVERSIONS[0]:
        quotes = {"USD"}  # the first conversion stands on dollars alone, or there would be a cycle
    return leg.base == wanted.base and leg.perpetual == wanted.perpetual and leg.quote in quotes


def deploy_document(reporters: Sequence[str], feeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What scripts/deploy.py reads. The quorum is its default, floor(2n/3) + 1."""
    published = [f["name"] for f in feeds if f["publish"]]
    funding = {
        "index": "BTC/USD",
        "mark": MARK_FEED,
        "interval": FUNDING_INTERVAL_S,
        "maxIndexAge": HEARTBEAT_S + 60,
    }
    return {
        "reporters": list(reporters),
        "maxAge": MAX_AGE_S,
        "feeds": [{"name": name, "decimals": DECIMALS} for name in published],
        "funding": [funding] if {"BTC/USD", MARK_FEED} <= set(published) else [],
    }


def reporter_document(
    number: int,
    ports: Ports,
    addresses: Sequence[str],
    feeds: Sequence[Mapping[str, Any]],
    venues: Mapping[str, Any],
) -> dict[str, Any]:
    """The spotline.toml of one reporter, as a document."""
    peers = [
        {"address": address, "url": f"http://127.0.0.1:{ports.observe[i]}"}
        for i, address in enumerate(addresses)
        if i != number
    ]
    return {
        "node": {
            "api_listen": f"127.0.0.1:{ports.api[number]}",
            "observe_listen": f"127.0.0.1:{ports.observe[number]}",
            "insecure_sources": any("base_url" in v for v in venues.values()),
        },
        "chain": {
            "rpc_urls": [f"http://127.0.0.1:{ports.rpc}"],
            "deployment": "../deployment.json",
            "block_time_s": BLOCK_TIME_S,
            "poll_ms": CHAIN_POLL_MS,
        },
        "keys": {"signing_keystore": "signing.json", "gas_keystore": "gas.json", "password_file": "password"},
        "peers": peers,
        "venues": dict(venues),
        "feeds": list(feeds),
        "keeper": [{"market": "BTC/USD", "sample_s": SAMPLE_S}],
    }


def toml_text(document: Mapping[str, Any]) -> str:
    """A document of tables, lists of tables, strings, integers, booleans and lists, as TOML."""
    lines: list[str] = []
    for name, value in document.items():
        if isinstance(value, list):
            for table in value:
                lines += [f"[[{name}]]", *_pairs(table), ""]
        elif all(isinstance(v, dict) for v in value.values()):
            for key, table in value.items():
                lines += [f"[{name}.{key}]", *_pairs(table), ""]
        else:
            lines += [f"[{name}]", *_pairs(value), ""]
    return "\n".join(lines)


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # a basic string of TOML
    return str(value)
