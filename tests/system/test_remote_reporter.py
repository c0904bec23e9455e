"""A reporter whose signing key a web3signer keeps, in real processes: its signatures on the chain, and its signer's loss."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reporter.keys import load_secret
from tests.system.devnets import ROOT, SPOTLINE, Devnet, devnet, spotline
from tests.system.web3signer import Web3Signer, web3signer

pytestmark = pytest.mark.system
SIGNED = "0x1901"


class Remote:
    """The devnet's first reporter, moved to a remote signer; the fourth is gone, so every round needs the first."""

    def __init__(
        self, net: Devnet, server: Web3Signer, config: Path, process: subprocess.Popen[bytes]
    ) -> None:
        self.net, self.server, self.config, self.process = net, server, config, process
        self.log = config.parent / "again.log"

    def reasons(self) -> list[str]:
        return list(self.net.api(0, "/readyz")[1]["reasons"])

    def next_round(self) -> dict[str, Any]:
        """A round of BTC/USD newer than now, as the second reporter saw it."""
        first = self.net.latest_round_data("BTC/USD")[0]

        def found() -> Any:
            _, rounds = self.net.api(1, "/api/rounds?feed=BTC/USD&limit=1")
            return rounds and rounds[0]["roundId"] > first + 1 and rounds[0]

        return dict(self.net.wait_for("two rounds more", found, 40))

    def last_signatures(self) -> set[str]:
        """The r of the signatures that the first reporter has given lately, from ``GET /reports`` of its record."""
        records = [
            self.net.api(0, f"/api/rounds/{s}") for s in range(int(time.time()) - 20, int(time.time()))
        ]
        return {r["report"]["signature"][2:66] for status, r in records if status == 200}


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    with devnet("--reporters", "4") as net:
        config = Path(net.ready["reporters"][0]["config"])
        folder = config.parent
        with web3signer(load_secret(folder / "signing.json", folder / "password")) as server:
            for number in (0, 3):
                net.kill(number)
            (folder / "signing.json").unlink()
            signer = f'{{ url = "{server.url}", address = "{net.ready["reporters"][0]["address"]}" }}'
            text = config.read_text()
            config.write_text(text.replace('signing_keystore = "signing.json"', f"remote_signer = {signer}"))
            with (folder / "again.log").open("wb") as log:
                process = subprocess.Popen([SPOTLINE, "run", "-c", str(config)], stderr=log, cwd=ROOT)
            try:
                yield Remote(net, server, config, process)
            finally:
                process.terminate()
                process.wait(10)


def test_round__one_reporter_signs_remotely__its_signature_is_in_the_transaction(remote: Remote) -> None:
    found = remote.next_round()
    transaction = remote.net.rpc("eth_getTransactionByHash", found["txHash"])

    assert remote.server.signed
    assert all(data[:2] == b"\x19\x01" and len(data) == 66 for data in remote.server.signed)
    assert any(r in transaction["input"] for r in remote.last_signatures())
    assert found["reporters"] == 3


def test_record__of_the_remote_key__verifies(remote: Remote, tmp_path: Path) -> None:
    observed_at = remote.next_round()["observedAt"]

    def record() -> Any:
        status, document = remote.net.api(0, f"/api/rounds/{observed_at}")
        return status == 200 and document

    document = remote.net.wait_for("a record", record)
    (tmp_path / "record.json").write_text(json.dumps(document))
    result = spotline("verify", str(tmp_path / "record.json"), "--rpc", remote.net.rpc_url)

    assert result.returncode == 0, result.stdout
    assert document["reporter"] == remote.net.ready["reporters"][0]["address"]


def test_run__no_client_certificate__warned_about_at_the_start(remote: Remote) -> None:
    assert "web3signer signs for whoever reaches it" in remote.log.read_text()
    assert remote.server.url.rpartition(":")[2] not in remote.log.read_text()


def test_doctor__remote_key__up_listed_and_signs(remote: Remote) -> None:
    result = spotline("doctor", "-c", str(remote.config), "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)}

    assert checks["signing key"]["ok"]
    assert (
        "held by a remote signer that is up; it signs for whoever reaches it" in checks["signing key"]["says"]
    )
    assert checks["signature"]["ok"]
    assert checks["registered"]["ok"]


def test_second_instance__same_gas_key__refuses_to_start(remote: Remote) -> None:
    text = remote.config.read_text()
    second = remote.config.with_name("second.toml")
    second.write_text(re.sub(r"\[node\]", '[node]\ndata_dir = "elsewhere"', text))

    result = spotline("run", "-c", str(second))

    assert result.returncode == 3
    assert "another reporter is running with" in result.stderr


def test_signer__slow__rounds_go_on(remote: Remote) -> None:
    remote.server.delay_s = 0.3
    try:
        assert remote.next_round()["reporters"] == 3
    finally:
        remote.server.delay_s = 0


def test_signer__loses_the_key_and_gets_it_back__said_and_recovered_without_a_hand(remote: Remote) -> None:
    secrets, remote.server.secrets = remote.server.secrets, [bytes([9]) * 32]
    remote.net.wait_for(
        "the reason", lambda: any("nothing is signed: the remote signer" in r for r in remote.reasons()), 30
    )
    result = spotline("doctor", "-c", str(remote.config), "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)}
    remote.server.secrets = secrets

    assert not checks["signing key"]["ok"]
    assert "none is of" in checks["signing key"]["says"]
    assert not checks["signature"]["ok"]
    assert remote.next_round()["reporters"] == 3
    assert not any("nothing is signed" in reason for reason in remote.reasons())
    assert remote.process.poll() is None


def test_signer__lies__nothing_of_it_reaches_the_chain(remote: Remote) -> None:
    from eth_utils.crypto import keccak

    from tests.system.web3signer import signature, text

    liar = bytes([9]) * 32
    remote.server.answer = lambda http, _, data: http.reply(200, text(signature(liar, keccak(data))))
    remote.net.wait_for(
        "the reason", lambda: any("its signature leads to" in r for r in remote.reasons()), 30
    )
    first = remote.net.latest_round_data("BTC/USD")[0]
    time.sleep(8)  # longer than a heartbeat
    after = remote.net.latest_round_data("BTC/USD")[0]
    remote.server.answer = None

    assert after - first <= 1  # one may have been under way
    assert remote.next_round()["reporters"] == 3
