"""What a venue is: how it spells a symbol, which requests cover the symbols, how its rows are read, what it streams."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeAlias

from reporter.clock import Compared
from reporter.errors import ConfigError, SourceError
from reporter.models import Quote
from reporter.sources import strict
from reporter.sources.fields import Fields, rows
from reporter.sources.layout import Link, Row, Ticker, message
from reporter.sources.standing import Standing
from reporter.sources.strict import Json, shown

__all__ = [
    "MIB",
    "Fetched",
    "Fields",
    "Json",
    "Link",
    "Perpetuals",
    "Request",
    "Row",
    "Rows",
    "Source",
    "Ticker",
    "message",
    "rows",
]

Rows: TypeAlias = Iterable[Fields]
MIB = 1024 * 1024

_NOWHERE = object()
_SYMBOL = re.compile(r"([A-Z0-9]{1,15})/([A-Z0-9]{1,15})(-PERP)?")


@dataclass(frozen=True, slots=True)
class Request:
    """One GET, or a POST of a JSON ``body``: ``target`` is path and query, ``symbols`` are ours, in any order."""

    target: str
    symbols: tuple[str, ...]
    body: bytes = b""


class Fetched(NamedTuple):
    """What came of asking: the quotes, and one error for each request, or each symbol, that yielded none.

    ``standing``: symbols without an exchange time whose rows have said the same for several answers. ``clock``: what
    the answer says of the venue's clock, if anything.
    """

    quotes: tuple[Quote, ...] = ()
    errors: tuple[SourceError, ...] = ()
    standing: tuple[str, ...] = ()
    clock: Compared | None = None


class Source(ABC):
    """One venue. A subclass is stateless: names, addresses, layouts and a few short methods.

    Attributes:
        name: The venue in a leg, e.g. ``kraken`` in ``kraken:BTC/USDT``.
        default_url: Scheme and host; the constructor takes another, for regional hosts and the market server.
        target: Path and query of the ticker; ``{names}`` are all symbols, ``{name}`` is one, which makes one
            request for each.
        max_body: Largest body accepted, in bytes.
        all_symbols: Whether the payload holds every market, so that those not asked for are skipped.
        per_second: Requests in a second, within what the venue allows without a key; 0.5 is one in two seconds.
        names_markets: Whether the ticker's body names its markets; only then is a connection used again.
        row: Layout of a row of the ticker.
        default_ws_url: Address of the stream; empty for a venue that is only asked.
        update: Layout of a row of the stream, where it is another.
        refusal: A key and its value by which the venue says no to a subscription; ``error`` is one for all.
        ping: A text frame sent every ``ping_s`` seconds; empty where the protocol's own ping will do.
        pong: Its answer, where that is not JSON.
        pinged: Whether the venue pings us in messages of its own, which it does instead of the protocol.
    """

    name: ClassVar[str]
    default_url: ClassVar[str]
    target: ClassVar[str] = ""
    between: ClassVar[str] = ""
    max_body: ClassVar[int] = 256 * 1024
    all_symbols: ClassVar[bool] = False
    per_second: ClassVar[float] = 5
    names_markets: ClassVar[bool] = True
    row: ClassVar[Row]
    default_ws_url: ClassVar[str] = ""
    update: ClassVar[Row | None] = None
    refusal: ClassVar[tuple[str, Json]] = ("", None)
    ping: ClassVar[str] = ""
    pong: ClassVar[bytes] = b""
    ping_s: ClassVar[int] = 20
    pinged: ClassVar[bool] = False

    def __init__(self, base_url: str | None = None, ws_url: str | None = None) -> None:
        self.base_url = (base_url or self.default_url).rstrip("/")
        # Another host is another world: its stream is not at the venue's own address.
        self.ws_url = ws_url or ("" if base_url else self.default_ws_url)
        self._key = (self.update or self.row).symbol

    def spell(self, base: str, quote: str) -> str:
        """The venue's name for a market, e.g. ``BTC-USD``."""
        return f"{base}{self.between}{quote}"

    def spell_stream(self, base: str, quote: str) -> str:
        """The same on the stream."""
        return self.spell(base, quote)

    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        """The fewest requests that cover ``symbols``."""
        names = [self.symbol(ours) for ours in symbols]
        if "{name}" in self.target:
            return [
                Request(self.target.replace("{name}", name), (ours,))
                for name, ours in zip(names, symbols, strict=True)
            ]
        return [Request(self.target.replace("{names}", ",".join(names)), symbols)]

    @abstractmethod
    def rows(self, document: Json, request: Request) -> Rows:
        """Take a document apart into rows that name their symbol.

        Raises:
            SourceError: The document is not of the documented shape, or is the venue's own error message.
        """

    def read(self, row: Fields) -> Ticker:
        """Read one row of the ticker.

        Raises:
            SourceError: A price or a time is malformed, or the market is halted.
        """
        return self.row.read(row)

    def subscribe(self, names: list[str]) -> list[str]:
        """The text frames that ask for the stream of these markets."""
        return []

    def unpack(self, frame: bytes) -> Json:
        """One frame as a document."""
        return strict.loads(self.name, frame)

    def updates(self, document: Json, link: Link) -> Rows:
        """The rows of one message of the stream; none for one that carries no prices.

        Raises:
            SourceError: The document is not of the documented shape.
        """
        return ()

    def read_update(self, row: Fields) -> Ticker:
        """Read one row of the stream; raises as ``read`` does."""
        return (self.update or self.row).read(row)

    def symbol(self, ours: str) -> str:
        """The venue's spelling of our symbol.

        Raises:
            ConfigError: Not a symbol, or a perpetual on a spot venue.
        """
        return self.spell(*self.split(ours))

    def split(self, ours: str) -> tuple[str, str]:
        """Base and quote of a symbol that this venue may have; raises as ``symbol`` does."""
        base, quote, perpetual = _split(ours)
        if perpetual:
            raise ConfigError(
                f"{self.name} has no perpetual {ours!r}", hint="its spot symbols look like BTC/USD"
            )
        return base, quote

    def parse(
        self,
        body: bytes,
        request: Request,
        received_at_ms: int,
        venue: str = "",
        label: str = "",
        standing: Standing | None = None,
    ) -> Fetched:
        """Turn a body into quotes, at most one for each symbol of the request, under ``venue`` or our own name.

        With ``standing``, a row without any time that says what it said before keeps the time at which it first came.

        An unreadable row, a symbol missing or there twice, and a market without any price give an error each
        and leave the other symbols' quotes standing.

        Raises:
            SourceError: The body as a whole is refused: not strict JSON, another shape, or another symbol's.
        """
        wanted = {self.symbol(ours): ours for ours in request.symbols}
        found: dict[str, list[Fields]] = {ours: [] for ours in request.symbols}
        for row in self.rows(strict.loads(self.name, body), request):
            name = row.text(self.row.symbol)
            if name in wanted:
                found[wanted[name]].append(row)
            elif not self.all_symbols:
                raise SourceError(self.name, "symbol", f"{shown(name)} was not asked for")
        quotes: list[Quote] = []
        errors: list[SourceError] = []
        for ours, mine in found.items():
            try:
                row = self._only(ours, mine)
                ticker, at_ms = self.read(row), received_at_ms
                if standing and ticker.book_at_ms is None and ticker.last_at_ms is None:
                    at_ms = standing.since(ours, row.data, received_at_ms)
                quotes.append(self._quote(venue or self.name, ours, ticker, at_ms, label))
            except SourceError as error:
                errors.append(error)
        return Fetched(tuple(quotes), tuple(errors), standing.flagged(request.symbols) if standing else ())

    def parse_frame(self, frame: bytes, link: Link, received_at_ms: int) -> Fetched:
        """Turn one frame of the stream into quotes. A row that cannot be read gives an error and no quote.

        Raises:
            SourceError: The frame as a whole is refused; ``refused`` is the venue's own word, and leaves the
                rest of the stream as it is.
        """
        if self.pong and frame == self.pong:
            return Fetched()
        document = self.unpack(frame)
        if isinstance(document, dict) and (document.get("error") or self._refuses(document)):
            raise SourceError(self.name, "refused", shown(document))
        quotes: list[Quote] = []
        errors: list[SourceError] = []
        key, wanted = self._key, link.wanted
        for row in self.updates(document, link):
            name = row.data.get(key)
            # A number is a str here too, and names no market.
            ours = wanted.get(name) if type(name) is str else None
            if ours is None:
                raise SourceError(self.name, "symbol", f"{shown(row.text(key))} was not asked for")
            try:
                ticker = self.read_update(row)
                quotes.append(self._quote(link.venue, ours, ticker, received_at_ms, link.label))
            except SourceError as error:
                errors.append(error)
        return Fetched(tuple(quotes), tuple(errors))

    def _only(self, ours: str, found: list[Fields]) -> Fields:
        if len(found) != 1:
            raise SourceError(self.name, "symbol", f"{len(found)} rows for {ours}, not one")
        return found[0]

    def _refuses(self, document: dict[str, Json]) -> bool:
        key, value = self.refusal
        return document.get(key, _NOWHERE) == value

    def _quote(self, venue: str, ours: str, ticker: Ticker, received_at_ms: int, label: str) -> Quote:
        bid, ask, last, book_at_ms, last_at_ms = ticker
        if bid is None and ask is None and last is None:
            raise SourceError(self.name, "no_price", f"{ours} has no bid, no ask and no last trade")
        return Quote(venue, ours, bid, ask, last, book_at_ms, last_at_ms, received_at_ms, label)


class Perpetuals(Source):
    """A venue of which only the perpetuals are read. The ``last`` of its quotes is its mark price, not a trade's.

    Attributes:
        quotes: The currencies that its perpetuals are quoted in.
    """

    quotes: ClassVar[tuple[str, ...]]

    def split(self, ours: str) -> tuple[str, str]:
        base, quote, perpetual = _split(ours)
        usual = f"BTC/{self.quotes[0]}-PERP"
        if not perpetual:
            raise ConfigError(f"{self.name} is read for perpetuals, not {ours!r}", hint=f"ask for {usual}")
        if quote not in self.quotes:
            listed = ", ".join(self.quotes)
            raise ConfigError(
                f"{self.name} quotes perpetuals in {listed}, not {ours!r}", hint=f"ask for {usual}"
            )
        return base, quote


def _split(ours: str) -> tuple[str, str, bool]:
    match = _SYMBOL.fullmatch(ours)
    if match is None:
        raise ConfigError(f"{ours!r} is not a symbol", hint="symbols look like BTC/USD or BTC/USD-PERP")
    return match[1], match[2], match[3] is not None
