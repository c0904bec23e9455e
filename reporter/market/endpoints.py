"""Every path below a venue's base URL, ``http://127.0.0.1:PORT/<venue>``, and what answers there."""

import re
from collections.abc import Mapping
from functools import cache

from reporter.market.shapes import Endpoint
from reporter.market.venue_deribit import deribit_ticker
from reporter.market.venues_lists import (
    bitfinex_tickers,
    bitget_tickers,
    bybit_tickers,
    cryptocom_tickers,
    gate_tickers,
    htx_tickers,
    kucoin_tickers,
    mexc_tickers,
)
from reporter.market.venues_perp import (
    binance_funding_info,
    binance_perp_book,
    binance_premium,
    bitmex_instruments,
    bybit_perps,
    hyperliquid_info,
    okx_funding,
    okx_index,
    okx_marks,
    okx_perp_ticker,
)
from reporter.market.venues_usd import (
    bitstamp_ticker,
    bitstamp_tickers,
    coinbase_ticker,
    gemini_ticker,
    kraken_ticker,
)
from reporter.market.venues_usdt import binance_book, binance_day, okx_ticker, okx_tickers

ENDPOINTS: Mapping[str, Mapping[str, Endpoint]] = {
    "binance": {"/api/v3/ticker/24hr": binance_day, "/api/v3/ticker/bookTicker": binance_book},
    "binanceperp": {
        "/fapi/v1/premiumIndex": binance_premium,
        "/fapi/v1/ticker/bookTicker": binance_perp_book,
        "/fapi/v1/fundingInfo": binance_funding_info,
    },
    "binanceus": {"/api/v3/ticker/24hr": binance_day, "/api/v3/ticker/bookTicker": binance_book},
    "bitfinex": {"/v2/tickers": bitfinex_tickers},
    "bitget": {"/api/v2/spot/market/tickers": bitget_tickers},
    "bitmex": {"/api/v1/instrument": bitmex_instruments},
    "bitstamp": {
        "/api/v2/ticker": bitstamp_tickers,
        "/api/v2/ticker/": bitstamp_tickers,
        "/api/v2/ticker/{name}": bitstamp_ticker,
        "/api/v2/ticker/{name}/": bitstamp_ticker,
    },
    "bybit": {"/v5/market/tickers": bybit_tickers},
    "bybitperp": {"/v5/market/tickers": bybit_perps},
    "coinbase": {"/products/{name}/ticker": coinbase_ticker},
    "cryptocom": {"/exchange/v1/public/get-tickers": cryptocom_tickers},
    "deribit": {"/api/v2/public/ticker": deribit_ticker},
    "gate": {"/api/v4/spot/tickers": gate_tickers},
    "gemini": {"/v1/pubticker/{name}": gemini_ticker},
    "htx": {"/market/tickers": htx_tickers},
    "hyperliquid": {"/info": hyperliquid_info},
    "kraken": {"/0/public/Ticker": kraken_ticker},
    "kucoin": {"/api/v1/market/allTickers": kucoin_tickers},
    "mexc": {"/api/v3/ticker/24hr": mexc_tickers},
    "okx": {"/api/v5/market/tickers": okx_tickers, "/api/v5/market/ticker": okx_ticker},
    "okxperp": {
        "/api/v5/public/mark-price": okx_marks,
        "/api/v5/public/funding-rate": okx_funding,
        "/api/v5/market/ticker": okx_perp_ticker,
        "/api/v5/market/index-tickers": okx_index,
    },
}
POSTED = frozenset({hyperliquid_info})
"""Asked by POST, with the parameters in a JSON object; all others by GET."""


def find(venue: str, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
    """What answers at a path, with the path's parameters; None where nothing does."""
    for template, endpoint in ENDPOINTS.get(venue, {}).items():
        if match := _pattern(template).fullmatch(path):
            return endpoint, match.groupdict()
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.escape(template).replace(r"\{name\}", "(?P<name>[^/]+)"))
