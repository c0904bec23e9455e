"""SIGHUP under a running node: real processes, a real chain, the configuration changed on disk."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.system.devnets import Devnet, devnet

pytestmark = pytest.mark.system
HEARTBEAT_S, BLOCK_S = 5, 1


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with devnet("--reporters", "4") as made:
        yield made


def config_of(net: Devnet, reporter: int = 0) -> Path:
    return Path(net.ready["reporters"][reporter]["config"])


def change(net: Devnet, edit: Callable[[str], str], reporter: int = 0) -> None:
    """Write a reporter's configuration anew and send it SIGHUP."""
    path = config_of(net, reporter)
    before = path.read_text()
    after = edit(before)
    assert after != before
    path.write_text(after)
    hang_up(net, reporter)


def hang_up(net: Devnet, reporter: int = 0) -> None:
    os.kill(net.ready["reporters"][reporter]["pid"], signal.SIGHUP)


def status(net: Devnet, reporter: int = 0) -> dict[str, Any]:
    return dict(net.api(reporter, "/api/status")[1])


def loaded_ms(net: Devnet, reporter: int = 0) -> int:
    return int(status(net, reporter)["configuration"]["loadedMs"])


def reloaded(net: Devnet, since_ms: int, reporter: int = 0) -> None:
    net.wait_for("a reload", lambda: loaded_ms(net, reporter) > since_ms)


def logs(net: Devnet, reporter: int = 0) -> list[dict[str, Any]]:
    text = (net.folder / f"reporter-{reporter + 1}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def events(net: Devnet, name: str, reporter: int = 0) -> list[dict[str, Any]]:
    return [entry for entry in logs(net, reporter) if entry["event"] == name]


def rounds(net: Devnet) -> list[dict[str, Any]]:
    return list(net.api(1, "/api/rounds?feed=BTC/USD&limit=1000")[1])


def test_reload__threshold_venue_and_limits_changed__in_force_without_a_restart(net: Devnet) -> None:
    before_ms, pid = loaded_ms(net), net.ready["reporters"][0]["pid"]
    started_ms = status(net)["startedMs"]
    venues = set(status(net)["venues"])
    gone = sorted(venues - {"deribit"})[0]

    def edit(text: str) -> str:
        text = text.replace("deviation_bps = 10", "deviation_bps = 37")
        markets = [part for part in text.split('"') if part.startswith(f"{gone}:")]
        for market in dict.fromkeys(markets):
            text = text.replace(f'"{market}", ', "").replace(f', "{market}"', "")
        return text

    change(net, edit)
    reloaded(net, before_ms)

    feed = net.api(0, "/api/feeds/BTC/USD")[1]
    assert feed["deviationBps"] == 37
    assert set(status(net)["venues"]) == venues - {gone}
    assert gone not in {source["venue"] for source in feed["index"]["sources"]}
    assert status(net)["startedMs"] == started_ms
    os.kill(pid, 0)
    assert "feeds" in events(net, "configuration reloaded")[-1]["changed"]


def test_reload__bad_files__refused_with_key_and_hint_and_nothing_changes(net: Devnet) -> None:
    path = config_of(net)
    good, before = path.read_text(), status(net)["configuration"]["loadedMs"]
    cases = {
        "feeds.0.deviation_bps": good.replace("deviation_bps = ", "deviation_bps = -", 1),
        "surprise": "surprise = 1\n" + good,
        "node.api_listen": good.replace("api_listen = ", 'api_listen = "127.0.0.1:1"\n#', 1),
        "chain.rpc_urls": good.replace(net.rpc_url, "http://127.0.0.1:9", 1),
        "": good.replace("[node]", "[node", 1),
    }
    for key, text in cases.items():
        seen = len(events(net, "configuration not reloaded"))
        path.write_text(text)
        hang_up(net)
        net.wait_for(key, lambda seen=seen: len(events(net, "configuration not reloaded")) > seen)
        told = events(net, "configuration not reloaded")[-1]
        assert told["key"] == key
        assert "SIGHUP" in told["advice"]
        assert status(net)["configuration"]["loadedMs"] == before
        assert status(net)["configuration"]["problem"]
    path.write_text(good)
    hang_up(net)
    reloaded(net, before)

    assert status(net)["configuration"]["problem"] == ""


def test_reload__many_in_a_row_on_all_nodes__rounds_go_on_and_nothing_is_signed_twice(net: Devnet) -> None:
    first = rounds(net)[0]["roundId"]
    until = time.monotonic() + 20
    number = 0
    while time.monotonic() < until:
        number += 1
        for reporter in range(4):
            path = config_of(net, reporter)
            text = path.read_text()
            other = (
                text.replace("poll_ms = 500", "poll_ms = 501") if number % 2 else text.replace("501", "500")
            )
            path.write_text(other)
            hang_up(net, reporter)
            hang_up(net, reporter)
        time.sleep(0.5)
    net.wait_for("the last reloads", lambda: all(events(net, "configuration reloaded", r) for r in range(4)))
    seen = [r for r in rounds(net) if r["roundId"] >= first]

    times = sorted(r["updatedAt"] for r in seen)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(events(net, "configuration reloaded", 1)) >= 10
    assert len(seen) >= 3
    assert max(gaps) <= 2 * HEARTBEAT_S + BLOCK_S  # at most one heartbeat is missed
    assert [r["roundId"] for r in seen] == list(range(seen[0]["roundId"], first - 1, -1))
    for reporter in range(4):
        assert not [entry for entry in logs(net, reporter) if entry.get("level") == "critical"]
        key = status(net, reporter)["gasKey"]
        pending = int(net.rpc("eth_getTransactionCount", key["address"], "pending"), 16)
        latest = int(net.rpc("eth_getTransactionCount", key["address"], "latest"), 16)
        assert pending - latest <= 1
