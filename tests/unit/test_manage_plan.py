"""The pipeline: what is printed, what is simulated by whom, and that nothing is sent that was refused."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.errors import CheckFailed
from scripts._management import plan
from scripts._management.node import Proof, Reverted
from scripts._management.plan import Manner, Plan, carry_out, lines
from scripts._management.state import Difference
from tests.unit.managing import OTHER, SENDER, TARGET, Table, step

pytestmark = pytest.mark.unit

PLAN = Plan("change it", (("aggregator", TARGET),), (step(),))
SELECTOR = bytes.fromhex("12345678")


def manner(said: list[str], answer: bool = True, **more: bool) -> Manner:
    return Manner(said.append, lambda question: bool(said.append(question)) or answer, **more)


def test_carry_out__confirmed__says_everything_in_order_and_sends() -> None:
    table, said = Table(), list[str]()

    found = carry_out(PLAN, table.node(), manner(said))

    assert said == [
        "change it",
        f"  aggregator  {TARGET}",
        "  chain       1",
        f"  sender      {SENDER}",
        "  1. do it",
        f"     to {TARGET}, data 0x12345678",
        "simulated: it works",
        f"Send 1 transaction from {SENDER}?",
        "sent: do it: 0xaa, block 7, gas 21,000",
        "as planned: it holds",
    ]
    assert table.callers == [(SENDER, "0x12345678")]
    assert (found["status"], found["transactions"]) == (
        "done",
        [{"transaction": "0xaa", "block": 7, "gasUsed": 21_000}],
    )


@pytest.mark.parametrize("answer", [True, False])
def test_carry_out__would_revert__nothing_is_asked_or_sent(answer: bool) -> None:
    table, said = Table(), list[str]()
    table.reverts[SELECTOR] = "0x118cdaa7" + SENDER[2:].rjust(64, "0")

    with pytest.raises(Reverted) as caught:
        carry_out(PLAN, table.node(), manner(said, answer))

    assert str(caught.value) == f"would revert: do it: OwnableUnauthorizedAccount(account={SENDER})"
    assert caught.value.hint.startswith("nothing was sent; only the owner may do this")
    assert table.sent == []
    assert not any("Send" in line for line in said)


def test_carry_out__no__nothing_sent() -> None:
    table = Table()

    with pytest.raises(CheckFailed, match=r"^not confirmed: nothing was sent$"):
        carry_out(PLAN, table.node(), manner([], answer=False))

    assert table.sent == []


def test_carry_out__dry_run__simulated_and_not_asked() -> None:
    table, said = Table(), list[str]()

    found = carry_out(PLAN, table.node(), manner(said, dry_run=True))

    assert (found["status"], table.sent, said[-1]) == ("dry run", [], "simulated: it works")


def test_carry_out__a_call_that_others_make__simulated_from_them() -> None:
    table = Table()

    carry_out(replace(PLAN, steps=(), trials=((OTHER, step()),)), table.node(), manner([]))

    assert table.callers == [(OTHER, "0x12345678")]


def test_carry_out__a_step_that_waits__simulated_only_after_the_one_before() -> None:
    table = Table()
    late = step("then this", b"\x99\x99\x99\x99", after_previous=True)
    said = list[str]()

    carry_out(replace(PLAN, steps=(step(), late)), table.node(), manner(said, yes=True))

    assert [data for _, data in table.callers] == ["0x12345678", "0x99999999"]
    assert (
        "simulated: it works; 1 transaction must wait for the one before and will be simulated then" in said
    )


def test_carry_out__second_step_reverts__first_stays_and_second_is_not_sent() -> None:
    table = Table()
    table.reverts[b"\x99\x99\x99\x99"] = "0x"
    late = step("then this", b"\x99\x99\x99\x99", after_previous=True)

    with pytest.raises(Reverted, match="would revert: then this: execution reverted"):
        carry_out(replace(PLAN, steps=(step(), late)), table.node(), manner([], yes=True))

    assert [sent.does for sent in table.sent] == ["do it"]


def test_carry_out__mined_but_not_as_planned__says_what_does_not_hold() -> None:
    unheld = step(proof=Proof("updates: paused", lambda: False))

    with pytest.raises(CheckFailed, match=r"^0xaa is mined, but this does not hold: updates: paused$"):
        carry_out(replace(PLAN, steps=(unheld,)), Table().node(), manner([], yes=True))


def test_lines__reporters__added_and_removed_one_a_line() -> None:
    plan = replace(PLAN, steps=(), differences=(Difference("reporters", "A, B", "B, C, D"),))

    assert lines(plan, Table().node())[4:] == ["  reporters   2 -> 3", "    - A", "    + C", "    + D"]


def test_lines__reporters_in_another_order__says_so() -> None:
    plan = replace(PLAN, steps=(), differences=(Difference("reporters", "A, B", "B, A"),))

    assert lines(plan, Table().node())[4:] == ["  reporters   2 -> 2, in another order"]


def test_modules__all_but_two__know_no_ape() -> None:
    """So that what decides and talks is tested without a chain."""
    folder = Path(plan.__file__).parent

    knowing = {
        path.name
        for path in folder.glob("*.py")
        if re.search(r"^(from|import) ape\b", path.read_text(), re.M)
    }

    assert knowing == {"build.py", "session.py"}
