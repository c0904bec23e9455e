"""Process and machine faults, T-PR: kills, stops, full disks, wrong clocks, lost files; and lines between reporters."""

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from random import Random

from tests.soak.faults import Apply, Expect, Fault
from tests.soak.faults_exchange import lines
from tests.soak.links import Link
from tests.soak.network import Network
from tests.soak.node import Node

DATABASE_FILES = ("spotline.sqlite", "spotline.sqlite-wal", "spotline.sqlite-shm")


def kills(every_s: float, times: int) -> Apply:
    """``kill -9`` of one reporter after another, at random instants."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        async def killing() -> None:
            for _ in range(times):
                await asyncio.sleep(dice.uniform(0.5, 1.5) * every_s)
                dice.choice(net.nodes).kill()

        task = asyncio.create_task(killing())
        try:
            yield
        finally:
            await task

    return apply


@asynccontextmanager
async def all_killed(net: Network, _: Random) -> AsyncIterator[None]:
    """Every reporter at one instant."""
    for node in net.nodes:
        node.kill()
    yield


@asynccontextmanager
async def one_down(net: Network, dice: Random) -> AsyncIterator[None]:
    """One reporter is gone for the whole time."""
    node = dice.choice(net.nodes)
    node.down = True
    node.kill()
    try:
        yield
    finally:
        node.down = False


@asynccontextmanager
async def rolling(net: Network, _: Random) -> AsyncIterator[None]:
    """SIGTERM to each in turn, one each ten seconds."""

    async def restart_all() -> None:
        for node in net.nodes:
            node.kill(signal.SIGTERM)
            await asyncio.sleep(10)

    task = asyncio.create_task(restart_all())
    try:
        yield
    finally:
        await task


def stopped(pick: Callable[[Network, Random], int]) -> Apply:
    """SIGSTOP, and SIGCONT at the end."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        pid = pick(net, dice)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return apply


def limited(which: int, spare: int) -> Apply:
    """One reporter's limit on files or their size is what it uses now and a little more."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        node = dice.choice(net.nodes)
        before = resource.prlimit(node.pid, which)
        used = node.used()[1] if which == resource.RLIMIT_NOFILE else 0
        pid = node.pid
        resource.prlimit(pid, which, (used + spare, before[1]))
        try:
            yield
        finally:
            if node.child.running and node.pid == pid:
                resource.prlimit(pid, which, before)

    return apply


@asynccontextmanager
async def disk_full(net: Network, dice: Random) -> AsyncIterator[None]:
    """The disk of one reporter has no byte left."""
    disk = dice.choice(net.disks)
    filler = disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(65_536))
                file.flush()
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


def clock(offset: str) -> Apply:
    """The last reporter's clock is off."""

    @asynccontextmanager
    async def apply(net: Network, _: Random) -> AsyncIterator[None]:
        node = net.nodes[-1]
        node.set_clock(offset)
        try:
            yield
        finally:
            node.set_clock("+0")

    return apply


