"""``spotline record`` against the market server, then ``replay`` of what it wrote."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from reporter.tapes import open_tape
from tests.system.devnets import SPOTLINE, spotline
from tests.system.test_market_server import running

pytestmark = pytest.mark.system

VENUES = ("coinbase", "kraken", "bitstamp")
ENDED = 6


def configure(folder: Path, base: str) -> Path:
    """Three venues of the market server, four looks a second each."""
    markets = ", ".join(f'"{venue}:BTC/USD"' for venue in VENUES)
    text = f"""[node]
insecure_sources = true
[chain]
rpc_urls = ["http://127.0.0.1:1"]
deployment = "absent.json"
[[feeds]]
name = "BTC/USD"
markets = [{markets}]
"""
    for venue in VENUES:
        text += f'[venues.{venue}]\nbase_url = "{base}/{venue}"\npoll_ms = 250\nlabel = "SIMULATED"\n'
    path = folder / "record.toml"
    path.write_text(text)
    return path


def test_record__a_few_seconds__a_tape_that_replays_to_the_same_feed(tmp_path: Path) -> None:
    out = tmp_path / "made.jsonl.gz"
    with running("--seed", "7") as (_, _, base):
        config = configure(tmp_path, base)
        made = spotline("record", "--config", str(config), "--out", str(out), "--duration", "3", "--json")
        again = spotline("record", "--config", str(config), "--out", str(out), "--duration", "3")

    assert made.returncode == 0, made.stderr
    document = json.loads(made.stdout)
    assert document["quotes"] >= 3 * len(VENUES)
    assert document["venues"] == dict.fromkeys(VENUES, "")
    tape = open_tape(out)
    assert tape.count == document["quotes"]
    assert {quote.label for quote in tape.quotes()} == {"TAPE made SIMULATED"}
    replayed = spotline("replay", str(out), "--config", str(config), "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert json.loads(replayed.stdout)["feeds"]["BTC/USD"]["statuses"].get("REDUCED", 0) >= 2
    assert again.returncode == 2
    assert "made.jsonl.gz exists already" in again.stderr


def test_record__no_venue_answers__exit_code_6(tmp_path: Path) -> None:
    config = configure(tmp_path, "http://127.0.0.1:1")

    ended = spotline(
        "record", "--config", str(config), "--out", str(tmp_path / "t.jsonl.gz"), "--duration", "1"
    )

    assert ended.returncode == ENDED
    assert ended.stderr.startswith("error: no venue gave a quote: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_record__stopped__writes_what_it_has(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "made.jsonl.gz"
    with running("--seed", "7") as (_, _, base):
        config = configure(tmp_path, base)
        command = [SPOTLINE, "record", "--config", str(config), "--out", str(out)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while not out.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(2)
        process.send_signal(number)
        said, errors = process.communicate(timeout=20)

    assert process.returncode == 0, errors
    assert f"{open_tape(out).count:,} quotes in {out}" in said
