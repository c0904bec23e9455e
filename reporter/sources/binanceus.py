"""Binance.US, spot: Binance's interface at another address (github.com/binance-us/binance-us-api-docs)."""

from reporter.sources.binance import Binance


class BinanceUS(Binance):
    name, default_url = "binanceus", "https://api.binance.us"
    default_ws_url = "wss://stream.binance.us:9443/ws"
