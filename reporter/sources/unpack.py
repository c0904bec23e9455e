"""Frames that are not JSON text: gzip (HTX) and Protocol Buffers (MEXC), read within bounds."""

import zlib
from collections.abc import Mapping
from typing import TypeAlias

from reporter.errors import SourceError
from reporter.sources.strict import Json, NumberToken, shown

Layout: TypeAlias = "Mapping[int, str | Layout]"

_GZIP = 31  # zlib's window bits for a gzip header and trailer
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}


def gunzip(venue: str, frame: bytes, limit: int) -> bytes:
    """Unpack one gzip stream of at most ``limit`` bytes. Never unpacks more: a bomb stops at the limit.

    Raises:
        SourceError: Not gzip, cut short, or followed by something (``encoded``); larger (``too_large``).
    """
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(frame, limit)
    except zlib.error as error:
        raise SourceError(venue, "encoded", f"not gzip: {shown(str(error))}") from None
    if unpacker.unconsumed_tail:
        raise SourceError(venue, "too_large", f"unpacks to more than {limit} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise SourceError(venue, "encoded", "a gzip stream cut short, or with something behind it")
    return body


def protobuf(venue: str, frame: bytes) -> dict[int, int | bytes]:
    """Fields of one Protocol Buffers message by number: varints as int, everything else as bytes.

    Source: protobuf.dev, Encoding.

    Raises:
        SourceError: Malformed, a group, or a field that is there twice (``encoded``).
    """
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(frame):
        tag, at = _varint(venue, frame, at)
        value, at = _value(venue, frame, at, tag & 7)
        if tag >> 3 in found:
            raise SourceError(venue, "encoded", f"field {tag >> 3} is there twice")
        found[tag >> 3] = value
    return found


def flatten(venue: str, frame: bytes, layout: Layout) -> dict[str, Json]:
    """A Protocol Buffers message as a flat row: the fields of ``layout`` by name, those of inner messages too.

    Raises:
        SourceError: As ``protobuf``; also a text that is not UTF-8, or an inner message that is none.
    """
    row: dict[str, Json] = {}
    for number, value in protobuf(venue, frame).items():
        name = layout.get(number)
        if isinstance(name, str):
            row[name] = NumberToken(value) if isinstance(value, int) else _text(venue, value)
        elif name is not None and isinstance(value, bytes):
            row |= flatten(venue, value, name)
        elif name is not None:
            raise SourceError(venue, "encoded", f"field {number} is not a message")
    return row


def _text(venue: str, value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(venue, "encoding", f"not UTF-8 at byte {error.start}") from None


def _value(venue: str, frame: bytes, at: int, kind: int) -> tuple[int | bytes, int]:
    if kind == _VARINT:
        return _varint(venue, frame, at)
    if kind == _BYTES:
        length, at = _varint(venue, frame, at)
    elif kind in _FIXED_BYTES:
        length = _FIXED_BYTES[kind]
    else:
        raise SourceError(venue, "encoded", f"wire type {kind}")
    if at + length > len(frame):
        raise SourceError(venue, "encoded", f"{length} bytes announced, {len(frame) - at} there")
    return frame[at : at + length], at + length


def _varint(venue: str, frame: bytes, at: int) -> tuple[int, int]:
    value = 0
    for position, byte in enumerate(frame[at : at + 10]):
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return value, at + position + 1
    raise SourceError(venue, "encoded", "a varint without an end")
