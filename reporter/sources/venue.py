"""What a venue is: how it spells a symbol, which requests cover the symbols, how its rows are read."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeAlias

from reporter.errors import ConfigError, SourceError
from reporter.models import Quote
from reporter.sources import strict
from reporter.sources.fields import Fields
from reporter.sources.strict import Json, shown

Rows: TypeAlias = Iterable[tuple[str, Fields]]

_SYMBOL = re.compile(r"([A-Z0-9]{1,15})/([A-Z0-9]{1,15})(-PERP)?")


@dataclass(frozen=True, slots=True)
class Request:
    """One GET: ``target`` is path and query, ``symbols`` are ours, in any order."""

    target: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking: the quotes, and one error for each request, or each symbol, that yielded none."""

    quotes: tuple[Quote, ...] = ()
    errors: tuple[SourceError, ...] = ()


class Ticker(NamedTuple):
    """One row as read. Prices are 1e18 fixed point, None where the venue states none.

    ``book_at_ms`` is set only from a time at which the venue says bid and ask were these; ``last_at_ms`` only
    from the last trade's, or a bound on it. A venue whose payload carries neither leaves both out.
    """

    bid: int | None
    ask: int | None
    last: int | None
    book_at_ms: int | None = None
    last_at_ms: int | None = None


class Source(ABC):
    """One venue. A subclass is stateless: its name, its address and four short methods.

    Attributes:
        name: The venue in a leg, e.g. ``kraken`` in ``kraken:BTC/USDT``.
        default_url: Scheme and host; the constructor takes another, for regional hosts and the market server.
        max_body: Largest body accepted, in bytes.
        all_symbols: Whether the payload holds every market, so that those not asked for are skipped.
    """

    name: ClassVar[str]
    default_url: ClassVar[str]
    max_body: ClassVar[int] = 256 * 1024
    all_symbols: ClassVar[bool] = False

    def __init__(self, base_url: str | None = None) -> None:
        self.base_url = (base_url or self.default_url).rstrip("/")

    @abstractmethod
    def spell(self, base: str, quote: str) -> str:
        """The venue's name for a market, e.g. ``BTC-USD``."""

    @abstractmethod
    def requests(self, symbols: tuple[str, ...]) -> list[Request]:
        """The fewest requests that cover ``symbols``."""

    @abstractmethod
    def rows(self, document: Json, request: Request) -> Rows:
        """Take a document apart into (venue's symbol, row).

        Raises:
            SourceError: The document is not of the documented shape, or is the venue's own error message.
        """

    @abstractmethod
    def read(self, row: Fields) -> Ticker:
        """Read one row.

        Raises:
            SourceError: A price or a time is malformed, or the market is halted.
        """

    def symbol(self, ours: str) -> str:
        """The venue's spelling of our symbol.

        Raises:
            ConfigError: Not a symbol, or a perpetual on a spot venue.
        """
        base, quote, perpetual = _split(ours)
        if perpetual:
            raise ConfigError(
                f"{self.name} has no perpetual {ours!r}", hint="its spot symbols look like BTC/USD"
            )
        return self.spell(base, quote)

    def parse(self, body: bytes, request: Request, received_at_ms: int) -> Fetched:
        """Turn a body into quotes, at most one for each symbol of the request.

        An unreadable row, a symbol missing or there twice, and a market without any price give an error each
        and leave the other symbols' quotes standing.

        Raises:
            SourceError: The body as a whole is refused: not strict JSON, another shape, or another symbol's.
        """
        wanted = {self.symbol(ours): ours for ours in request.symbols}
        found: dict[str, list[Fields]] = {ours: [] for ours in request.symbols}
        for name, row in self.rows(strict.loads(self.name, body), request):
            if name in wanted:
                found[wanted[name]].append(row)
            elif not self.all_symbols:
                raise SourceError(self.name, "symbol", f"{shown(name)} was not asked for")
        quotes: list[Quote] = []
        errors: list[SourceError] = []
        for ours, rows in found.items():
            try:
                quotes.append(self._quote(ours, rows, received_at_ms))
            except SourceError as error:
                errors.append(error)
        return Fetched(tuple(quotes), tuple(errors))

    def _quote(self, ours: str, rows: list[Fields], received_at_ms: int) -> Quote:
        if len(rows) != 1:
            raise SourceError(self.name, "symbol", f"{len(rows)} rows for {ours}, not one")
        ticker = self.read(rows[0])
        if ticker.bid is None and ticker.ask is None and ticker.last is None:
            raise SourceError(self.name, "no_price", f"{ours} has no bid, no ask and no last trade")
        return Quote(venue=self.name, symbol=ours, received_at_ms=received_at_ms, **ticker._asdict())


class Perpetuals(Source):
    """A venue of which only the perpetuals are read."""

    def symbol(self, ours: str) -> str:
        base, quote, perpetual = _split(ours)
        if not perpetual:
            raise ConfigError(
                f"{self.name} is read for perpetuals, not {ours!r}", hint="ask for BTC/USD-PERP"
            )
        return self.spell(base, quote)


def _split(ours: str) -> tuple[str, str, bool]:
    match = _SYMBOL.fullmatch(ours)
    if match is None:
        raise ConfigError(f"{ours!r} is not a symbol", hint="symbols look like BTC/USD or BTC/USD-PERP")
    return match[1], match[2], match[3] is not None
