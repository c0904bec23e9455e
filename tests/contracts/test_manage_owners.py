"""Ownership by a timelock, by a Safe, and by a Safe that proposes to a timelock."""

import pytest

from scripts._management import owners, session
from scripts._management.node import Proof, Reverted, Step
from scripts._management.plan import Plan, simulate

pytestmark = pytest.mark.chain

AS = [("--account", f"TEST::{i}") for i in range(4)]
DAY_S = 86_400


def timelocked(desk, proposer, *, executor=None):
    """The aggregator owned by a timelock of a day."""
    roles = ("--proposer", proposer, *(("--executor", executor) if executor else ()))
    return desk.json("timelock", *AS[0], "--min-delay", DAY_S, *roles)["contracts"]["timelock"]


def accept_through_timelock(desk, chain, *via):
    desk.run("accept", *AS[1], *via)
    chain.mine(deltatime=DAY_S)
    desk.run("accept", *AS[1], *via)


def safe(desk, accounts, threshold=2):
    """A Safe of the accounts 1 to 3 that is offered ownership."""
    owners = [word for account in accounts[1:4] for word in ("--owner", account.address)]
    return desk.json("safe", *AS[0], *owners, "--threshold", threshold)["contracts"]["Safe"]


# ---------------------------------------------------------------- timelock


def test_timelock__schedule_wait_execute__then_it_owns_and_changes(deployed, accounts, chain):
    timelock = timelocked(deployed, accounts[1].address)
    accept_through_timelock(deployed, chain)
    assert deployed.aggregator.owner() == timelock

    scheduled = deployed.json("max-age", *AS[1], 90)
    early = deployed.refusal("max-age", *AS[1], 90)
    chain.mine(deltatime=DAY_S)
    executed = deployed.json("max-age", *AS[1], 90)

    assert scheduled["left"] == ["1 d after it is scheduled, run the same command again to execute it"]
    assert (scheduled["final"], executed["final"], executed["left"]) == (False, True, [])
    assert (early[0], early[1].split(" from ")[0]) == (
        4,
        f"error: too early: the timelock {timelock} may change the max age to 90 s",
    )
    assert early[1].endswith("\nhint:  run the same command again then")
    assert deployed.aggregator.config().maxAge == 90


def test_timelock__the_same_change_a_second_time__then_scheduled_anew(deployed, accounts, chain):
    timelocked(deployed, accounts[1].address)
    accept_through_timelock(deployed, chain)
    for command in ("pause", "unpause"):
        deployed.run(command, *AS[1])
        chain.mine(deltatime=DAY_S)
        deployed.run(command, *AS[1])

    again = deployed.json("pause", *AS[1])

    assert again["steps"][0]["does"] == "schedule in the timelock: pause updates"
    assert not deployed.aggregator.config().paused


def test_timelock__sender_without_role__then_calldata_to_propose_and_nothing_sent(deployed, accounts):
    timelock = timelocked(deployed, accounts[1].address)
    nonce = accounts[2].nonce

    found = deployed.json("accept", *AS[2])

    assert (found["status"], found["steps"], accounts[2].nonce) == ("nothing to send", [], nonce)
    proposal, hint, again = found["left"]
    start = "schedule in the timelock: accept ownership: an account with the PROPOSER_ROLE of "
    assert proposal.startswith(f"{start}{timelock} must call {timelock} with data 0x01d5062a")
    assert "79ba5097" in proposal  # acceptOwnership() inside
    assert hint == "if that is a Safe: --via SAFE"
    assert again.startswith("1 d after")


def test_timelock__executor_anyone__then_a_stranger_executes(deployed, accounts, chain):
    timelock = timelocked(deployed, accounts[1].address, executor="anyone")
    deployed.run("accept", *AS[1])
    chain.mine(deltatime=DAY_S)

    deployed.run("accept", *AS[3])

    assert deployed.aggregator.owner() == timelock


def test_timelock__delay_below_its_minimum__then_refused(deployed, accounts):
    timelocked(deployed, accounts[1].address)

    assert deployed.refusal("accept", *AS[1], "--delay", 5) == (
        4,
        f"error: delay 5 s is shorter than the {DAY_S} s of the timelock\nhint:  leave --delay out",
    )


def test_timelock__pauser_beside_it__then_pauses_at_once(deployed, accounts, chain):
    deployed.run("set-pauser", *AS[0], accounts[2].address)
    timelocked(deployed, accounts[1].address)
    accept_through_timelock(deployed, chain)

    deployed.run("pause", *AS[2])

    assert deployed.aggregator.config().paused


def test_timelock__add_feed__then_contract_and_file_only_when_executed(deployed, accounts, chain):
    timelocked(deployed, accounts[1].address)
    accept_through_timelock(deployed, chain)

    scheduled = deployed.json("add-feed", *AS[1], "SOL/USD", 8)
    feeds = deployed.document["feeds"]
    chain.mine(deltatime=DAY_S)
    deployed.run("add-feed", *AS[1], "SOL/USD", 8)

    assert scheduled["left"][-1] == "then run the same command again to create its contract"
    assert "SOL/USD" not in feeds
    assert deployed.document["feeds"]["SOL/USD"]["decimals"] == 8


