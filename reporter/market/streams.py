"""What a venue's WebSocket says: how it is asked for markets, what it answers, and one message for each change.

The bodies are those of the venues' documents; the sources are named in the classes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from reporter.market.model import MarketQuote
from reporter.market.shapes import TOP_SIZE, Json, amount, joined, to_json

Frame: TypeAlias = "str | bytes"

SIZE = amount(TOP_SIZE)
NS = 1_000_000
DEPTH = 100


class Stream:
    """One venue's stream. A subclass says where the names stand in a subscription and renders a message.

    Attributes:
        between: Between base and quote in a name.
        pong: The answer to a text frame that is not JSON.
    """

    between: ClassVar[str] = ""
    pings: ClassVar[Mapping[str, str]] = {}

    def name(self, symbol: str) -> str:
        """The venue's name of our symbol."""
        return joined(symbol, self.between)

    def names(self, asked: Any) -> Sequence[str]:
        """The names of a subscription; none for any other message."""
        return ()

    def replies(self, asked: Any, names: Mapping[int, str], now_ms: int) -> list[Json]:
        """Answers to a message; ``names`` are the channels by number that it opened."""
        return []

    def greetings(self) -> list[Json]:
        """What is said at once."""
        return []

    def beat(self, now_ms: int) -> Json:
        """What is said every five seconds; None for nothing."""
        return None

    def update(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Json:
        """One message about one market."""
        raise NotImplementedError  # MEXC renders whole frames of bytes instead, so this is not abstract

    def packed(self, name: str, channel: int, quote: MarketQuote, now_ms: int) -> Frame:
        """The same as a frame."""
        return self.frame(self.update(name, channel, quote, now_ms))

    def frame(self, document: Json) -> Frame:
        """Any document as a frame."""
        return to_json(document)

    def hear(self, text: str) -> Any:
        """A client's frame as a document; None when it is not JSON."""
        try:
            return json.loads(text)
        except ValueError:
            return None


def after(marker: str, names: Any) -> list[str]:
    """Names behind a marker: ``orderbook.1.`` of ``orderbook.1.BTCUSDT``."""
    return [str(name).partition(marker)[2] for name in names if marker in str(name)]


def said(document: Any, *path: str) -> Any:
    """What stands at a path of keys; None where it ends early."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def listed(document: Any, *path: str) -> list[Any]:
    """The same, for a list; empty where there is none."""
    found = said(document, *path)
    return found if isinstance(found, list) else []


def level(price: int, count: int = 1) -> list[Json]:
    """A side of a book with ``count`` equal levels, none for a price of zero."""
    return [[amount(price, 2), SIZE]] * count if price else []


def varint(value: int) -> bytes:
    """A Protocol Buffers varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def tag(number: int, kind: int) -> bytes:
    """The start of a field."""
    return varint(number << 3 | kind)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return tag(number, 2) + varint(len(content)) + content
