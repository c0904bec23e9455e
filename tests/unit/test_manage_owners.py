"""Who owns, and which way a call must take, from answers of a table."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from reporter.errors import CheckFailed
from scripts._management import owners
from scripts._management.abi import ZERO
from scripts._management.node import Step
from scripts._management.owners import (
    Caller,
    NotAllowed,
    Owner,
    owner_of,
    route,
    route_any,
    signatures,
)
from scripts._management.times import duration, utc
from tests.unit.managing import OTHER, SENDER, TARGET, Table, step

pytestmark = pytest.mark.unit

LOCK, SAFE = "0x" + "44" * 20, "0x" + "55" * 20
CALL = step()


def operation(number: int) -> bytes:
    packed = encode(
        owners.TIMELOCK_TYPES.split(","), (TARGET, 0, CALL.data, bytes(32), number.to_bytes(32, "big"))
    )
    return bytes(keccak(packed))


def timelocked(ready_at: list[int], **roles: str) -> Table:
    """A timelock of 60 s; ``ready_at`` of its first operations; who has which role."""
    table = Table(now=1_000)
    table.answer(LOCK, "getMinDelay()", ["uint256"], 60)
    for number, at in enumerate(ready_at):
        table.answer(LOCK, "getTimestamp(bytes32)", ["uint256"], at, given=(operation(number),))
    for role in ("PROPOSER_ROLE", "EXECUTOR_ROLE"):
        for who in (SENDER, OTHER, SAFE, ZERO):
            holds = roles.get(role) == who
            table.answer(LOCK, "hasRole(bytes32,address)", ["bool"], holds, given=(keccak(text=role), who))
    return table


def test_owner_of__each_kind__named_with_what_matters() -> None:
    table = timelocked([])
    table.answer(SAFE, "getOwners()", ["address[]"], [SENDER, OTHER])
    table.answer(SAFE, "getThreshold()", ["uint256"], 2)
    table.codes[TARGET] = b"\x60"
    table.codes[OTHER] = b"\xef\x01\x00" + bytes(20)
    node = table.node()

    assert owner_of(node, LOCK) == Owner(LOCK, "timelock", "waits at least 1 min")
    assert owner_of(node, SAFE).line == f"{SAFE} (Safe, 2 of 2)"
    assert [owner_of(node, each).kind for each in (SENDER, OTHER, TARGET, ZERO)] == [
        "account",
        "account",
        "contract",
        "nobody",
    ]


def test_route__the_sender__the_call_itself() -> None:
    found = route(Caller(Table().node()), CALL, SENDER)

    assert (found.steps, found.final, found.left) == ((CALL,), True, ())


def test_route__another_account__refused_with_both() -> None:
    with pytest.raises(NotAllowed) as caught:
        route(Caller(Table().node()), CALL, OTHER)

    assert str(caught.value) == f"{SENDER} may not do it: {OTHER} may"


def test_route_any__pauser_and_owner_are_others__refused_by_the_owner() -> None:
    with pytest.raises(NotAllowed, match=f"{OTHER} may$"):
        route_any(Caller(Table().node()), CALL, (ZERO, OTHER))


def test_timelock__done_twice_before__third_salt_is_scheduled() -> None:
    table = timelocked([1, 1, 0], PROPOSER_ROLE=SENDER)

    found = route(Caller(table.node()), CALL, LOCK)

    arguments = (TARGET, 0, CALL.data, bytes(32), (2).to_bytes(32, "big"), 60)
    assert found.steps[0].data[4:] == encode(
        ["address", "uint256", "bytes", "bytes32", "bytes32", "uint256"], arguments
    )
    assert found.trials == ((LOCK, CALL),)
    assert not found.final


def test_timelock__one_second_early__refused_with_the_time() -> None:
    table = timelocked([1_001], EXECUTOR_ROLE=SENDER)

    with pytest.raises(CheckFailed) as caught:
        route(Caller(table.node()), CALL, LOCK)

    assert str(caught.value) == f"too early: the timelock {LOCK} may do it from 1970-01-01T00:16:41Z, in 1 s"


@pytest.mark.parametrize("executor", [SENDER, ZERO])
def test_timelock__ready__executed_by_the_executor_or_by_anyone(executor: str) -> None:
    table = timelocked([1_000], EXECUTOR_ROLE=executor)

    found = route(Caller(table.node()), CALL, LOCK)

    assert (found.steps[0].does, found.steps[0].to, found.final) == (
        "execute in the timelock: do it",
        LOCK,
        True,
    )
    assert found.steps[0].proof == CALL.proof


def test_timelock__longer_delay__as_asked() -> None:
    found = route(Caller(timelocked([0], PROPOSER_ROLE=SENDER).node(), delay_s=3_600), CALL, LOCK)

    assert (3_600).to_bytes(32, "big") in found.steps[0].data
    assert found.left == ("1 h after it is scheduled, run the same command again to execute it",)


def test_via__a_safe_that_proposes__both_calls_are_tried() -> None:
    table = timelocked([0], PROPOSER_ROLE=SAFE)
    in_safe(table, [SENDER, OTHER], approved=[], call=None)

    found = route(Caller(table.node(), via=SAFE), CALL, LOCK)

    assert [caller for caller, _ in found.trials] == [LOCK, SAFE]
    assert [(each.does, each.to) for each in found.steps] == [
        ("approve in the Safe: schedule in the timelock: do it", SAFE)
    ]


def in_safe(table: Table, holders: list[str], approved: list[str], call: Step | None = CALL) -> None:
    """A Safe of two signatures whose transaction hash is always the same."""
    table.answer(SAFE, "getOwners()", ["address[]"], holders)
    table.answer(SAFE, "getThreshold()", ["uint256"], 2)
    table.answer(SAFE, "nonce()", ["uint256"], 9)
    digest = b"\xab" * 32
    signature = f"getTransactionHash({owners.SAFE_TYPES},uint256)"
    inner = call or _scheduled()
    given = (inner.to, 0, inner.data, 0, 0, 0, 0, ZERO, ZERO, 9)
    table.answer(SAFE, signature, ["bytes32"], digest, given=given)
    for holder in holders:
        table.answer(
            SAFE,
            "approvedHashes(address,bytes32)",
            ["uint256"],
            int(holder in approved),
            given=(holder, digest),
        )


def _scheduled() -> Step:
    return route(Caller(timelocked([0], PROPOSER_ROLE=SENDER).node()), CALL, LOCK).steps[0]


def test_safe__first_of_two__approves_and_says_what_is_left() -> None:
    table = Table()
    in_safe(table, [SENDER, OTHER], approved=[])

    found = route(Caller(table.node()), CALL, SAFE)

    assert found.steps[0].data.hex() == "d4d9bdcd" + "ab" * 32
    assert found.left[0].endswith(f"with nonce 9 and hash 0x{'ab' * 32}")
    assert found.left[1] == f"do it: {SAFE} must call {TARGET} with data 0x12345678"


def test_safe__the_other_has_approved__executes_with_owners_ascending() -> None:
    table = Table()
    in_safe(table, [OTHER, SENDER], approved=[OTHER])

    found = route(Caller(table.node()), CALL, SAFE)

    assert found.final
    assert signatures([SENDER, OTHER]) in found.steps[0].data


def test_signatures__one_owner__r_is_it_and_v_is_one() -> None:
    assert signatures([SENDER]).hex() == "00" * 12 + "11" * 20 + "00" * 32 + "01"


def test_trial__a_call_that_must_wait__is_not_tried_early() -> None:
    table = Table()
    in_safe(table, [SENDER, OTHER], approved=[])

    assert route(Caller(table.node()), replace(CALL, after_previous=True), SAFE).trials == ()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (90_061, "1 d 1 h 1 min 1 s"), (172_800, "2 d")]
)
def test_duration__seconds__largest_units(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_utc__a_time__in_utc() -> None:
    at = datetime(2026, 11, 21, 15, 0, 1, tzinfo=UTC)

    assert utc(int(at.timestamp())) == "2026-11-21T15:00:01Z"
