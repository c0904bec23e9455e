"""``python -m tests.soak``: chaos for a while, or every step of ``kill -9``; the table goes to ``build/soak.md``."""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from reporter.devnet.tools import ROOT
from tests.soak.network import Network
from tests.soak.plan import combinations, possible, singles
from tests.soak.soak import Soak, make_judge
from tests.soak.steps import every_step
from tests.soak.table import write

SHARE_AT_ONCE = 0.25
"""Of the time is left for several faults at once."""


def main() -> int:
    """Exit code 0 if nothing was violated."""
    asked = _parser().parse_args()
    found = asyncio.run(run(asked))
    print(f"{len(found['violations'])} violations; {asked.out}/soak.md")
    return 1 if found["violations"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="of faults (default %(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="default: the time")
    parser.add_argument("--steps", type=int, metavar="N", help="instead: kill -9 at every step, N times each")
    parser.add_argument(
        "--only", action="append", default=[], metavar="T-EX 3", help="only this fault; may be repeated"
    )
    parser.add_argument("--combine", action="store_true", help="combinations from the start")
    parser.add_argument("--patience", type=float, default=1, help="multiplies the limits of time")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder of the tables")
    return parser


async def run(asked: argparse.Namespace) -> dict[str, Any]:
    """One network, one run, one table."""
    me = asyncio.current_task()
    assert me is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    say(f"seed {asked.seed}")
    about = {"date": datetime.now(UTC).date().isoformat(), "commit": _commit(), "seed": asked.seed}
    net = Network(Path(tempfile.mkdtemp(prefix="spotline-soak-")), asked.seed)
    try:
        await net.start()
        soak = Soak(net, await make_judge(net), asked.seed, say, asked.patience)
        assert await soak.calm(), "the network did not come up"
        try:
            await _do(soak, asked)
        finally:
            found = write(asked.out, soak, about)
        return found
    finally:
        await net.stop()


async def _do(soak: Soak, asked: argparse.Namespace) -> None:
    if asked.steps:
        await every_step(soak, asked.steps, say)
        return
    dice, until = Random(asked.seed), time.monotonic() + 60 * asked.minutes
    alone = [] if asked.combine else singles(soak.net, dice)
    if asked.only:
        alone = [f for f in possible(soak.net) if f.number in asked.only or f.name in asked.only]
    for fault in alone:
        if time.monotonic() > until - (0 if asked.only else SHARE_AT_ONCE * 60 * asked.minutes):
            break
        await soak.episode([fault])
    if not asked.only:
        for several in combinations(soak.net, dice):
            if time.monotonic() > until:
                return
            await soak.episode(several)


def say(text: str) -> None:
    """Progress, with the time of day."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
