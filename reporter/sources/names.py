"""How venues name what others name otherwise."""

KRAKEN = {"BTC": "XBT", "DOGE": "XDG"}
# Kraken's first listings kept their X (coin) and Z (state money) prefixes; everything since is plain (AssetPairs).
PREFIXED = frozenset({"XBT", "ETH", "ETC", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC"})
BITFINEX = {"USDT": "UST", "USDC": "UDC"}


def kraken_pair(base: str, quote: str) -> str:
    """``XXBTZUSD``, ``XBTUSDT``: what Kraken's REST answers are keyed by."""
    coin, money = KRAKEN.get(base, base), KRAKEN.get(quote, quote)
    if coin in PREFIXED and money in ("USD", "EUR"):
        return f"X{coin}Z{money}"
    return "USDTZUSD" if (coin, money) == ("USDT", "USD") else coin + money


def bitfinex_pair(base: str, quote: str) -> str:
    """``tBTCUST``; with a colon where one of the two is longer than three letters."""
    coin, money = BITFINEX.get(base, base), BITFINEX.get(quote, quote)
    return f"t{coin}{':' if max(len(coin), len(money)) > 3 else ''}{money}"


def lower_pair(base: str, quote: str) -> str:
    """``btcusd``."""
    return f"{base}{quote}".lower()
