"""BitMEX, perpetuals: book and mark of the markets asked for; ``timestamp`` is the instrument's last change (bitmex.com:
API Explorer, Instrument). Without a key it allows 30 requests a minute."""

import json
from urllib.parse import quote as escape

from reporter.sources import strict
from reporter.sources.names import KRAKEN
from reporter.sources.venue import Fields, Json, Perpetuals, Request, Row, Rows, Ticker, rows

COLUMNS = escape(json.dumps(["state", "bidPrice", "askPrice", "markPrice"]))
AT = ("timestamp", strict.at_iso)


class BitMEX(Perpetuals):
    name, default_url, quotes, per_second = "bitmex", "https://www.bitmex.com", ("USD", "USDT"), 0.5
    row = Row("symbol", "bidPrice", "askPrice", "markPrice", book_at=AT, last_at=AT)

    def spell(self, base: str, quote: str) -> str:
        return KRAKEN["BTC"] + quote if base == "BTC" else base + quote

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        wanted = escape(json.dumps({"symbol": [self.symbol(ours) for ours in symbols]}))
        return [Request(f"/api/v1/instrument?filter={wanted}&columns={COLUMNS}&count=500", symbols)]

    def rows(self, document: Json, request: Request) -> Rows:
        return rows(self.name, document)

    def read(self, row: Fields) -> Ticker:
        return self.row.read(row.expect("state", "Open", "halted"))
