"""HTX, spot. All markets in one request; ``ts`` is the answer's time, not the book's. Stream, in gzip: best bid and ask,
``quoteTime`` is the book's; HTX pings, and leaves who does not answer (huobiapi.github.io/docs/spot/v1/en)."""

from reporter.sources import strict
from reporter.sources.names import lower_pair
from reporter.sources.unpack import gunzip
from reporter.sources.venue import MIB, Fields, Json, Link, Request, Row, Rows, Source, message


class HTX(Source):
    name, default_url, default_ws_url = "htx", "https://api.huobi.pro", "wss://api.huobi.pro/ws"
    target, all_symbols, max_body, pinged = "/market/tickers", True, MIB, True
    refusal, row = ("status", "error"), Row("symbol", "bid", "ask", "close")
    update = Row("symbol", "bid", "ask", book_at=("quoteTime", strict.at_ms))
    spell = staticmethod(lower_pair)

    def rows(self, document: Json, request: Request) -> Rows:
        return Fields.of(self.name, document).expect("status", "ok", "refused").rows("data")

    def subscribe(self, names: list[str]) -> list[str]:
        return [message(sub=f"market.{name}.bbo", id=name) for name in names]

    def unpack(self, frame: bytes) -> Json:
        return strict.loads(self.name, gunzip(self.name, frame, self.max_body))

    def updates(self, document: Json, link: Link) -> Rows:
        fields = Fields.of(self.name, document)
        if "ping" in fields.data:
            link.replies.append(message(pong=fields.whole("ping")))
        return [fields.child("tick")] if "tick" in fields.data else []
