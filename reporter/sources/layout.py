"""Where a venue's row keeps its symbol, its prices and its clocks, and what one WebSocket connection remembers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from reporter.errors import SourceError
from reporter.sources.fields import Fields
from reporter.sources.strict import Json, optional_price, shown

Clock: TypeAlias = tuple[str, Callable[[str, Json], int]]


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


@dataclass(frozen=True, slots=True)
class Row:
    """The keys of one row, empty where it has none; a clock is a key and its parser of ``strict``.

    ``levels``: bid and ask are sides of a book, of which the first level counts. ``last`` is a perpetual's mark price.
    """

    symbol: str
    bid: str = ""
    ask: str = ""
    last: str = ""
    book_at: Clock | None = None
    last_at: Clock | None = None
    levels: bool = False

    def read(self, row: Fields) -> Ticker:
        """Read a row of this layout.

        Raises:
            SourceError: A price or a time is malformed.
        """
        venue, data = row
        last = optional_price(venue, data.get(self.last)) if self.last else None
        if self.levels:
            bid, ask = row.best_price(self.bid), row.best_price(self.ask)
        else:
            bid = optional_price(venue, data.get(self.bid)) if self.bid else None
            ask = optional_price(venue, data.get(self.ask)) if self.ask else None
        book_at_ms = row.time(*self.book_at) if self.book_at else None
        if self.last_at is self.book_at:  # one time for both is read once
            return Ticker(bid, ask, last, book_at_ms, book_at_ms)
        return Ticker(bid, ask, last, book_at_ms, row.time(*self.last_at) if self.last_at else None)


@dataclass(slots=True)
class Link:
    """What one WebSocket connection knows; a new one starts from nothing.

    Attributes:
        wanted: The venue's name of a market on the stream -> ours.
        venue: The name that quotes carry.
        label: Stamped on every quote.
        channels: Number of a channel -> the venue's name, where messages name only the channel.
        replies: Frames that the venue is owed, sent after each message.
    """

    wanted: Mapping[str, str]
    venue: str
    label: str = ""
    channels: dict[str, str] = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)

    def numbered(self, venue: str, document: Json, names: Sequence[str]) -> list[Fields]:
        """The row of ``[channel, [values], time]``, with ``symbol`` and ``at``; none for any other message.

        An object that announces a channel (``chanId``, ``symbol``) is remembered.

        Raises:
            SourceError: Another shape, or a channel that was never announced.
        """
        if isinstance(document, dict):
            opened = Fields(venue, document)
            if opened.says("event", "subscribed"):
                self.channels[str(opened.whole("chanId"))] = opened.text("symbol")
            return []
        if not isinstance(document, list) or len(document) < 2 or not isinstance(document[0], str):
            raise SourceError(venue, "shape", f"not a channel's message: {shown(document)}")
        if not isinstance(document[1], list):
            return []  # a heartbeat
        if document[0] not in self.channels or len(document) != 3:
            raise SourceError(venue, "symbol", f"not a message of a channel we have: {shown(document)}")
        row = Fields.zipped(venue, document[1], names)
        return [row.plus(symbol=self.channels[document[0]], at=document[2])]


def message(**fields: Any) -> str:
    """A JSON text frame to a venue."""
    return json.dumps(fields, separators=(",", ":"))
