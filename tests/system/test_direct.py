"""``spotline run --direct`` and the dry run: real processes beside a devnet."""

import json
import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.devnets import ROOT, SPOTLINE, Devnet, devnet, spotline

pytestmark = pytest.mark.system


@contextmanager
def run(config: Path, *options: str) -> Iterator[Path]:
    """A reporter of its own; its log file."""
    log = config.parent / "beside.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [SPOTLINE, "run", "-c", str(config), *options], stdout=out, stderr=out, cwd=ROOT
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(timeout=20)


def events(log: Path, name: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def first_config(net: Devnet) -> Path:
    return Path(net.ready["reporters"][0]["config"])


def without(text: str, section: str) -> str:
    """The configuration without a section, wherever it stands."""
    return re.sub(rf"(?ms)^\[+{section}\]+\n.*?(?=^\[|\Z)", "", text)


def dry_config(net: Devnet) -> tuple[Path, str]:
    """A configuration without keys beside the first reporter's, and the address of its API."""
    path, api = first_config(net), f"127.0.0.1:{free_port()}"
    text = without(path.read_text(), "keys")
    text = re.sub(r'api_listen = "[^"]+"', f'data_dir = "dry"\napi_listen = "{api}"', text)
    text = re.sub(r'observe_listen = "[^"]+"', f'observe_listen = "127.0.0.1:{free_port()}"', text)
    dry = path.parent / "dry.toml"
    dry.write_text(text)
    return dry, f"http://{api}"


def senders(net: Devnet, rounds: list[dict[str, Any]]) -> set[str]:
    return {net.rpc("eth_getTransactionByHash", r["txHash"])["from"].lower() for r in rounds}


def test_direct__quorum_one__publishes_alone(tmp_path: Path) -> None:
    with devnet("--reporters", "1") as net:
        net.kill(0)
        with run(first_config(net), "--direct") as log:
            net.wait_for("rounds", lambda: len(events(log, "published")) >= 2, 60)
            mode = net.api(0, "/api/status")[1]["mode"]
            (started,) = events(log, "reporter started")

    assert (mode, started["mode"]) == ("direct", "direct")


def test_direct__one_of_four__relays_every_round_at_once_and_alone_it_is_refused() -> None:
    with devnet("--reporters", "4") as net:
        keys = [net.api(n, "/api/status")[1]["gasKey"]["address"] for n in range(4)]
        net.kill(0)
        for other in keys[1:]:  # they sign, and cannot send
            net.rpc("anvil_setBalance", other, "0x0")
        alone = first_config(net).parent / "alone.toml"
        alone.write_text(without(first_config(net).read_text(), "peers"))
        refused = spotline("run", "-c", str(alone), "--direct")
        with run(first_config(net), "--direct") as log:
            net.wait_for("a round of ours", lambda: len(events(log, "published")) >= 1, 60)
            first = net.latest_round_data("BTC/USD")[0]
            net.wait_for("more rounds", lambda: net.latest_round_data("BTC/USD")[0] >= first + 3, 60)
            seen = [r for r in net.api(1, "/api/rounds?feed=BTC/USD&limit=50")[1] if r["roundId"] > first]
            by = senders(net, seen)

    assert refused.returncode == 3
    assert "an update needs 3 signatures, and this node can get 1" in refused.stderr
    assert "[[peers]]" in refused.stderr
    assert by == {keys[0].lower()}


def test_direct__no_keys__refused() -> None:
    with devnet("--reporters", "1") as net:
        dry, _ = dry_config(net)
        refused = spotline("run", "-c", str(dry), "--direct")

    assert refused.returncode == 3
    assert "there are no [keys]" in refused.stderr


def test_dry_run__no_keys__tells_each_round_that_it_would_have_sent_and_sends_none() -> None:
    with devnet("--reporters", "1") as net:
        dry, url = dry_config(net)
        net.kill(0)  # nobody publishes any more
        with run(dry) as log:
            told = net.wait_for("would-be rounds", lambda: (e := events(log, "would publish"))[2:] and e, 60)
            with urllib.request.urlopen(f"{url}/api/status", timeout=5) as answer:
                document = json.loads(answer.read())
            status = spotline("status", "--node", url)

    feeds = set(net.ready["deployment"]["feeds"])
    for event in told:
        assert set(event["prices"]) <= feeds
        assert all(int(price) > 0 for price in event["prices"].values())
        assert all(event["venues"][name] for name in event["prices"])
        assert event["signatures"] == 1
        assert 40_000 < event["gas"] < 150_000
        assert event["digest"].startswith("0x")
    times = [event["observedAt"] for event in told]
    assert times == sorted(set(times))
    assert document["mode"] == "dry run"
    assert document["wouldPublish"]
    assert status.returncode == 4
    assert "dry run" in status.stdout