def test_timelock__what_it_would_do_reverts__then_said_before_it_is_scheduled(
    deployed, accounts, chain, owner
):
    """Nobody waits a day to learn that a call fails."""
    timelock = timelocked(deployed, accounts[1].address)
    accept_through_timelock(deployed, chain)
    node = session.connect("TEST::1")
    data = bytes.fromhex(deployed.aggregator.setMaxAge.encode_input(0).hex().removeprefix("0x"))
    call = Step("set max age 0", deployed.document["aggregator"], data, Proof("", lambda: True))
    found = owners.route(owners.Caller(node), call, timelock)

    with pytest.raises(Reverted) as caught:
        simulate(Plan("t", steps=found.steps, facts=(), trials=found.trials), node)

    assert caught.value.reason == "MaxAgeOutOfRange(given=0)"


# ---------------------------------------------------------------- Safe


def test_safe__two_of_three__then_first_approves_and_second_executes(deployed, accounts):
    address = safe(deployed, accounts)

    first = deployed.json("accept", *AS[1])
    owner_between = deployed.aggregator.owner()
    second = deployed.json("accept", *AS[2])

    assert first["steps"][0]["does"] == "approve in the Safe: accept ownership"
    assert first["left"][0].startswith(
        "1 more of the Safe's 3 owners must run the same command, or approve there"
    )
    assert first["left"][1] == (
        f"accept ownership: {address} must call {deployed.document['aggregator']} with data 0x79ba5097"
    )
    assert owner_between == accounts[0]
    assert second["steps"][0]["does"] == "execute in the Safe: accept ownership"
    assert deployed.aggregator.owner() == address
    assert deployed.json("show")["ownerKind"] == "Safe"


def test_safe__owns__then_two_owners_change_a_setting(deployed, accounts):
    safe(deployed, accounts)
    for who in (AS[1], AS[2]):
        deployed.run("accept", *who)

    for who in (AS[3], AS[1]):
        deployed.run("max-age", *who, 90)

    assert deployed.aggregator.config().maxAge == 90


def test_safe__enough_approvals__then_a_stranger_may_execute(deployed, accounts):
    address = safe(deployed, accounts, threshold=2)
    deployed.run("accept", *AS[1])
    digest = deployed.json("accept", *AS[1])["left"][0].split("hash ")[1]
    data = bytes.fromhex("d4d9bdcd" + digest[2:])
    accounts[3].transfer(address, 0, data=data)

    deployed.run("accept", *AS[0])

    assert deployed.aggregator.owner() == address


def test_safe__stranger_or_approved_already__then_nothing_to_send(deployed, accounts):
    safe(deployed, accounts)
    deployed.run("accept", *AS[1])
    nonces = [accounts[i].nonce for i in (0, 1)]

    found = [deployed.json("accept", *who) for who in (AS[0], AS[1])]

    assert [each["status"] for each in found] == ["nothing to send"] * 2
    assert [accounts[i].nonce for i in (0, 1)] == nonces


def test_safe__its_contracts__then_of_the_published_version(deployed, accounts, project):
    node = session.connect("TEST::0")
    address = safe(deployed, accounts)

    assert node.view(address, "VERSION()", ["string"]) == "1.5.0"
    assert set(node.view(address, "getOwners()", ["address[]"])) == {a.address for a in accounts[1:4]}


def test_safe__only_create__then_there_and_offered_nothing(deployed, accounts):
    """Whoever pays may create one: it belongs to its owners."""
    words = ("--owner", accounts[1].address, "--threshold", 1, "--only-create")

    made = deployed.json("safe", *AS[3], *words)
    again = deployed.json("safe", *AS[3], *words)

    assert deployed.json("show")["pendingOwner"] == "0x" + "0" * 40
    assert (made["status"], made["steps"][-1]["does"]) == ("done", "create the Safe")
    if deployed.has_proxy:
        assert (again["status"], again["contracts"]) == ("nothing to send", made["contracts"])


def test_safe_behind_a_timelock__approve_schedule_wait_execute__then_it_owns(deployed, accounts, chain):
    proposer = safe(deployed, accounts)
    timelock = timelocked(deployed, proposer)
    via = ("--via", proposer)

    deployed.run("accept", *AS[1], *via)
    scheduled = deployed.json("accept", *AS[2], *via)
    chain.mine(deltatime=DAY_S)
    deployed.run("accept", *AS[1], *via)
    deployed.run("accept", *AS[3], *via)

    assert scheduled["steps"][0]["does"] == "execute in the Safe: schedule in the timelock: accept ownership"
    assert deployed.aggregator.owner() == timelock


def test_via__a_safe_without_role__then_refused(deployed, accounts):
    other = safe(deployed, accounts)
    timelock = timelocked(deployed, accounts[1].address)

    assert deployed.refusal("accept", *AS[2], "--via", other) == (
        4,
        f"error: {other} has no PROPOSER_ROLE in the timelock {timelock}\nhint:  give another --via",
    )


def test_other_contract__owns__then_calldata_and_nothing_sent(deployed, accounts, project, owner):
    """An owner of a kind that we do not know is told what to call; here a feed's contract stands for one."""
    stranger = deployed.document["feeds"]["BTC/USD"]["address"]
    deployed.run("transfer", *AS[0], stranger)

    found = deployed.json("accept", *AS[0])

    assert found["left"] == [
        f"accept ownership: {stranger} must call {deployed.document['aggregator']} with data 0x79ba5097"
    ]
    assert found["status"] == "nothing to send"
