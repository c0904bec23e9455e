"""Gzip and Protocol Buffers, read within bounds or refused."""

import gzip

import pytest

from reporter.errors import SourceError
from reporter.sources.unpack import gunzip, protobuf

pytestmark = pytest.mark.unit


def test_gunzip__bomb__stops_at_the_limit() -> None:
    with pytest.raises(SourceError) as refused:
        gunzip("htx", gzip.compress(b" " * 10_000_000), 1_000)

    assert refused.value.reason == "too_large"


@pytest.mark.parametrize(
    "bad",
    [b"", b"{}", gzip.compress(b"{}")[:-1], gzip.compress(b"{}") + b"x"],
    ids=[
        "nothing",
        "not gzip",
        "cut short",
        "more behind it",
    ],  # gzip has the time in it, and two workers must agree on names
)
def test_gunzip__not_one_whole_stream__refused(bad: bytes) -> None:
    with pytest.raises(SourceError) as refused:
        gunzip("htx", bad, 1_000)

    assert refused.value.reason == "encoded"


@pytest.mark.parametrize(
    "bad",
    [
        b"\x08",
        b"\x08" + b"\xff" * 11,
        b"\x0a\x05ab",
        b"\x0b",
        b"\x0a\x01a\x0a\x01b",
        b"\x0d\x00\x00",
        b"\x80" * 12,
    ],
)
def test_protobuf__malformed__refused(bad: bytes) -> None:
    with pytest.raises(SourceError) as refused:
        protobuf("mexc", bad)

    assert refused.value.reason == "encoded"


def test_protobuf__fixed_fields_and_unknown_ones__passed_over() -> None:
    assert protobuf("mexc", b"\x08\x96\x01\x15abcd\x19abcdefgh\x22\x00") == {
        1: 150,
        2: b"abcd",
        3: b"abcdefgh",
        4: b"",
    }
