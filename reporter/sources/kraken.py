"""Kraken, spot. Many markets in one request, answered under Kraken's own names; no time at all."""

from reporter.sources.fields import Fields
from reporter.sources.strict import Json
from reporter.sources.venue import Request, Rows, Source, Ticker

RENAMED = {"BTC": "XBT", "DOGE": "XDG"}
# The first listings kept their X (coin) and Z (state money) prefixes; everything since is plain (AssetPairs).
PREFIXED = frozenset({"XBT", "ETH", "ETC", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC"})


class Kraken(Source):
    name = "kraken"
    default_url = "https://api.kraken.com"

    def spell(self, base: str, quote: str) -> str:
        coin, money = RENAMED.get(base, base), RENAMED.get(quote, quote)
        if coin in PREFIXED and money in ("USD", "EUR"):
            return f"X{coin}Z{money}"
        return "USDTZUSD" if (coin, money) == ("USDT", "USD") else coin + money

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        return [Request("/0/public/Ticker?pair=" + ",".join(map(self.symbol, symbols)), symbols)]

    def rows(self, document: Json, request: Request) -> Rows:
        fields = Fields.of(self.name, document)
        fields.expect("error", [], "refused")
        result = fields.child("result")
        return [(name, result.child(name)) for name in result.data]

    def read(self, row: Fields) -> Ticker:
        return Ticker(row.first_price("b", 3), row.first_price("a", 3), row.first_price("c", 2))
