"""The whole of Spotline in real processes: a recorded crash played over HTTP, signed, put on a chain and read from it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.system.devnets import (
    ROOT,
    SPOTLINE,
    descendants_of,
    devnet,
    need_tape,
    pids_listening_on,
    spotline,
)

pytestmark = pytest.mark.system
DEPEG = ("--start", "2023-03-11T06:40", "--speed", "60")


@pytest.fixture(scope="module")
def net():
    with devnet("--tape", need_tape(), *DEPEG) as running:
        yield running


def _round_id(net) -> int:
    return net.latest_round_data("BTC/USD")[0]


def _advances(net, by: int = 2, timeout_s: float = 20) -> None:
    first = _round_id(net)
    net.wait_for(f"round {first + by}", lambda: _round_id(net) >= first + by, timeout_s)


def test_ready_line__printed__names_every_part(net):
    assert set(net.ready) == {"rpc", "dashboard", "marketServer", "deployment", "reporters"}
    assert net.ready["dashboard"] is None
    assert len(net.ready["reporters"]) == 4
    assert {"chainId", "aggregator", "feeds", "funding", "market", "startBlock", "gitCommit"} <= set(
        net.ready["deployment"]
    )
    for reporter in net.ready["reporters"]:
        os.kill(reporter["pid"], 0)


def test_answer__read_by_plain_json_rpc__equals_the_round_record(net):
    def same():
        round_id, answer, started_at, updated_at, answered_in = net.latest_round_data("BTC/USD")
        _, rounds = net.api(0, "/api/rounds?feed=BTC/USD&limit=50")
        record = next((r for r in rounds if r["roundId"] == round_id), None)
        if record is None:
            return False  # the reporter has not seen this block yet
        assert (int(record["answer"]), record["observedAt"], record["updatedAt"]) == (
            answer,
            started_at,
            updated_at,
        )
        assert answered_in == round_id
        return True

    net.wait_for("the reporter to see the newest round", same)


def test_answer__every_source__shown_with_its_reason(net):
    status, feed = net.api(1, "/api/feeds/BTC/USD")

    assert status == 200
    assert len(feed["index"]["sources"]) == 7
    assert all(source["reason"] for source in feed["index"]["sources"])
    assert all(source["label"].startswith("TAPE") for source in feed["index"]["sources"])


def _records_of_a_round(net) -> list[dict]:
    """What each reporter signed for the newest round's second, of those that signed."""
    observed_at = net.latest_round_data("BTC/USD")[2]
    answers = [net.api(number, f"/api/rounds/{observed_at}") for number in range(4)]
    return [record for status, record in answers if status == 200]


def test_record__of_every_signer__recomputed_by_the_command_and_against_chain_and_configuration(
    net, tmp_path
):
    records = net.wait_for(
        "three records of one round", lambda: len(r := _records_of_a_round(net)) >= 3 and r
    )
    path, config = tmp_path / "record.json", net.ready["reporters"][0]["config"]

    for record in records:
        path.write_text(json.dumps(record))
        result = spotline("verify", str(path), "--config", config, "--rpc", net.rpc_url, "--json")
        verdict = json.loads(result.stdout)
        assert (result.returncode, verdict["differences"]) == (0, []), result.stderr
        assert verdict["checked"] == ["record", "configuration", "chain"]
        assert any(feed["feed"] == "BTC/USD" and int(feed["price"]) > 0 for feed in verdict["feeds"])
    assert len({record["reporter"] for record in records}) == len(records)


def test_record__one_digit_changed__command_fails_and_names_it(net, tmp_path):
    record = net.wait_for("a record", lambda: _records_of_a_round(net))[0]
    path = tmp_path / "record.json"
    changed = record["quotes"][0]
    changed["bid"] = str(int(changed["bid"]) + 1)
    path.write_text(json.dumps(record))

    result = spotline("verify", str(path))

    assert result.returncode == 4
    assert result.stdout.startswith("FAILED\n  indices.")
    assert f"{changed['venue']}:{changed['symbol']}.bid" in result.stdout
    assert "error: the record does not verify" in result.stderr


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/rounds/1", 404),
        ("/api/rounds/x", 400),
        ("/api/rounds/\u0661", 400),
        ("/api/rounds/1?digest=0x1", 400),
    ],
)
def test_record__none_or_no_second__said_in_words(net, path, status):
    found, answer = net.api(0, quote(path, safe="/?="))

    assert found == status
    assert answer["error"]


def test_mark_feed__published__labelled_simulated(net):
    net.wait_for("a mark round", lambda: net.latest_round_data("BTC/USD-PERP")[0] > 0)
    _, feed = net.api(0, "/api/feeds/BTC/USD-PERP")

    assert "SIMULATED" in feed["index"]["sources"][0]["label"]


def test_funding__keeper_running__premium_sampled_and_funding_accrued(net):
    def accrued():
        _, status = net.api(0, "/api/status")
        funding = status["funding"].get("BTC/USD")
        return funding and int(funding["premium"]) != 0 and int(funding["cumulative"]) != 0

    net.wait_for("funding to accrue", accrued, timeout_s=70)


def _no_quorum_reasons(net) -> list[str]:
    status, ready = net.api(0, "/readyz")
    return [reason for reason in ready["reasons"] if "no quorum" in reason] if status == 503 else []


