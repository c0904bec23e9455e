"""The soak's lines do what they say: an untouched one changes nothing, and each fault is seen at the other end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from tests.soak.links import HOST, Link, Toxics

pytestmark = pytest.mark.system
SAID = b"0123456789" * 20


@asynccontextmanager
async def line(**toxics: object) -> AsyncIterator[Link]:
    """A line to a server that answers each byte with 200, and waits for the next."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1):
            writer.write(SAID)

    server = await asyncio.start_server(answer, HOST, 0)
    link = Link(server.sockets[0].getsockname()[1], Random(7))
    await link.start()
    link.set(Toxics(**toxics))
    try:
        yield link
    finally:
        await link.stop()
        server.close()


async def ask(link: Link, size: int = len(SAID)) -> tuple[bytes, float]:
    """What came back of one answer, and how long it took."""
    start = time.monotonic()
    reader, writer = await asyncio.open_connection(HOST, link.port)
    writer.write(b"?")
    try:
        async with asyncio.timeout(2):
            return await reader.readexactly(size), time.monotonic() - start
    finally:
        writer.close()


async def test_link__clean__passes_everything() -> None:
    async with line() as link:
        assert (await ask(link))[0] == SAID


@pytest.mark.parametrize(
    ("toxics", "at_least_s"), [({"latency_s": 0.3}, 0.3), ({"rate": 500}, 0.4), ({"slice_bytes": 1}, 0)]
)
async def test_link__slow__everything_comes_later(toxics: dict[str, float], at_least_s: float) -> None:
    async with line(**toxics) as link:
        said, took_s = await ask(link)

    assert said == SAID
    assert took_s >= at_least_s


async def test_link__corrupt__some_bytes_differ_by_one_bit() -> None:
    async with line(corrupt=0.1) as link:
        said, _ = await ask(link)

    changed = [a ^ b for a, b in zip(said, SAID, strict=True) if a != b]
    assert 5 <= len(changed) <= 40
    assert set(changed) == {1}


@pytest.mark.parametrize("toxics", [{"down": True}, {"cut_after": 50}])
async def test_link__down_or_cut__reset(toxics: dict[str, object]) -> None:
    async with line(**toxics) as link:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await ask(link)


async def test_link__silent__nothing_comes_and_nothing_is_closed_until_it_heals() -> None:
    async with line(silent=True) as link:
        with pytest.raises(TimeoutError):
            await ask(link)
        link.heal()

        assert (await ask(link))[0] == SAID


async def test_link__healed_with_forgetting__what_was_open_is_lost() -> None:
    async with line() as link:
        reader, writer = await asyncio.open_connection(HOST, link.port)
        writer.write(b"?")
        await reader.readexactly(len(SAID))
        link.set(Toxics(silent=True))
        link.heal(forget=True)

        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        assert (await ask(link))[0] == SAID
