"""One reporter process under a supervisor that starts it again, as systemd does."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporter.api_client import fetch_json
from reporter.devnet.processes import Child
from reporter.errors import SpotlineError
from tests.soak.links import HOST

if TYPE_CHECKING:
    from tests.soak.network import Network

RESTART_S, LOOK_S = 1.0, 0.1
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
"""Debian's libfaketime, if it is installed (tools/system.sh)."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A reporter's end: when, by which code, and whether a fault wanted it."""

    node: int
    at_ms: int
    code: int
    wanted: bool


class Node:
    """One reporter. ``down`` keeps the supervisor from starting it again."""

    def __init__(self, number: int, config: Path, address: str, gas: str, api: int, net: "Network") -> None:
        self.number, self.config, self.address, self.gas = number, config, address, gas
        self.url = f"http://{HOST}:{api}"
        self.database = config.parent / "data" / "spotline.sqlite"
        self._net, self._clock = net, config.parent / "clock"
        self.child: Child
        self.down = False
        self.wanted = False
        self.next_argvs: deque[Sequence[str]] = deque()
        """Other programs that it is started by, one each of the next times."""
        self.exits: list[Exit] = []
        self.starts = 0
        self.lost_until_s = 0

    @property
    def pid(self) -> int:
        return self.child.process.pid

    @property
    def log(self) -> str:
        """All that it printed."""
        return self.child.log.read_text(errors="replace")

    @property
    def has_own_clock(self) -> bool:
        """Whether its clock can be set: the last reporter's, where libfaketime is installed."""
        return FAKETIME is not None and self.number == self._net.numbers[-1]

    @property
    def usual_argv(self) -> list[str]:
        """The command of a reporter."""
        return [sys.executable, "-m", "reporter.cli", "run", "--config", str(self.config)]

    def set_clock(self, offset: str) -> None:
        """What libfaketime reads each second: ``+0``, ``+300``, ``+0 x2``. A rate holds until another is named."""
        self._clock.write_text(f"{offset}\n" if "x" in offset else f"{offset} x1\n")

    async def start(self, argv: Sequence[str] | None = None) -> None:
        """Start it, once by another program if ``argv`` says so."""
        env: dict[str, str] = {}
        if self.has_own_clock:
            self.set_clock("+0") if not self._clock.exists() else None
            env = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self._clock)}
            env |= {"FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.starts += 1
        self.child = await self._net.processes.start(
            f"reporter-{self.number + 1}", argv or self.usual_argv, env
        )

    async def supervise(self) -> None:
        """Start it again one second after it ended, unless it is to be down."""
        while True:
            await self.child.process.wait()
            code = self.child.process.returncode or 0
            self.exits.append(Exit(self.number, time.time_ns() // 10**6, code, self.wanted))
            self.wanted = False
            await asyncio.sleep(RESTART_S)
            while self.down:  # noqa: ASYNC110 - a plain attribute that faults set
                await asyncio.sleep(LOOK_S)
            await self.start(self.next_argvs.popleft() if self.next_argvs else None)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it on purpose."""
        if self.child.running:
            self.wanted = True
            os.kill(self.pid, number)

    def signal(self, number: signal.Signals) -> None:
        """Stop or continue it."""
        if self.child.running:
            os.kill(self.pid, number)

    async def status(self) -> dict[str, Any] | None:
        """Its own account of itself; None where it does not answer."""
        return await _or_none(f"{self.url}/api/status")

    async def ready(self) -> bool:
        """Whether it says so."""
        found = await self.status()
        return bool(found and found["ready"])

    def used(self) -> tuple[int, int]:
        """Resident memory in KiB, and open files; zeros where it does not run."""
        try:
            rss = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4
            return rss, len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            return 0, 0


async def _or_none(url: str) -> Any:
    try:
        return await fetch_json(url)
    except SpotlineError:
        return None
