"""``spotline funding`` and three keepers at once, on a devnet: Anvil, real contracts, the market server's perpetuals."""

import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from reporter.devnet.preset import SAMPLE_S
from reporter.models import feed_id
from tests.system.devnets import Devnet, devnet, spotline

pytestmark = pytest.mark.system

ACCRUED = "0x" + keccak(text="Accrued(bytes32,uint256,uint256,int256,uint64)").hex()
ACCRUE = "0x" + (keccak(text="accrue(bytes32)")[:4] + feed_id("BTC/USD")).hex()
DEV_ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
PERPETUALS = {"binanceperp", "bitmex", "bybitperp", "deribit", "hyperliquid", "okxperp"}


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with devnet("--reporters", "3") as running:
        yield running


def config(net: Devnet) -> str:
    return str(net.ready["reporters"][0]["config"])


def said(net: Devnet, *words: str) -> Any:
    ended = spotline("funding", *words, "--config", config(net), "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def refused(result: Any, code: int, says: str) -> str:
    assert (result.returncode, result.stdout) == (code, ""), result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    return str(result.stderr)


def accruals(net: Devnet, after: int = 0, head: str = "latest") -> list[int]:
    """When the market accrued behind that second, Unix seconds."""
    asked = {
        "address": net.ready["deployment"]["funding"],
        "topics": [ACCRUED],
        "fromBlock": "0x0",
        "toBlock": head,
    }
    times = [int(log["data"][-64:], 16) for log in net.rpc("eth_getLogs", asked)]
    return [at for at in times if at > after]


def paid_accruals(net: Devnet, head: str) -> int:
    """How many transactions up to a block have asked for an accrual."""
    funding = net.ready["deployment"]["funding"].lower()
    blocks = [net.rpc("eth_getBlockByNumber", hex(number), True) for number in range(int(head, 16) + 1)]
    calls = [tx for block in blocks for tx in block["transactions"] if tx["to"] == funding]
    return sum(tx["input"].startswith(ACCRUE[:10]) for tx in calls)


def test_now__with_venues__ours_from_the_chain_and_six_beside_it(net: Devnet) -> None:
    (ours,) = said(net, "now", "--venues")

    assert ours["market"] == "BTC/USD"
    assert ours["nextFundingTime"] > ours["lastAccrual"] > 0
    assert ours["venueErrors"] == {}
    assert {venue["venue"] for venue in ours["venues"]} == PERPETUALS
    assert all("SIMULATED" in venue["label"] for venue in ours["venues"])
    for venue in ours["venues"]:
        assert abs(int(venue["rate8h"])) <= 5 * 10**15
        assert abs(int(venue["mark"]) - int(venue["index"])) * 250 < int(venue["index"])


def test_now__for_a_person__one_line_a_venue(net: Devnet) -> None:
    ended = spotline("funding", "now", "BTC/USD", "--venues", "--config", config(net))

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("BTC/USD, rates per 8 h, accruing\n  present    ")
    assert all(f"\n  {venue}:BTC/" in ended.stdout for venue in PERPETUALS)


def test_now__one_venue_down__the_others_and_its_error(net: Devnet) -> None:
    import urllib.request

    def fault(name: str) -> None:
        body = json.dumps({"venue": "okxperp", "fault": name, "status": 451}).encode()
        urllib.request.urlopen(net.ready["marketServer"] + "/faults", body, timeout=5).close()

    fault("status")
    try:
        found = said(net, "now", "BTC/USD", "--venues")
    finally:
        fault("none")

    assert {venue["venue"] for venue in found["venues"]} == PERPETUALS - {"okxperp"}
    assert found["venueErrors"] == {"okxperp": "okxperp: http_451"}


def test_mark_feed__six_venues__all_kept_at_their_marks(net: Devnet) -> None:
    def all_kept() -> bool:
        _, feed = net.api(0, "/api/feeds/BTC/USD-PERP")
        kept = {source["venue"] for source in feed["index"]["sources"] if source["kept"]}
        return kept == PERPETUALS and all("mark price" in s["reason"] for s in feed["index"]["sources"])

    assert net.wait_for("every perpetual venue to count", all_kept)
    assert net.latest_round_data("BTC/USD-PERP")[0] > 0


@pytest.mark.parametrize("verb", ["now", "history", "forecast"])
def test_unknown_market__any_verb__known_ones_named(net: Devnet, verb: str) -> None:
    text = refused(
        spotline("funding", verb, "DOGE/USD", "--config", config(net)), 2, "no funding market 'DOGE/USD'"
    )

    assert "hint:  funding markets: BTC/USD" in text


@pytest.mark.parametrize("verb", ["history", "forecast"])
def test_no_history__blocks_before_the_market__said_with_what_is_due(net: Devnet, verb: str) -> None:
    ended = spotline("funding", verb, "--to-block", "1", "--config", config(net))

    assert "the next is due at 2" in refused(ended, 6, "BTC/USD: no rate was fixed in blocks")


def test_no_funding_contract__any_verb__said(net: Devnet, tmp_path: Path) -> None:
    deployment = Path(config(net)).parent.parent / "deployment.json"
    document = json.loads(deployment.read_text()) | {"funding": None}
    (tmp_path / "deployment.json").write_text(json.dumps(document))
    shutil.copytree(Path(config(net)).parent, tmp_path / "reporter", ignore=shutil.ignore_patterns("data"))

    ended = spotline("funding", "now", "--config", str(tmp_path / "reporter" / "spotline.toml"))

    refused(ended, 3, "deployment.json has no funding contract")


def test_keepers__three_at_once_and_then_two__one_accrual_in_each_period(net: Devnet) -> None:
    since = max(accruals(net), default=0)
    net.wait_for("two samples", lambda: len(accruals(net, since)) >= 2, 30)
    net.kill(0)
    killed_at = max(accruals(net))
    net.wait_for("two more without the first", lambda: len(accruals(net, killed_at)) >= 2, 40)

    head = net.rpc("eth_blockNumber")
    times = accruals(net, 0, head)
    # The chain's clock lags ours by up to a second; a second keeper's accrual would come a stagger, 2 s, after the first's.
    assert min(after - before for before, after in pairwise(times)) >= SAMPLE_S - 1, times
    assert paid_accruals(net, head) == len(times)


def test_forecast__rates_fixed_over_hours__both_with_their_errors(net: Devnet) -> None:
    for reporter in (1, 2):
        net.kill(reporter)
    for _ in range(8):
        net.rpc("evm_increaseTime", 31)
        call = {
            "from": DEV_ACCOUNT,
            "to": net.ready["deployment"]["funding"],
            "data": ACCRUE,
            "gas": "0x7a120",
        }
        net.rpc("eth_sendTransaction", call)
        net.rpc("evm_mine")

    history, foretold = said(net, "history", "--limit", "6"), said(net, "forecast", "BTC/USD")
    lines = spotline("funding", "forecast", "--config", config(net)).stdout.splitlines()

    assert len(history["rates"]) == 6
    assert all(b["time"] > a["time"] for a, b in pairwise(history["rates"]))
    assert history["samples"][0]["block"] >= history["rates"][0]["block"] == history["fromBlock"]
    assert foretold["rates"] >= 6
    assert foretold["reason"] == ""
    compared = foretold["ar1"]["atStart"]["rates"]
    assert compared == foretold["rates"] - 5 == foretold["unchanged"]["atStart"]["rates"]
    assert foretold["contract"]["atStart"]["rates"] == compared
    assert int(foretold["ar1"]["atStart"]["meanAbsoluteError"]) >= 0
    assert lines[0].startswith(f"BTC/USD, from {foretold['rates']} rates")
    assert [line.split()[0] for line in lines[1:]] == ["forecast", "contract,", "contract,", "AR(1),", "the"]


@pytest.mark.parametrize("verb", ["now", "history", "forecast"])
def test_help__any_verb__has_an_example(verb: str) -> None:
    ended = spotline("funding", verb, "--help")

    assert ended.returncode == 0
    assert f"Example: spotline funding {verb}" in ended.stdout
