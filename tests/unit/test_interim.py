"""Interim responses are counted, however they are cut into pieces."""

import httpcore
import pytest

from reporter.sources.interim import MAX_INTERIM, Patient

pytestmark = pytest.mark.unit

INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"


async def read(data: bytes, size: int) -> bytes:
    network = httpcore.AsyncMockBackend([data[at : at + size] for at in range(0, len(data), size)])
    stream = Patient(await network.connect_tcp("example.org", 443))
    found = b""
    while piece := await stream.read(size):
        found += piece
    return found


@pytest.mark.parametrize("size", [1, 7, 10, 27, 1_000])
async def test_read__as_many_as_allowed__passed_on(size: int) -> None:
    data = INTERIM * MAX_INTERIM + b"HTTP/1.1 200 OK\r\n\r\n{}"

    assert await read(data, size) == data


@pytest.mark.parametrize("size", [1, 7, 10, 27, 1_000])
async def test_read__one_more__refused(size: int) -> None:
    with pytest.raises(httpcore.RemoteProtocolError):
        await read(INTERIM * (MAX_INTERIM + 1), size)
