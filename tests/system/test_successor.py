"""Moving to a successor of the aggregator, as OPERATING.md says: both are served at once with the same signing keys, the
consumers move, the old one is paused, its nodes stop."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from reporter.chain.deployment import load_deployment
from reporter.devnet import preset
from reporter.devnet.tools import find_tools
from reporter.keys import create_keystore
from tests.system.devnets import ROOT, SPOTLINE, Devnet, devnet
from tests.system.test_transports import free_port

pytestmark = pytest.mark.system
FEED = "BTC/USD"
PPM = 1_000_000


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with devnet("--reporters", "3") as running:
        yield running


def send(net: Devnet, sender: str, to: str, call: str = "", value: int = 0) -> None:
    data = "0x" + keccak(text=call)[:4].hex() if call else "0x"
    sent = net.rpc("eth_sendTransaction", {"from": sender, "to": to, "data": data, "value": hex(value)})
    receipt = net.wait_for("the transaction", lambda: net.rpc("eth_getTransactionReceipt", sent))
    assert receipt["status"] == "0x1"


def deploy_successor(net: Devnet) -> Path:
    """The same feeds, set and quorum once more, by the deploy script."""
    out, tools = net.folder / "successor.json", find_tools("anvil", ROOT)
    argv = tools.deploy_argv(net.rpc_url, net.folder / "deploy.json", out)
    subprocess.run(
        argv, env={**os.environ, **tools.env}, cwd=ROOT, check=True, capture_output=True, timeout=120
    )
    return out


def second_node(net: Devnet, number: int, observe_ports: list[int]) -> Path:
    """The configuration of a second node beside the first: the same signing key, everything else its own."""
    first = Path(net.ready["reporters"][number]["config"])
    folder = net.folder / f"successor-{number + 1}"
    folder.mkdir(mode=0o700)
    for name in ("signing.json", "password"):
        shutil.copy(first.parent / name, folder / name)
    gas = create_keystore(folder / "gas.json", "devnet", scrypt_n=2**14)
    send(net, net.rpc("eth_accounts")[1], gas, value=10**18)
    text = first.read_text().replace("../deployment.json", "../successor.json")
    for i, reporter in enumerate(net.ready["reporters"]):
        listens = Path(reporter["config"]).read_text().split('observe_listen = "')[1].split('"')[0]
        text = text.replace(listens, f"127.0.0.1:{observe_ports[i]}")
    ours = first.read_text().split('api_listen = "')[1].split('"')[0]
    path = folder / "spotline.toml"
    path.write_text(text.replace(ours, f"127.0.0.1:{free_port()}"))
    return path


@contextmanager
def running(configs: list[Path]) -> Iterator[list[subprocess.Popen[bytes]]]:
    nodes = []
    try:
        for config in configs:
            log = config.with_name("log").open("wb")
            nodes.append(subprocess.Popen([SPOTLINE, "run", "-c", str(config)], stderr=log, cwd=ROOT))
        yield nodes
    except AssertionError as error:
        said = [config.with_name("log").read_text()[-1_000:] for config in configs]
        raise AssertionError(f"{error}; the successor's nodes said: {said}") from error
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait(20)


def latest(net: Devnet, deployment: dict[str, Any]) -> tuple[int, ...]:
    """``latestRoundData()`` of a deployment's feed; zeros before its first round."""
    call = {"to": deployment["feeds"][FEED]["address"], "data": "0xfeaf968c"}
    try:
        answer = bytes.fromhex(net.rpc("eth_call", call, "latest")[2:])
    except KeyError:
        return (0,) * 5
    return tuple(int.from_bytes(answer[i : i + 32], "big") for i in range(0, 160, 32))


def test_successor__served_beside_the_old_one__agrees_and_takes_over(net):
    out = deploy_successor(net)
    old, new = net.ready["deployment"], json.loads(out.read_text())
    assert load_deployment(out).aggregator != old["aggregator"]
    ports = [free_port() for _ in net.ready["reporters"]]
    configs = [second_node(net, number, ports) for number in range(len(ports))]

    with running(configs) as nodes:
        net.wait_for("three rounds of the successor", lambda: latest(net, new)[0] >= 3, 90)
        before = latest(net, old)[0]
        net.wait_for("the old one to go on, too", lambda: latest(net, old)[0] > before, 20)
        ours, theirs = latest(net, new)[1], latest(net, old)[1]
        assert abs(ours - theirs) * PPM <= 2 * preset.DEVIATION_BPS * 100 * theirs

        send(net, net.rpc("eth_accounts")[0], old["aggregator"], "pause()")
        stopped = latest(net, old)
        for reporter in net.ready["reporters"]:
            os.kill(reporter["pid"], signal.SIGTERM)
        reached = latest(net, new)[0]
        net.wait_for("the successor to go on alone", lambda: latest(net, new)[0] >= reached + 3, 30)

        assert latest(net, old) == stopped  # what still reads it sees an age that grows, never a newer look
        assert all(node.poll() is None for node in nodes)
