"""The pipeline of every command: print the plan, simulate it, ask, send, look whether it is so."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from reporter.errors import CheckFailed
from scripts._management.node import Node, Sent, Step
from scripts._management.state import Difference


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command is about to do.

    Attributes:
        facts: What it is about, each as name and text.
        trials: Calls that others will make: caller and call. Simulated, not sent.
        left: What remains to be done afterwards, and by whom.
        result: The command's own part of the JSON document.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...] = ()
    differences: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()
    trials: tuple[tuple[str, Step], ...] = ()
    left: tuple[str, ...] = ()
    result: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a command talks.

    Attributes:
        say: Prints a line for a person.
        confirm: Asks a person; False for no.
    """

    say: Callable[[str], None]
    confirm: Callable[[str], bool]
    yes: bool = False
    dry_run: bool = False


def carry_out(plan: Plan, node: Node, manner: Manner) -> dict[str, Any]:
    """Take a plan through all stages and return its JSON document.

    Raises:
        Reverted: The simulation says so; nothing was sent.
        CheckFailed: Not confirmed, or the chain is not as planned afterwards.
        ChainError: A transaction failed.
    """
    for line in lines(plan, node):
        manner.say(line)
    simulate(plan, node)
    manner.say(simulated(plan))
    if manner.dry_run or not plan.steps:
        return document(plan, node, "dry run" if manner.dry_run else "nothing to send", [])
    if not manner.yes and not manner.confirm(f"Send {_transactions(len(plan.steps))} from {node.sender}?"):
        raise CheckFailed("not confirmed: nothing was sent", hint="--yes confirms in advance")
    sent = [_send(step, node, manner) for step in plan.steps]
    return document(plan, node, "done", sent)


def simulate(plan: Plan, node: Node) -> None:
    """Call what can be called before anything is sent."""
    for caller, call in plan.trials:
        node.simulate(call.does, caller, call.to, call.data, call.value)
    for step in plan.steps:
        if not step.after_previous and step.raw is None:
            _try(step, node)


def _try(step: Step, node: Node) -> None:
    to, data = step.trial or (step.to, step.data)
    node.simulate(step.does, node.sender, to, data, step.value)


def _send(step: Step, node: Node, manner: Manner) -> Sent:
    if step.after_previous and step.raw is None:
        _try(step, node)
    sent = node.transact(step)
    manner.say(f"sent: {step.does}: {sent.transaction}, block {sent.block}, gas {sent.gas_used:,}")
    if not step.proof.holds():
        raise CheckFailed(
            f"{sent.transaction} is mined, but this does not hold: {step.proof.words}",
            hint="somebody else may have changed it meanwhile: see manage show",
        )
    manner.say(f"as planned: {step.proof.words}")
    return sent


# ---------------------------------------------------------------- words


def lines(plan: Plan, node: Node) -> list[str]:
    """The plan for a person."""
    facts = [*plan.facts, ("chain", str(node.chain_id)), ("sender", node.sender)]
    width = max(len(name) for name in [*dict(facts), *(d.what for d in plan.differences)])
    return [
        plan.title,
        *(f"  {name:{width}}  {text}" for name, text in facts),
        *(line for difference in plan.differences for line in _difference(difference, width)),
        *(f"  warning: {text}" for text in plan.warnings),
        *(line for number, step in enumerate(plan.steps, 1) for line in _step(number, step)),
        *(f"  left to do: {text}" for text in plan.left),
    ]


def _difference(difference: Difference, width: int) -> list[str]:
    if difference.what == "reporters":
        return _members(difference, width)
    return [f"  {difference.what:{width}}  {difference.before} -> {difference.after}"]


def _members(difference: Difference, width: int) -> list[str]:
    before, after = difference.before.split(", "), difference.after.split(", ")
    count = f"  {'reporters':{width}}  {len(before)} -> {len(after)}"
    moved = sorted(before) == sorted(after)
    removed = [f"    - {each}" for each in before if each not in after]
    added = [f"    + {each}" for each in after if each not in before]
    return [count + (", in another order" if moved else ""), *removed, *added]


def _step(number: int, step: Step) -> list[str]:
    data = step.raw or step.data
    shown = f"0x{data.hex()}" if len(data) <= 1_000 else f"{len(data):,} bytes"
    return [f"  {number}. {step.does}", f"     to {step.to or 'nobody (a creation)'}, data {shown}"]


def simulated(plan: Plan) -> str:
    """What the simulation has shown, and what it could not."""
    late = sum(step.after_previous for step in plan.steps)
    rest = f"; {_transactions(late)} must wait for the one before and will be simulated then" if late else ""
    return f"simulated: {'it works' if plan.steps or plan.trials else 'nothing to simulate'}{rest}"


def _transactions(number: int) -> str:
    return "1 transaction" if number == 1 else f"{number} transactions"


def document(plan: Plan, node: Node, status: str, sent: list[Sent]) -> dict[str, Any]:
    """The plan and what came of it, for a program."""
    return {
        "title": plan.title,
        "status": status,
        "chainId": node.chain_id,
        "sender": node.sender,
        "changes": [asdict(difference) for difference in plan.differences],
        "warnings": list(plan.warnings),
        "steps": [_step_document(step) for step in plan.steps],
        "transactions": [
            {"transaction": each.transaction, "block": each.block, "gasUsed": each.gas_used} for each in sent
        ],
        "left": list(plan.left),
        **dict(plan.result),
    }


def _step_document(step: Step) -> dict[str, Any]:
    data = step.raw or step.data
    return {"does": step.does, "to": step.to, "value": step.value, "data": "0x" + data.hex()}


def as_json(document: dict[str, Any]) -> str:
    """One document on stdout."""
    return json.dumps(document, indent=1)
