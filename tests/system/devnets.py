"""Running the real ``spotline devnet`` as a person would, and asking what it left behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TAPE = ROOT.parent / "shared" / "data" / "usdc_depeg_2023-03-10_12.csv.gz"
SPOTLINE = str(Path(sys.executable).parent / "spotline")


def need_tape() -> str:
    """The recorded market's path; its absence fails in CI and skips elsewhere."""
    if not TAPE.exists():
        if os.environ.get("CI"):
            pytest.fail(f"the recorded market {TAPE.name} is missing")
        pytest.skip(f"the recorded market {TAPE.name} is not on this machine")
    return str(TAPE)


def spotline(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [SPOTLINE, *arguments], capture_output=True, text=True, timeout=90, cwd=ROOT, env=env, check=False
    )


class Devnet:
    """A devnet process that has said it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        line = process.stdout.readline()
        if not line:
            raise AssertionError(f"the devnet did not come up: {process.stderr.read()}")
        self.ready: dict[str, Any] = json.loads(line)
        self.rpc_url: str = self.ready["rpc"]
        self.folder = Path(self.ready["reporters"][0]["config"]).parent.parent

    def finish(self, timeout_s: float = 90) -> dict[str, Any]:
        """Wait for the end and return the summary, the only other line on stdout."""
        out, err = self.process.communicate(timeout=timeout_s)
        lines = out.splitlines()
        assert self.process.returncode == 0, err
        assert len(lines) == 1, out
        return json.loads(lines[0])

    def rpc(self, method: str, *params: Any) -> Any:
        """Plain JSON-RPC, as any consumer would send it."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        asked = urllib.request.Request(self.rpc_url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return json.loads(answer.read())["result"]

    def latest_round_data(self, feed: str) -> tuple[int, int, int, int, int]:
        """``latestRoundData()`` of the feed's own address."""
        return self._read(feed, "0xfeaf968c")

    def round_data(self, feed: str, round_id: int) -> tuple[int, int, int, int, int]:
        """``getRoundData(uint80)`` of the feed's own address."""
        return self._read(feed, "0x9a6fc8f5" + round_id.to_bytes(32, "big").hex())

    def _read(self, feed: str, data: str) -> tuple[int, int, int, int, int]:
        address = self.ready["deployment"]["feeds"][feed]["address"]
        answer = bytes.fromhex(self.rpc("eth_call", {"to": address, "data": data}, "latest")[2:])
        words = [int.from_bytes(answer[i : i + 32], "big") for i in range(0, 160, 32)]
        return tuple(words)

    def api(self, reporter: int, path: str) -> tuple[int, Any]:
        """Status and document of a reporter's web API."""
        try:
            with urllib.request.urlopen(self.ready["reporters"][reporter]["url"] + path, timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def kill(self, reporter: int) -> None:
        """``kill -9`` one reporter."""
        os.kill(self.ready["reporters"][reporter]["pid"], signal.SIGKILL)

    def restart(self, reporter: int) -> subprocess.Popen[bytes]:
        """Start a killed reporter again, by the command that the devnet prints."""
        config = self.ready["reporters"][reporter]["config"]
        return subprocess.Popen([SPOTLINE, "run", "--config", config], stderr=subprocess.DEVNULL, cwd=ROOT)

    def wait_for(self, what: str, condition: Any, timeout_s: float = 20) -> Any:
        """Poll until the condition holds, and return what it returned."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.2)
        raise AssertionError(f"not within {timeout_s} s: {what}")


@contextmanager
def devnet(*arguments: str) -> Iterator[Devnet]:
    """A devnet on free ports; stopped, if it still runs, with SIGTERM."""
    process = subprocess.Popen(
        [SPOTLINE, "devnet", "--json", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield Devnet(process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=20)


def descendants_of(folder: Path) -> list[str]:
    """Command lines of processes that mention a devnet's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in command:
                found.append(command)
    return found


def pids_listening_on(port: int) -> list[int]:
    """Processes whose command line names a port, as Anvil's does."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--port" in words and words[words.index(b"--port") + 1] == str(port).encode():
                found.append(int(entry.name))
    return found
