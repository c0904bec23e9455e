"""A log that nobody reads stops nobody."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from reporter.logsink import Sink

pytestmark = pytest.mark.unit


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def fill(writes: int) -> int:
    """Fill a pipe to its last byte; how many went in."""
    os.set_blocking(writes, False)
    filled = 0
    try:
        while True:
            filled += os.write(writes, bytes(4_096))
    except BlockingIOError:
        os.set_blocking(writes, True)
    return filled


def read(reads: int, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += os.read(reads, size - len(found))
    return found


def test_write__nobody_reads__returns_and_drops_what_is_too_much(pipe: tuple[int, int]) -> None:
    reads, writes = pipe
    filled = fill(writes)
    sink = Sink(writes, limit=10)

    for number in range(100):
        sink.write(f"{number}\n")  # would block here for ever

    read(reads, filled)
    lines = b""
    while b"dropped" not in lines:
        lines += os.read(reads, 4_096)
    first, *_ = lines.decode().splitlines()
    lost = next(json.loads(line) for line in lines.decode().splitlines() if line.startswith("{"))
    assert first == "0"
    assert 85 <= lost["count"] <= 90


def test_write__the_reader_is_gone__nothing_happens(pipe: tuple[int, int]) -> None:
    _, writes = os.pipe()
    sink = Sink(writes)
    os.close(_)

    sink.write("to nobody\n")


def test_logs__process_ends_at_once__last_line_is_there() -> None:
    code = "from reporter.telemetry import configure_logs, log; configure_logs(); log().info('last words')"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(done.stderr)["event"] == "last words"
