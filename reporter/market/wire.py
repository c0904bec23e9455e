"""HTTP/1.1 for the market server, by hand: so that every fault of a wire can be played on it."""

import asyncio
import random
import socket
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import cache
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from reporter.market.faults import Fault

MAX_HEAD, MAX_BODY = 64 * 1024, 64 * 1024
MIB = 1024 * 1024
HUGE_MIB = 1024
BOMB = 32 * MIB
_STRUCK = random.Random(1)  # noqa: S311 - which bytes are struck matters to nobody


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    head: bytes
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response; ``headers`` beyond those of every answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    media: str = "application/json"

    def head(self, **other: str) -> bytes:
        """Status line and headers; ``other`` replaces some, names with underscores."""
        named = {"Content-Type": self.media, "Content-Length": str(len(self.body))}
        named |= {"Date": formatdate(usegmt=True), **self.headers}
        named |= {name.replace("_", "-"): value for name, value in other.items()}
        lines = [f"{name}: {value}" for name, value in named.items() if value]
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Status"
        return ("\r\n".join([f"HTTP/1.1 {self.status} {phrase}", *lines]) + "\r\n\r\n").encode("latin-1")


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """The next request of a connection; None at its end, or for what is not HTTP."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        return None
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = headers.get("content-length", "0")
    body = await reader.readexactly(min(int(length), MAX_BODY)) if length.isdecimal() else b""
    parts = urlsplit(words[1])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(words[0], unquote(parts.path), query, headers, head, body)


def cut(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


async def send(writer: asyncio.StreamWriter, answer: Answer, fault: Fault) -> bool:
    """Send an answer as the fault wants it. Whether the connection may go on."""
    async for piece in pieces(answer, fault):
        writer.write(piece)
        await writer.drain()
    return fault.name in (
        "none",
        "latency",
        "status",
        "html",
        "redirect",
        "corrupt",
        "sliced",
        "slow",
        "date",
    )


async def pieces(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    """What goes onto the wire, piece by piece, with the waits between."""
    if fault.name == "latency":
        await asyncio.sleep(fault.ms / 1000)
    if fault.name in _PLAYS:
        async for piece in _PLAYS[fault.name](answer, fault):
            yield piece
    else:
        changed = _changed(answer, fault)
        yield changed.head() + changed.body


def _changed(answer: Answer, fault: Fault) -> Answer:
    """The faults that are another answer, not another way to send it."""
    if fault.name == "status":
        more = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
        return Answer(fault.status, answer.body, {**answer.headers, **more})
    if fault.name == "date":
        at = formatdate(time.time() + fault.ms / 1000, usegmt=True)
        return Answer(answer.status, answer.body, {**answer.headers, "Date": at}, answer.media)
    if fault.name == "html":
        return Answer(200, answer.body, answer.headers, "text/html")
    if fault.name == "redirect":
        return Answer(302, b"", {**answer.headers, "Location": "http://127.0.0.1:1/"})
    if fault.name == "corrupt":
        return Answer(answer.status, struck(answer.body), answer.headers, answer.media)
    return answer


def struck(body: bytes) -> bytes:
    """A hundredth of the bytes changed, one at least."""
    changed = bytearray(body)
    for _ in range(max(1, len(body) // 100)):
        changed[_STRUCK.randrange(len(changed))] ^= 1 << _STRUCK.randrange(8)
    return bytes(changed)


async def _slow(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    yield answer.head()
    step = max(1, fault.rate // 10)
    for at in range(0, len(answer.body), step):
        await asyncio.sleep(0.1)
        yield answer.body[at : at + step]


async def _drip(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    yield answer.head()
    for byte in answer.body:
        await asyncio.sleep(fault.ms / 1000)
        yield bytes([byte])


async def _headerdrip(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    for byte in answer.head():
        await asyncio.sleep(fault.ms / 1000)
        yield bytes([byte])


async def _continues(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    while True:
        yield b"HTTP/1.1 102 Processing\r\n\r\n" * 100
        await asyncio.sleep(0.001)


async def _huge(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    yield answer.head(Content_Length="", Transfer_Encoding="chunked")
    for _ in range(HUGE_MIB):
        yield b"100000\r\n" + b" " * MIB + b"\r\n"


async def _bomb(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    packed = gzip_bomb(BOMB) if fault.coding == "gzip" else b"\x1b" * 800
    yield answer.head(Content_Encoding=fault.coding, Content_Length=str(len(packed))) + packed


async def _truncated(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    yield answer.head() + answer.body[: len(answer.body) // 2]


async def _sliced(answer: Answer, fault: Fault) -> AsyncIterator[bytes]:
    for byte in answer.head() + answer.body:
        yield bytes([byte])


@cache
def gzip_bomb(size: int) -> bytes:
    """A gzip stream of ``size`` spaces."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * MIB) for _ in range(size // MIB)) + packer.flush()


_PLAYS = {
    "slow": _slow,
    "drip": _drip,
    "headerdrip": _headerdrip,
    "continues": _continues,
    "huge": _huge,
    "bomb": _bomb,
    "truncated": _truncated,
    "sliced": _sliced,
}
