"""What a Fetcher takes for an answer: encoding, type, length, and what fails below."""

import httpcore
import httpx
import pytest

from reporter.sources import make_source
from reporter.sources.base import Fetcher
from tests.unit.wires import BODY, GOLDEN, JSON, NOW_MS, Chunks, Wire, answer, fetch, no_wait, reason

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "encoding", ["gzip", "br", "zstd", "deflate", "gzip, gzip", "identity, gzip", "x", ""]
)
async def test_fetch__content_encoding__refused_unread(encoding: str) -> None:
    assert await reason(answer(content_encoding=encoding)) == "encoded"


@pytest.mark.parametrize("encoding", ["identity", "Identity"])
async def test_fetch__identity_encoding__read(encoding: str) -> None:
    assert (await fetch(answer(content_encoding=encoding))).quotes


@pytest.mark.parametrize(
    "media",
    [
        "text/html",
        "text/plain",
        "application/jsonp",
        "application/json, text/html",
        "json",
        "",
        ";application/json",
    ],
)
async def test_fetch__content_type__refused(media: str) -> None:
    assert await reason(answer(content_type=media)) == "content_type"


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON;charset=UTF-8", "application/json ; v=1"]
)
async def test_fetch__json_content_type__read(media: str) -> None:
    assert (await fetch(answer(content_type=media))).quotes


@pytest.mark.parametrize("length", ["-1", "5, 5", "0x10", "1e3", " ", "٣", "1" * 21, "262145", "99999999999"])
async def test_fetch__content_length_false_or_large__refused_unread(length: str) -> None:
    stream = Chunks(BODY, 1)
    bad = httpx.Response(
        200,
        headers=[(b"content-type", b"application/json"), (b"content-length", length.encode())],
        stream=stream,
    )

    assert await reason(bad) in ("protocol", "too_large")
    assert stream.taken == 0


async def test_fetch__body_without_end__cut_at_the_cap() -> None:
    stream = Chunks(b" " * 65_536, 16_384)

    assert await reason(httpx.Response(200, headers=JSON, stream=stream)) == "too_large"
    assert stream.taken == 5


async def test_fetch__larger_cap_of_a_venue__used() -> None:
    padding = b" " * 1_000_000
    body = padding + (GOLDEN / "okx.json").read_bytes()

    assert (await fetch(answer(body=body), kind="okx", symbols=["BTC/USDT"])).quotes


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (httpcore.ReadTimeout("slow"), "timeout"),
        (httpcore.PoolTimeout("full"), "timeout"),
        (httpcore.RemoteProtocolError("h11"), "protocol"),
        (httpx.RemoteProtocolError("h11"), "protocol"),
        (httpcore.ReadError("reset"), "network"),
        (ConnectionResetError("reset"), "network"),
        (RecursionError("deep"), "depth"),
        (MemoryError(), "memory"),
    ],
)
async def test_fetch__failure_below__one_exception_type_with_a_reason(
    failure: BaseException, code: str
) -> None:
    wire = Wire(failure)
    fetcher = Fetcher(make_source("coinbase"), now_ms=lambda: NOW_MS, transport=wire, sleep=no_wait)

    (error,) = (await fetcher.fetch(["BTC/USD"])).errors

    assert (error.venue, error.reason) == ("coinbase", code)
    assert len(wire.sent) == 1
