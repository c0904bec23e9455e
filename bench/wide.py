"""The market server with many more markets: ``python bench/wide.py FEEDS ...``, then its own arguments. Ten venues."""

import sys

from reporter.devnet import preset
from reporter.market import __main__ as server
from reporter.market import simulated

DOLLARS = ("bitfinex", "bitstamp", "coinbase", "cryptocom", "gemini", "kraken")
TETHER = ("binance", "bybit", "gate", "okx")


def widen(feeds: int) -> None:
    """Let the simulated market have that many assets on ten venues, and the devnet a feed for each."""
    letters = [chr(65 + n) for n in range(26)]
    names = ("BTC", *(f"Q{letters[n // 26]}{letters[n % 26]}" for n in range(feeds - 1)))
    asset = simulated.ASSETS["ETH"]
    simulated.ASSETS.update({name: asset for name in names if name not in simulated.ASSETS})
    simulated.VENUES.clear()
    for venue in DOLLARS:
        conversion = () if venue == "gemini" else ("USDT/USD",)
        simulated.VENUES[venue] = (*(f"{name}/USD" for name in names), *conversion)
    for venue in TETHER:
        simulated.VENUES[venue] = tuple(f"{name}/USDT" for name in names)
    preset.INDEX_FEEDS = tuple(f"{name}/USD" for name in names)  # type: ignore[assignment]


if __name__ == "__main__":
    server.leave_on_signals()
    widen(int(sys.argv[1]))
    sys.exit(server.main(sys.argv[2:]))
