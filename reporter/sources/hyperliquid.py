"""Hyperliquid, perpetuals: the marks of all markets, asked by POST, without a book and without a time. Their prices are in
USDT, margins in USDC (hyperliquid.gitbook.io: Info endpoint, Perpetuals; Contract specifications)."""

from reporter.errors import SourceError
from reporter.sources.venue import MIB, Fields, Json, Perpetuals, Request, Row, Rows, message, rows


class Hyperliquid(Perpetuals):
    name, default_url, quotes = "hyperliquid", "https://api.hyperliquid.xyz", ("USDT",)
    target, all_symbols, max_body, per_second = "/info", True, MIB, 1
    row = Row("name", last="markPx")

    def spell(self, base: str, quote: str) -> str:
        return base

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        return [Request(self.target, symbols, message(type="metaAndAssetCtxs").encode())]

    def rows(self, document: Json, request: Request) -> Rows:
        meta, contexts = Fields.zipped(self.name, document, ("meta", "contexts")).data.values()
        listed, states = (
            Fields.of(self.name, meta, "meta").rows("universe"),
            rows(self.name, contexts, "contexts"),
        )
        if len(listed) != len(states):
            raise SourceError(self.name, "shape", f"{len(states)} contexts for {len(listed)} markets")
        pairs = zip(listed, states, strict=True)
        return [
            state.plus(name=market.text("name"))
            for market, state in pairs
            if not market.data.get("isDelisted")
        ]
