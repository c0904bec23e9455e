"""Memory and CPU of a running node that signs and publishes: `spotline run` as a devnet starts it, quorum 1, on Anvil, over
streams of ten venues from a market server with many assets; a minute after its first answer. Two sizes give the slope.

python bench/memory.py [--seconds 60]
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parts import load, peer, row, say
from polling import venues
from wide import widen

from reporter.devnet.run import Devnet, Options

SIZES, VENUES = (50, 10), 10
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of one process: resident now and at most (MB), CPU milliseconds a second."""

    resident: float
    peak: float
    cpu: float


class Wide(Devnet):
    """A devnet over the wide market server."""

    feeds_wanted = 0

    async def _start_market(self, epoch_ms: int) -> None:
        argv = [sys.executable, "bench/wide.py", str(self.feeds_wanted), "--port", str(self.ports.market)]
        argv += ["--epoch-ms", str(epoch_ms), "--seed", str(self.options.seed)]
        await self.processes.start("market", argv)


def resident(pid: int, key: str) -> float:
    """Megabytes from /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024 / 10**6


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, its threads too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def node(feeds: int, seconds: int) -> tuple[Cost, int]:
    """What a node costs with so many feeds, and how many rounds its chain has."""
    widen(feeds)
    folder = Path(tempfile.mkdtemp(prefix="spotline-devnet-"))
    net = Wide(Options(reporters=1, port=0), folder)
    net.feeds_wanted = feeds
    try:
        await net.start(lambda line: print(line, file=sys.stderr))
        pid = net.reporters[0].child.process.pid
        before, loop = cpu_s(pid), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(seconds)
        cpu_ms = (cpu_s(pid) - before) * 1000 / (loop.time() - began)
        await net.look()
        rounds = sum(bool(r.round_id) for r in net.watch.chain.rounds.values()) if net.watch.chain else 0
        return Cost(resident(pid, "VmRSS"), resident(pid, "VmHWM"), cpu_ms), rounds
    finally:
        await net.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def pragma() -> dict[str, Any]:
    """pragma-sdk's fetchers with as many pairs, in the same run."""
    async with venues() as base:
        return await asyncio.to_thread(peer, "pragma-sdk", "--memory", base)


def rows(many: Cost, few: Cost, rounds: int, theirs: dict[str, Any]) -> list[dict[str, Any]]:
    more = SIZES[0] * VENUES - SIZES[1] * VENUES
    name = f"resident memory, {SIZES[0]} feeds x {VENUES} venues"
    kib = (many.resident - few.resident) * 1000 / more
    ms = (many.cpu - few.cpu) / more
    note = f"publishes {rounds} feeds; {round(many.cpu)} ms CPU a second; at most {round(many.peak)} MB"
    peer_note = f"pragma-sdk's fetchers alone: {theirs}"
    return [
        row(
            name,
            round(many.resident, 1),
            110,
            "MB",
            1,
            peer=theirs.get("mb"),
            note=f"{note}; {peer_note}",
            load=load(),
        ),
        row(
            "memory of one feed on one venue",
            round(kib, 2),
            None,
            "kB",
            2,
            sizes_mb=[few.resident, many.resident],
        ),
        row("CPU of one feed on one venue", round(ms, 3), None, "ms/s", 2, sizes_ms=[few.cpu, many.cpu]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    many, rounds = asyncio.run(node(SIZES[0], options.seconds))
    few, _ = asyncio.run(node(SIZES[1], options.seconds))
    say(rows(many, few, rounds, asyncio.run(pragma())))


if __name__ == "__main__":
    main()
