"""When a connection carries a second question: only for a body that named its markets, and never past a stray byte."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reporter.sources import Fetched, make_source
from reporter.sources.base import Fetcher
from reporter.sources.line import FAIR, MAX_INTERIM, Line
from tests.system.test_fetch_hostile import OK, SIZED, Play, Server, says

pytestmark = pytest.mark.system

CHUNKS = 40_000
INTERIM = b"HTTP/1.1 102 Processing\r\n\r\n"


def body(last: int, name: str = "BTC-USDT") -> bytes:
    row = {"instId": name, "bidPx": "99", "askPx": "101", "last": str(last), "ts": "1700000000000"}
    return json.dumps({"code": "0", "data": [row]}).encode()


def whole(text: bytes) -> bytes:
    return OK + SIZED % len(text) + text


@asynccontextmanager
async def asking(server: Server) -> AsyncIterator[Fetcher]:
    source = make_source("okx", f"http://127.0.0.1:{server.port}")
    fetcher = Fetcher(source, now_ms=lambda: 0, insecure=True, per_second=1_000)
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def ask(fetcher: Fetcher, times: int = 1, pause_s: float = 0) -> list[Fetched]:
    found = []
    for _ in range(times):
        found.append(await fetcher.fetch(["BTC/USDT"]))
        await asyncio.sleep(pause_s)
    return found


def lasts(found: list[Fetched]) -> list[int]:
    return [(quote.last or 0) // 10**18 for fetched in found for quote in fetched.quotes]


async def test_line__body_names_its_markets__carries_the_next_question() -> None:
    server = Server(*(says(whole(body(price))) for price in (1, 2, 3)), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 3)

    assert (lasts(found), server.connections, len(server.heads)) == ([1, 2, 3], 1, 3)


async def test_line__chunked_and_in_pieces__carries_the_next_question() -> None:
    text = body(1)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in text) + b"0\r\n\r\n"
    server = Server(says(OK, b"Transfer-Encoding: chunked\r\n\r\n", chunks), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 3)

    assert (lasts(found), server.connections) == ([1, 1, 1], 1)


@pytest.mark.parametrize("pause_s", [0, 0.05])
async def test_line__another_answer_planted_behind_the_first__never_read(pause_s: float) -> None:
    server = Server(says(whole(body(1)), whole(body(666))), says(whole(body(2))), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 2, pause_s)

    assert (lasts(found), server.connections) == ([1, 2], 2)


async def test_line__another_answer_planted_while_idle__never_read() -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        writer.write(whole(body(1)))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(whole(body(666)))

    server = Server(late, says(whole(body(2))), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 2, 0.1)

    assert (lasts(found), server.connections) == ([1, 2], 2)


async def test_line__planted_so_late_that_the_loop_has_not_told_of_it__seen_in_the_socket() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    line = await Line.over(ours, None, "x")
    before = line.idle

    theirs.send(b"H")  # the loop has no turn between this and the question

    assert (before, line.idle) == (True, False)
    line.close()
    theirs.close()


@pytest.mark.parametrize("first", [body(1, "ETH-USDT"), body(1)[:-1], b'{"code":"1"}'])
async def test_line__body_that_does_not_name_what_was_asked__not_used_again(first: bytes) -> None:
    server = Server(says(whole(first)), says(whole(body(2))), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 2)

    assert (lasts(found), server.connections) == ([2], 2)


async def test_line__closed_while_idle__asked_on_a_new_one_without_an_error() -> None:
    server = Server(says(whole(body(1))))
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 3, 0.02)

    assert (lasts(found), [fetched.errors for fetched in found]) == ([1, 1, 1], [()] * 3)


async def test_line__closed_as_we_ask__asked_once_more_on_a_new_one() -> None:
    async def leaves(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = Server(says(whole(body(1))), leaves, says(whole(body(2))), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 2)

    assert (lasts(found), server.connections) == ([1, 2], 2)


async def test_line__half_an_answer_on_a_used_line__an_error_and_no_second_try() -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    server = Server(says(whole(body(1))), half, says(whole(body(2))), keep_open=True)
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher, 2)

    assert (lasts(found), [error.reason for error in found[1].errors]) == ([1], ["protocol"])
    assert len(server.heads) == 2


@pytest.mark.parametrize(("count", "prices"), [(MAX_INTERIM, [1]), (MAX_INTERIM + 1, [])])
@pytest.mark.parametrize("size", [1, 10, 1_000])
async def test_line__interim_responses__eight_are_passed_over(
    count: int, prices: list[int], size: int
) -> None:
    said = INTERIM * count + whole(body(1))
    server = Server(in_pieces(said, size))
    async with server.listening(), asking(server) as fetcher:
        found = await ask(fetcher)

    assert lasts(found) == prices
    assert [error.reason for error in found[0].errors] == ([] if prices else ["protocol"])


def in_pieces(said: bytes, size: int) -> Play:
    async def play(writer: asyncio.StreamWriter) -> None:
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(said), size):
            writer.write(said[at : at + size])
            await asyncio.sleep(0)

    return play


async def test_line__a_body_of_chunks_of_one_byte__the_loop_goes_on_meanwhile() -> None:
    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * CHUNKS)

    server = Server(play)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with server.listening(), asking(server) as fetcher:
        counting = asyncio.create_task(count())
        await ask(fetcher)
        counting.cancel()

    assert turns > CHUNKS // FAIR