def test_reporters__one_killed_then_two_then_one_back__on_off_on(net):
    _advances(net)
    net.kill(3)
    _advances(net, timeout_s=30)

    net.kill(2)
    time.sleep(3)  # what was in flight lands
    stopped_at = _round_id(net)
    reasons = net.wait_for("a reporter to say why", lambda: _no_quorum_reasons(net), 30)
    assert any("2 of 3 needed reporters signed" in reason for reason in reasons), reasons
    assert any("unreachable" in reason for reason in reasons), reasons
    assert _round_id(net) == stopped_at

    back = net.restart(2)
    try:
        _advances(net, timeout_s=40)
        net.wait_for("ready again", lambda: net.api(0, "/readyz")[0] == 200, 30)
    finally:
        back.send_signal(signal.SIGTERM)
        assert back.wait(timeout=10) == 0


def test_stop__terminated__no_process_port_or_file_left():
    with devnet("--reporters", "1") as running:
        folder = running.folder
        ports = [urlsplit(u).port for u in (running.rpc_url, running.ready["marketServer"])]
        assert folder.exists()
        assert descendants_of(folder)
        running.process.send_signal(signal.SIGTERM)
        running.finish(timeout_s=20)

    assert not folder.exists()
    assert not descendants_of(folder)
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_stop__killed_outright__children_die_with_it():
    with devnet("--reporters", "1") as running:
        folder = running.folder
        running.process.kill()
        running.process.communicate(timeout=10)
        running.wait_for("its children to die", lambda: not descendants_of(folder), 10)


def test_tape__depeg_hour__every_round_within_half_a_percent():
    with devnet("--tape", need_tape(), *DEPEG, "--duration", "30") as running:
        summary = running.finish(timeout_s=60)

    btc = summary["feeds"]["BTC/USD"]
    assert summary["source"] == "tape"
    assert btc["rounds"] >= 5
    assert btc["max_error"] <= 0.005
    assert btc["seen_max_error"] is not None
    assert summary["gas"]["update_median"] > 0
    assert set(summary["funding"]["BTC/USD"]) >= {"rate_8h", "cumulative"}


def test_hardhat__simulated_market__rounds_and_summary():
    with devnet("--chain", "hardhat", "--duration", "10") as running:
        summary = running.finish(timeout_s=60)

    assert summary["source"] == "simulated"
    assert "SIMULATED" in summary["label"]
    assert summary["feeds"]["BTC/USD"]["rounds"] >= 2
    assert summary["feeds"]["ETH/USD"]["max_error"] < 0.005


# ---------------------------------------------------------------- bad input: one sentence, its exit code, no traceback


def _one_sentence(result, code: int, says: str) -> None:
    assert result.returncode == code, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_bad_input__port_taken__named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = spotline("devnet", "--json", "--port", str(port), "--duration", "1")

    _one_sentence(result, 3, f"port {port} for the devnet is taken")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no tape at"),
        (b"minute,venue\n1,2\n", "column"),
        (b"\x1f\x8bnot gzip", "gzip"),
        (b"", "column"),
    ],
)
def test_bad_input__unreadable_tape__named(tmp_path, content, says):
    path = tmp_path / ("tape.csv.gz" if content and content.startswith(b"\x1f") else "tape.csv")
    if content is not None:
        path.write_bytes(content)

    _one_sentence(spotline("devnet", "--tape", str(path), "--port", "0", "--duration", "1"), 2, says)


def test_bad_input__start_outside_the_tape__range_named():
    result = spotline("devnet", "--tape", need_tape(), "--start", "2020-01-01T00:00", "--port", "0")

    _one_sentence(result, 2, "2023-03-10")


def test_bad_input__unknown_feed__known_ones_named(net):
    result = spotline("feed", "DOGE/USD", "--config", net.ready["reporters"][0]["config"])

    _one_sentence(result, 2, "unknown feed 'DOGE/USD'")
    assert "BTC/USD" in result.stderr


def test_bad_input__malformed_configuration__key_and_line_named(tmp_path):
    path = tmp_path / "spotline.toml"
    path.write_text('[chain]\nrpc_urls = ["http://127.0.0.1:8545"]\ndeployment = "x"\npoll_ms = "fast"\n')

    _one_sentence(spotline("run", "--config", str(path)), 3, "line 4: chain.poll_ms")


def test_stop__terminated_while_starting__gone_at_once_and_nothing_left():
    process = subprocess.Popen(
        [SPOTLINE, "devnet", "--json", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    for line in process.stderr:
        if "contracts" in line:
            break
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=15)

    assert process.returncode == 0
    assert out == ""


def test_chain_lost__anvil_killed__said_and_stopped_with_a_summary():
    with devnet("--reporters", "1", "--duration", "6") as running:
        anvil = pids_listening_on(urlsplit(running.rpc_url).port)
        for pid in anvil:
            os.kill(pid, signal.SIGKILL)
        summary = running.finish(timeout_s=40)

    assert anvil
    assert summary["funding"] == {}


def test_second_instance__copies_of_its_keys_in_another_folder__refused(net, tmp_path):
    config = Path(net.ready["reporters"][0]["config"])
    for name in ("signing.json", "gas.json", "password"):
        shutil.copy(config.parent / name, tmp_path / name)
    (tmp_path / "deployment.json").write_text((config.parent.parent / "deployment.json").read_text())
    text = config.read_text().replace("../deployment.json", "deployment.json")
    (tmp_path / "spotline.toml").write_text(text)

    _one_sentence(
        spotline("run", "--config", str(tmp_path / "spotline.toml")), 3, "another reporter is running with"
    )
