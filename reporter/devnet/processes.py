"""Child processes that cannot outlive us: stopped in reverse order, and killed by the kernel if we are."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import ConfigError

STOP_S = 5
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Child:
    """One process and the file its output goes to."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def tail(self, lines: int = 5) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Processes:
    """Starts children in ``workdir``, their output in files of ``folder``, and stops them all."""

    def __init__(self, folder: Path, workdir: Path) -> None:
        self._folder, self._workdir = folder, workdir
        self.children: list[Child] = []

    async def start(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        memory_kib: int | None = None,
    ) -> Child:
        """Start a program in a session of its own, so that Ctrl-C reaches us alone.

        Args:
            env: Added to our environment.
            memory_kib: Limit on its address space: a burst of transactions in automine can make Anvil eat all there is.
        """
        log = self._folder / f"{name}.log"
        command = (
            argv if memory_kib is None else ["bash", "-c", f'ulimit -v {memory_kib}; exec "$@"', name, *argv]
        )
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                cwd=self._workdir,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        child = Child(name, process, log)
        self.children.append(child)
        return child

    async def run(self, name: str, argv: Sequence[str], env: Mapping[str, str], timeout_s: float) -> None:
        """Run a program to its end.

        Raises:
            ConfigError: It failed or took too long; with the end of its output.
        """
        child = await self.start(name, argv, env)
        try:
            async with asyncio.timeout(timeout_s):
                code = await child.process.wait()
        except TimeoutError:
            raise ConfigError(f"{name} did not end in {timeout_s:g} s: {child.tail()}") from None
        if code:
            raise ConfigError(f"{name} failed with exit code {code}: {child.tail()}")

    async def stop(self) -> None:
        """Stop every child, newest first: SIGTERM, and SIGKILL after 5 s."""
        for child in reversed(self.children):
            _signal(child, signal.SIGTERM)
        waits = [asyncio.create_task(child.process.wait()) for child in self.children]
        if waits:
            await asyncio.wait(waits, timeout=STOP_S)
        for child in self.children:
            _signal(child, signal.SIGKILL)
        await asyncio.gather(*waits)


def _signal(child: Child, number: signal.Signals) -> None:
    if child.running:
        try:
            os.killpg(child.process.pid, number)
        except ProcessLookupError:
            return


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
