"""What the scripts of the table share: a row, the market server as a process of its own, a devnet, a peer's script."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

ROOT = Path(__file__).resolve().parents[1]
PEER_TIMEOUT_S = 240
Row = dict[str, Any]


def row(
    name: str,
    ours: float | None,
    goal: float | None,
    unit: str,
    runs: int,
    *,
    peer: float | None = None,
    floor: float | None = None,
    **more: object,
) -> Row:
    """One row of the table; ``more`` has a note, a breakdown and the like."""
    found = {
        "name": name,
        "ours": ours,
        "goal": goal,
        "peer": peer,
        "floor": floor,
        "unit": unit,
        "runs": runs,
    }
    return found | {key: value for key, value in more.items() if value not in ("", None)}


def say(rows: Sequence[Row]) -> None:
    """Print a script's rows as the last line of its output."""
    print(json.dumps(rows))


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that ``percent`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def load() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 1)


@asynccontextmanager
async def process(*argv: str, ready_on: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A program and the first line that it says on ``ready_on`` (stdout or stderr); ended with SIGTERM."""
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, ready_on: subprocess.PIPE}
    # mypy takes the pipes for any of the other arguments.
    child = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, limit=2**20, **pipes)  # type: ignore[arg-type]
    try:
        said = await getattr(child, ready_on).readline()
        if not said:
            raise RuntimeError(f"{argv} did not come up")
        yield child, said.decode()
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


@asynccontextmanager
async def market(latency_ms: int = 0) -> AsyncIterator[str]:
    """The market server in a process of its own, every venue answering after ``latency_ms``; its address."""
    argv = (sys.executable, "bench/rendered.py", "--port", "0")
    async with process(*argv, ready_on="stderr") as (_, said):
        base = said.split()[-1]
        if latency_ms:
            await switch(base, "latency", ms=latency_ms)
        yield base


async def switch(base: str, fault: str, **more: object) -> None:
    """Switch a fault of every venue."""
    async with ClientSession() as session:
        body = {"venue": "*", "fault": fault, **more}
        async with session.post(f"{base}/faults", json=body) as answer:
            answer.raise_for_status()


@asynccontextmanager
async def devnet(*argv: str) -> AsyncIterator[dict[str, Any]]:
    """A whole Spotline on free ports, as its first line describes it."""
    command = (sys.executable, "-m", "reporter.cli", "devnet", "--json", "--port", "0", *argv)
    async with process(*command, ready_on="stdout") as (_, said):
        yield json.loads(said)


def peer(name: str, *argv: str) -> dict[str, Any]:
    """What a peer's script said in the environment of that peer, or a ``note`` why there is nothing.

    With -P a script may be called like the package that it imports. web3 is in our own environment.
    """
    own = ("python",) if name == "web3" else ("tools/apart.sh", f"peers/{name}", "python")
    command = (*own, "-P", f"bench/peers/{name.replace('-', '_')}.py", *argv)
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PEER_TIMEOUT_S, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.CalledProcessError as failed:
        return {"note": f"{name}: {(failed.stderr.strip().splitlines() or ['failed'])[-1][:200]}"}
    except (subprocess.TimeoutExpired, ValueError, IndexError) as failed:
        return {"note": f"{name}: {type(failed).__name__}"}
    return found
