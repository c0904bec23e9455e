"""The venues Spotline can read. To add one: a file beside this one and its class in ``_KNOWN``."""

from reporter.errors import ConfigError
from reporter.sources.binance import Binance
from reporter.sources.binanceperp import BinancePerp
from reporter.sources.binanceus import BinanceUS
from reporter.sources.bitfinex import Bitfinex
from reporter.sources.bitget import Bitget
from reporter.sources.bitmex import BitMEX
from reporter.sources.bitstamp import Bitstamp
from reporter.sources.bybit import Bybit
from reporter.sources.bybitperp import BybitPerp
from reporter.sources.coinbase import Coinbase
from reporter.sources.cryptocom import CryptoCom
from reporter.sources.deribit import Deribit
from reporter.sources.gate import Gate
from reporter.sources.gemini import Gemini
from reporter.sources.htx import HTX
from reporter.sources.hyperliquid import Hyperliquid
from reporter.sources.kraken import Kraken
from reporter.sources.kucoin import KuCoin
from reporter.sources.mexc import MEXC
from reporter.sources.okx import OKX
from reporter.sources.okxperp import OKXPerp
from reporter.sources.venue import Fetched, Request, Source

__all__ = ["VENUES", "Fetched", "Request", "Source", "make_source"]

_KNOWN: tuple[type[Source], ...] = (
    *(Binance, BinanceUS, Bitfinex, Bitget, Bitstamp, Bybit, Coinbase, CryptoCom),
    *(Gate, Gemini, HTX, Kraken, KuCoin, MEXC, OKX),
    *(BinancePerp, BitMEX, BybitPerp, Deribit, Hyperliquid, OKXPerp),
)
VENUES: dict[str, type[Source]] = {venue.name: venue for venue in _KNOWN}


def make_source(kind: str, base_url: str | None = None, ws_url: str | None = None) -> Source:
    """The venue called ``kind``, at its own addresses or at these.

    Raises:
        ConfigError: No such venue.
    """
    if kind not in VENUES:
        raise ConfigError(f"unknown source {kind!r}", hint=f"known sources: {', '.join(sorted(VENUES))}")
    return VENUES[kind](base_url, ws_url)
