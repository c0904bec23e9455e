"""What it costs to listen: one message of each stream into the book.

python bench/streams.py [--json]
"""

import gc
import gzip
import json
import re
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median

from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from reporter.book import Book
from reporter.sources import VENUES, make_source
from reporter.sources.layout import Link
from reporter.sources.venue import Source
from reporter.wiring import wall_ms

FRAMES = Path(__file__).parents[1] / "tests/unit/golden/streams"
REPEATS, INNER = 60, 100


def cost_us(call: Callable[[], object], repeats: int = REPEATS, inner: int = INNER) -> float:
    """Median CPU microseconds of one call over ``repeats`` batches, without the collector."""
    samples = []
    gc.disable()
    for _ in range(repeats):
        start = time.process_time_ns()
        for _ in range(inner):
            call()
        samples.append((time.process_time_ns() - start) / inner / 1000)
    gc.enable()
    return round(median(samples), 1)


def frames(kind: str) -> list[bytes]:
    """The documented frames of a venue's stream; the last one is a price."""
    lines = (FRAMES / f"{kind}.txt").read_text().splitlines()
    return [bytes.fromhex(line[4:]) if line.startswith("hex:") else line.encode() for line in lines]


def packed(kind: str, frame: bytes) -> bytes:
    """A frame as the venue sends it."""
    return gzip.compress(frame) if kind == "htx" else frame


def link(source: Source, frame: bytes) -> Link:
    """A connection that wants the market of the frame."""
    wanted = {source.spell_stream("BTC", quote): f"BTC/{quote}" for quote in ("USD", "USDT")}
    return Link(wanted, source.name)


def later(frame: bytes, steps: int) -> bytes:
    """The same frame with every time in it so many tenths of a second later, as text; MEXC's varints stay."""
    if frame[:1] not in b"{[":
        return frame

    def moved(found: re.Match[bytes]) -> bytes:
        return b"%d" % (int(found[0]) + steps * 10 ** (len(found[0]) - 11))

    frame = re.sub(rb"(?<![\d.])1[4-7]\d{11,17}(?![\d.])", moved, frame)
    return re.sub(rb":\d\d\.\d", b":%02d.%d" % (steps // 10 % 60, steps % 10), frame)


def into_the_book(kind: str) -> float:
    """CPU of one message: bytes as they come off the WebSocket, to a quote that the book has taken as a newer one."""
    source, book, said = make_source(kind), Book(), frames(kind)
    heard, now_ms = link(source, said[-1]), wall_ms()
    for frame in said[:-1]:
        source.parse_frame(packed(kind, frame), heard, 0)
    messages = iter([packed(kind, later(said[-1], steps)) for steps in range(REPEATS * INNER)])

    def one() -> None:
        for quote in source.parse_frame(next(messages), heard, now_ms).quotes:
            book.put(quote)

    assert source.parse_frame(packed(kind, said[-1]), heard, now_ms).quotes
    return cost_us(one)


def off_the_wire(kind: str) -> float:
    """CPU of the WebSocket library alone for the same message: bytes of a frame to its payload."""
    wire = Frame(Opcode.TEXT, frames(kind)[-1]).serialize(mask=False)

    def one() -> None:
        reader = StreamReader()
        reader.feed_data(wire)
        parser = Frame.parse(reader.read_exact, mask=False, max_size=2**18)
        try:
            next(parser)
        except StopIteration:
            return

    return cost_us(one)


def carelessly(kind: str) -> float:
    """CPU of the least one can do with the same message: json, three Decimals and a dict; nothing is checked."""
    text, kept = frames(kind)[-1].decode(), {}

    def one() -> None:
        row = json.loads(text, parse_float=Decimal)["data"][0]
        kept[row["instId"]] = (
            Decimal(row["bidPx"]),
            Decimal(row["askPx"]),
            Decimal(row["last"]),
            int(row["ts"]),
        )

    return cost_us(one)


def main() -> None:
    streamed = sorted(name for name, venue in VENUES.items() if venue.default_ws_url)
    figures = {kind: into_the_book(kind) for kind in streamed}
    result = {
        "message to book, us CPU": figures,
        "median of the venues, us CPU": round(median(figures.values()), 1),
        "the same of OKX without any check, us CPU": carelessly("okx"),
        "frame off the wire beside it, us CPU": off_the_wire("okx"),
    }
    print(json.dumps(result) if "--json" in sys.argv else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
