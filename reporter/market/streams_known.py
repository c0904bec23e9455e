"""The stream of each venue, below its base URL at ``/ws``."""

from collections.abc import Mapping

from reporter.market.streams import Stream
from reporter.market.streams_usd import Bitfinex, Bitstamp, Coinbase, Gemini, Kraken
from reporter.market.streams_usdt import HTX, MEXC, OKX, Binance, Bitget, Bybit, CryptoCom, Gate, KuCoin

STREAMS: Mapping[str, Stream] = {
    **{"binance": Binance(), "binanceus": Binance(), "coinbase": Coinbase(), "kraken": Kraken()},
    **{"okx": OKX(), "bybit": Bybit(), "bitstamp": Bitstamp(), "gemini": Gemini(), "bitfinex": Bitfinex()},
    **{"kucoin": KuCoin(), "gate": Gate(), "htx": HTX(), "cryptocom": CryptoCom(), "mexc": MEXC()},
    "bitget": Bitget(),
}
