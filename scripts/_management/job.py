"""One run of a management command: what it works on, and how a change becomes a plan."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reporter.chain.deployment import Deployment
from reporter.errors import ConfigError
from scripts._management import owners
from scripts._management.changes import Change
from scripts._management.node import Node, Proof, Step
from scripts._management.plan import Manner, Plan, carry_out
from scripts._management.state import State, agrees, differences, read_ownership, read_state

FUNDING = "funding"


@dataclass(frozen=True, slots=True)
class Job:
    """One run: the chain, the deployment file, and which of its contracts is managed."""

    node: Node
    deployment: Deployment
    path: Path
    manner: Manner
    caller: owners.Caller
    contract: str = "aggregator"

    @property
    def address(self) -> str:
        """The managed contract. Raises ``ConfigError`` when the deployment has no such one."""
        found = self.deployment.funding if self.contract == FUNDING else self.deployment.aggregator
        if not found:
            raise ConfigError(f"{self.path} has no funding contract", hint="leave --contract out")
        return found

    def read(self) -> State:
        """The contract's settings now."""
        if self.contract == FUNDING:
            return read_ownership(self.node, self.address)
        return read_state(self.node, self.address, list(self.deployment.feeds))

    def plan(self, now: State, change: Change, read: Callable[[], State] | None = None) -> Plan:
        """A change as a plan: its call, on the way that its caller must take."""
        read = read or self.read
        proof = Proof(_outcome(now, change), lambda: agrees(read(), now, change.after))
        call = Step(change.does, self.address, change.data, proof)
        found = owners.route_any(self.caller, call, change.may)
        return replace(
            self.about(change.does, now, final=found.final),
            steps=found.steps,
            differences=differences(now, change.after),
            warnings=change.warnings,
            trials=found.trials,
            left=found.left,
        )

    def about(self, title: str, now: State, *, final: bool) -> Plan:
        """A plan without steps yet, which says what it is about."""
        owner = owners.owner_of(self.node, now.owner)
        facts = ((self.contract, self.address), ("owner", owner.line))
        told = (
            (self.contract, self.address),
            ("owner", owner.address),
            ("ownerKind", owner.kind),
            ("final", final),
        )
        return Plan(title, facts, result=told)

    def carry_out(self, plan: Plan) -> dict[str, Any]:
        """Print, simulate, ask, send, look."""
        return carry_out(plan, self.node, self.manner)

    def change(self, make: Callable[[State], Change]) -> dict[str, Any]:
        """The whole of a simple command."""
        now = self.read()
        return self.carry_out(self.plan(now, make(now)))


def _outcome(now: State, change: Change) -> str:
    return "; ".join(f"{d.what}: {d.after}" for d in differences(now, change.after))
