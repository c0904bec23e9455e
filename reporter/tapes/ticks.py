"""Trades with both clocks (tardis.dev's columns): the exchange's time and ours, which may be far apart.

On 2025-10-10 Gemini's BTC/USD trades came up to 48.9 s late.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from reporter.errors import TapeError
from reporter.market.tape_rows import amount_of, bad_value, is_symbol, read_rows
from reporter.models import Quote

COLUMNS = ("exchange", "symbol", "exchange_us", "received_us", "side", "price", "amount")
QUOTES = ("USDT", "USDC", "USD", "EUR", "GBP", "BTC", "ETH")
LONGEST = 16
FIRST_US, LAST_US = 1_420_070_400_000_000, 4_102_444_800_000_000
"""2015 to 2099, as for live venues (METHODOLOGY.md, Fetching)."""


def read(path: Path, label: str) -> Iterator[Quote]:
    """Yield every trade as a quote with a last trade and no book.

    Raises:
        TapeError: A bad row, or a row that arrived before the one above it.
    """
    before_us = 0
    for line, row in read_rows(path, COLUMNS):
        exchange, symbol, made, heard, side, price_text, amount = row
        made_us, heard_us = _time(path, line, "exchange_us", made), _time(path, line, "received_us", heard)
        if heard_us < before_us:
            raise TapeError(f"{path} line {line}: received_us is {heard}, before the line above it")
        before_us = heard_us
        if not exchange:
            raise bad_value(path, line, "exchange", exchange, "a venue's name")
        if side not in ("buy", "sell", "unknown"):
            raise bad_value(path, line, "side", side, "buy, sell or unknown")
        price = amount_of(path, line, "price", price_text)
        if not price:
            raise bad_value(path, line, "price", price_text, "a price above 0")
        amount_of(path, line, "amount", amount)
        ours = market(symbol)
        if not ours:
            raise bad_value(path, line, "symbol", symbol, f"a market in {', '.join(QUOTES)}")
        # An exchange time rounds down, so that a quote is never younger than it was.
        yield Quote(exchange, ours, None, None, price, None, made_us // 1000, -(-heard_us // 1000), label)


@lru_cache(maxsize=4096)
def market(symbol: str) -> str:
    """``BTCUSD``, ``btc-usd`` and ``BTC/USD`` are ``BTC/USD``; empty where that cannot be told."""
    bare = symbol.upper().replace("-", "/").replace("_", "/")
    if "/" not in bare:
        quote = next((q for q in QUOTES if bare.endswith(q)), "")
        bare = f"{bare.removesuffix(quote)}/{quote}"
    return bare if is_symbol(bare) else ""


def _time(path: Path, line: int, name: str, text: str) -> int:
    if text.isdigit() and text.isascii() and len(text) <= LONGEST:
        value = int(text)
        if FIRST_US <= value < LAST_US:
            return value
    raise bad_value(path, line, name, text, "Unix microseconds of 2015 to 2099")