def database(change: Callable[[Node, Random], None]) -> Apply:
    """One reporter starts again with a changed database. At the end the good one is back, if it does not run with that."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        node = dice.choice(net.nodes)
        folder, kept = node.database.parent, node.database.parent.with_name("kept")
        await _stop(node)
        shutil.copytree(folder, kept)
        change(node, dice)
        node.lost_until_s = int(time.time()) + 1
        node.down = False
        try:
            yield
        finally:
            if not await node.ready():
                await _stop(node)
                _put_back(kept, folder)
                node.lost_until_s = int(time.time()) + 1
                node.down = False
            shutil.rmtree(kept)

    return apply


async def _stop(node: Node) -> None:
    node.down = True
    node.kill()
    await node.child.process.wait()


def _put_back(kept: Path, folder: Path) -> None:
    for name in DATABASE_FILES:
        (folder / name).unlink(missing_ok=True)
        if (kept / name).exists():
            shutil.copy(kept / name, folder / name)


def truncated(node: Node, _: Random) -> None:
    """Half of the file."""
    os.truncate(node.database, node.database.stat().st_size // 2)


def flipped(node: Node, dice: Random) -> None:
    """A hundred bytes of it are others."""
    raw = bytearray(node.database.read_bytes())
    for _ in range(100):
        raw[dice.randrange(100, len(raw))] ^= 0xFF
    node.database.write_bytes(raw)


def gone(node: Node, _: Random) -> None:
    """No database at all."""
    for name in DATABASE_FILES:
        (node.database.parent / name).unlink(missing_ok=True)


def older(node: Node, _: Random) -> None:
    """As a backup of a while ago: the last 30 lines of ledger and journal are not in it."""
    with closing(sqlite3.connect(node.database)) as db, db:
        db.execute("DELETE FROM journal WHERE id > (SELECT max(id) FROM journal) - 10")
        db.execute("DELETE FROM ledger WHERE observed_at > (SELECT max(observed_at) FROM ledger) - 30")


@asynccontextmanager
async def second_instance(net: Network, dice: Random) -> AsyncIterator[None]:
    """The same key twice: the second one is to refuse."""
    node = dice.choice(net.nodes)
    argv = [sys.executable, "-m", "reporter.cli", "run", "--config", str(node.config)]
    child = await net.processes.start("second-instance", argv)
    try:
        yield
        assert child.process.returncode, "a second instance with one key runs"
    finally:
        if child.running:
            child.process.kill()


@asynccontextmanager
async def log_blocked(net: Network, dice: Random) -> AsyncIterator[None]:
    """One reporter starts again with its log in a pipe that is full and that nobody reads."""
    node = dice.choice(net.nodes)
    pipe = node.config.parent / "log.pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        with suppress(BlockingIOError):
            while True:
                os.write(end, bytes(4_096))
        node.next_argvs.append(["bash", "-c", 'exec "$@" >"$0" 2>&1', str(pipe), *node.usual_argv])
        node.kill()
        yield
        assert await node.ready(), "a reporter waits for whoever reads its log"
    finally:
        os.close(end)  # from here on a line goes nowhere at all
        pipe.unlink()
        node.kill()


def peers_of_one(net: Network, dice: Random) -> Iterable[Link]:
    """Every line from and to one reporter."""
    n = dice.choice(net.numbers)
    return [link for pair, link in net.peer_links.items() if n in pair]


def all_peers(net: Network, _: Random) -> Iterable[Link]:
    """Every line between reporters."""
    return list(net.peer_links.values())


def halves(net: Network, _: Random) -> Iterable[Link]:
    """The lines between one half and the other: no side has a quorum."""
    half = len(net.numbers) // 2
    return [link for (a, b), link in net.peer_links.items() if (a < half) != (b < half)]


def _pr(number: int, what: str, apply: Apply, **more: object) -> Fault:
    return Fault(f"T-PR {number}", what, apply, **more)  # type: ignore[arg-type]


PROCESS = (
    _pr(2, "kill -9 at random instants", kills(6, 3), expect=Expect.STOPS, seconds=24),
    _pr(2, "kill -9 of all at once", all_killed, expect=Expect.STOPS, seconds=2, alone=True),
    _pr(2, "one reporter gone", one_down, seconds=15),
    _pr(
        3, "SIGSTOP of a reporter for 30 s", stopped(lambda net, dice: dice.choice(net.nodes).pid), seconds=30
    ),
    _pr(
        3,
        "SIGSTOP of the chain for 10 s",
        stopped(lambda net, _: net.anvil.process.pid),
        expect=Expect.STOPS,
        alone=True,
    ),
    _pr(3, "SIGSTOP of the market for 10 s", stopped(lambda net, _: net.market.process.pid)),
    _pr(4, "disk full", disk_full, seconds=12),
    _pr(4, "files may not grow", limited(resource.RLIMIT_FSIZE, 4_096), seconds=12),
    _pr(5, "database truncated", database(truncated), seconds=12),
    _pr(5, "database bits flipped", database(flipped), seconds=12),
    _pr(5, "database gone", database(gone), seconds=12),
    _pr(5, "an older database", database(older), seconds=12),
    *(_pr(6, f"clock {offset}", clock(offset), seconds=12) for offset in ("+300", "-300", "+0 x2", "+3")),
    _pr(7, "no more files may be opened", limited(resource.RLIMIT_NOFILE, 2), seconds=12),
    _pr(9, "a log that nobody reads", log_blocked, seconds=20),
    _pr(11, "rolling restart", rolling, seconds=40),
    Fault("T-TX 9", "a second instance with one key", second_instance),
    Fault("T-PE 1", "one reporter cut from the others", lines(peers_of_one, down=True)),
    Fault("T-PE 2", "one reporter's peers are silent", lines(peers_of_one, silent=True, forget=True)),
    Fault("T-PE 3", "latency 0.3 s +- 0.1 between reporters", lines(all_peers, latency_s=0.3, jitter_s=0.1)),
    Fault("T-PE 4", "1 % of bytes between reporters corrupt", lines(peers_of_one, corrupt=0.01)),
    Fault("T-PE 5", "two halves", lines(halves, silent=True, forget=True), expect=Expect.STOPS, alone=True),
    Fault("T-PE 6", "replies between reporters cut", lines(peers_of_one, cut_after=100)),
)
