"""OKX, perpetual swaps: the marks of all markets in one request, which carries no book; ``ts`` is the mark's
(okx.com/docs-v5: Get mark price)."""

from reporter.sources import strict
from reporter.sources.venue import Fields, Json, Perpetuals, Request, Row, Rows


class OKXPerp(Perpetuals):
    name, default_url, quotes = "okxperp", "https://www.okx.com", ("USDT", "USD", "USDC")
    target, all_symbols, per_second = "/api/v5/public/mark-price?instType=SWAP", True, 5
    row = Row("instId", last="markPx", last_at=("ts", strict.at_ms))

    def spell(self, base: str, quote: str) -> str:
        return f"{base}-{quote}-SWAP"

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("code", "0", "refused").rows("data")
