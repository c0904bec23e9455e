"""The owner changes the reporter set and the quorum while the network publishes: at most one heartbeat is lost."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from eth_abi import encode
from eth_utils.crypto import keccak

from reporter.devnet.preset import BLOCK_TIME_S, HEARTBEAT_S
from tests.system.devnets import Devnet, devnet

pytestmark = pytest.mark.system
LOST_S = 2 * HEARTBEAT_S + 2 * BLOCK_TIME_S
"""Between two rounds where one heartbeat is lost: that one, the next one, and the blocks they are mined in."""


@pytest.fixture(scope="module", params=["anvil", "hardhat"])
def net(request) -> Iterator[Devnet]:
    with devnet("--reporters", "5", "--chain", request.param) as running:
        yield running


def addresses(net: Devnet) -> list[str]:
    return [reporter["address"] for reporter in net.ready["reporters"]]


def set_config(net: Devnet, reporters: Sequence[str], quorum: int) -> int:
    """Send ``setConfig`` from the chain's first account, which deployed and owns; return its block's time."""
    data = keccak(text="setConfig(address[],uint8)")[:4] + encode(["address[]", "uint8"], [reporters, quorum])
    aggregator = net.ready["deployment"]["aggregator"]
    owner = net.rpc("eth_accounts")[0]
    sent = net.rpc("eth_sendTransaction", {"from": owner, "to": aggregator, "data": "0x" + data.hex()})
    receipt = net.wait_for("the change to be mined", lambda: net.rpc("eth_getTransactionReceipt", sent))
    assert receipt["status"] == "0x1"
    return int(net.rpc("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16)


def rounds(net: Devnet, since_s: int) -> list[tuple[int, int]]:
    """Id and block time of each round from the last one before ``since_s`` on."""
    newest = net.latest_round_data("BTC/USD")
    found = [(newest[0], newest[3])]
    while found[0][1] >= since_s and found[0][0] > 1:
        _, _, _, updated_at, _ = net.round_data("BTC/USD", found[0][0] - 1)
        found.insert(0, (found[0][0] - 1, updated_at))
    return found


def longest_gap_s(net: Devnet, changed_s: int, more: int = 3) -> int:
    """Wait for some rounds after a change; return the longest time between two from the last before it on."""
    first = net.latest_round_data("BTC/USD")[0]
    net.wait_for(f"{more} more rounds", lambda: net.latest_round_data("BTC/USD")[0] >= first + more, 40)
    times = [time for _, time in rounds(net, changed_s)]
    return max(after - before for before, after in pairwise(times))


def test_reporter_removed_and_quorum_lowered__at_most_one_heartbeat_lost(net):
    changed_s = set_config(net, addresses(net)[:4], 3)

    assert longest_gap_s(net, changed_s) <= LOST_S
    net.wait_for("the fifth to say that it is out", lambda: not net.api(4, "/readyz")[1]["ready"])


def test_quorum_raised_to_all__at_most_one_heartbeat_lost(net):
    changed_s = set_config(net, addresses(net)[:4], 4)

    assert longest_gap_s(net, changed_s) <= LOST_S


def test_one_reporter_exchanged_for_another__at_most_one_heartbeat_lost(net):
    changed_s = set_config(net, addresses(net)[1:], 3)

    assert longest_gap_s(net, changed_s) <= LOST_S
    net.wait_for("the first to say that it is out", lambda: not net.api(0, "/readyz")[1]["ready"])


def test_order_turned_round__at_most_one_heartbeat_lost(net):
    changed_s = set_config(net, addresses(net)[::-1], 4)

    assert longest_gap_s(net, changed_s) <= LOST_S


def test_changed_every_second_for_ten_seconds__goes_on_after_the_last(net):
    changed_s = [set_config(net, addresses(net)[n % 2 : n % 2 + 4], 3) for n in range(10)][-1]

    first = net.latest_round_data("BTC/USD")[0]
    net.wait_for(
        "a round after the last change", lambda: net.latest_round_data("BTC/USD")[0] > first, 2 * LOST_S
    )
    ids = [number for number, _ in rounds(net, changed_s)]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
