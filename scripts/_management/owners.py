"""The way of a call: straight, through a timelock, through a Safe, or through a Safe that holds a role in a timelock.

Each kind of owner turns the call into one that somebody else must make; whoever that is, is routed in the same way.
"""

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from reporter.errors import ChainError, CheckFailed
from scripts._management.abi import ZERO, call_data
from scripts._management.node import Node, Proof, Step
from scripts._management.times import duration, utc

TIMELOCK_TYPES = "address,uint256,bytes,bytes32,bytes32"
SAFE_TYPES = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
DONE = 1
DELEGATED = b"\xef\x01\x00"  # EIP-7702: a key's account, whatever code it lends itself


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may make a call, and of which kind: account, timelock, Safe or contract."""

    address: str
    kind: str
    detail: str = ""

    @property
    def line(self) -> str:
        """For the plan."""
        return f"{self.address} ({', '.join(filter(None, (self.kind, self.detail)))})"


@dataclass(frozen=True, slots=True)
class Route:
    """How a call gets made.

    Attributes:
        steps: What the sender can do about it now; may be none.
        trials: Calls that must work although the sender does not make them: caller and call.
        left: What others, or a later run, must do.
        final: Whether the steps make the call itself.
    """

    steps: tuple[Step, ...]
    trials: tuple[tuple[str, Step], ...] = ()
    left: tuple[str, ...] = ()
    final: bool = False


class NotAllowed(CheckFailed):
    """The sender can do nothing about a call."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender, a Safe to go through (None for none), and how long a timelock is told to wait (None: its minimum)."""

    node: Node
    via: str | None = None
    delay_s: int | None = None


def owner_of(node: Node, address: str) -> Owner:
    """What kind of owner is at an address."""
    code = node.code(address)
    if not code or code.startswith(DELEGATED):
        return Owner(address, "nobody" if address == ZERO else "account")
    if (delay_s := _maybe(node, address, "getMinDelay()", ["uint256"])) is not None:
        return Owner(address, "timelock", f"waits at least {duration(delay_s)}")
    owners = _maybe(node, address, "getOwners()", ["address[]"])
    threshold = _maybe(node, address, "getThreshold()", ["uint256"])
    if owners and threshold:
        return Owner(address, "Safe", f"{threshold} of {len(owners)}")
    return Owner(address, "contract")


def _maybe(node: Node, address: str, signature: str, outputs: list[str]) -> Any:
    try:
        return node.view(address, signature, outputs)
    except ChainError:
        return None


def route_any(caller: Caller, call: Step, may: tuple[str, ...]) -> Route:
    """The way through the first of those who may make the call by which the sender gets on; else through the last.

    Raises:
        NotAllowed: The last is an account, and not the sender.
    """
    for by in may[:-1]:
        if by in (caller.node.sender, caller.via) or owner_of(caller.node, by).kind == "Safe":
            found = route(caller, call, by)
            if found.steps:
                return found
    return route(caller, call, may[-1])


def route(caller: Caller, call: Step, by: str) -> Route:
    """The way of a call that ``by`` must make."""
    if by == caller.node.sender:
        return Route((call,), final=True)
    kind = owner_of(caller.node, by).kind
    if kind == "timelock":
        return _with_trial(_through_timelock(caller, call, by), by, call)
    if kind == "Safe":
        return _with_trial(_through_safe(caller.node, call, by), by, call)
    if kind == "contract":
        return _with_trial(Route((), left=(_proposal(by, call),)), by, call)
    raise NotAllowed(
        f"{caller.node.sender} may not {call.does}: {by} may",
        hint="choose that account with --account",
    )


def _with_trial(found: Route, by: str, call: Step) -> Route:
    return found if call.after_previous else replace(found, trials=((by, call), *found.trials))


def _proposal(by: str, call: Step) -> str:
    return f"{call.does}: {by} must call {call.to} with data 0x{call.data.hex()}"


# ---------------------------------------------------------------- timelock


def _through_timelock(caller: Caller, call: Step, timelock: str) -> Route:
    node = caller.node
    salt, operation, ready_at = _operation(node, timelock, call)
    arguments = (call.to, 0, call.data, bytes(32), salt)
    if not ready_at:
        return _schedule(caller, call, timelock, arguments, operation)
    if (wait_s := ready_at - node.now()) > 0:
        raise CheckFailed(
            f"too early: the timelock {timelock} may {call.does} from {utc(ready_at)}, in {duration(wait_s)}",
            hint="run the same command again then",
        )
    data = call_data(f"execute({TIMELOCK_TYPES})", *arguments)
    execute = replace(call, does=f"execute in the timelock: {call.does}", to=timelock, data=data)
    return _by_role(caller, execute, timelock, "EXECUTOR_ROLE")


def _operation(node: Node, timelock: str, call: Step) -> tuple[bytes, str, int]:
    """Salt, id and time of the first operation with this call that is not done. The salt counts how often it was done."""
    for number in count():
        salt = number.to_bytes(32, "big")
        packed = encode(TIMELOCK_TYPES.split(","), (call.to, 0, call.data, bytes(32), salt))
        operation = keccak(packed)
        ready_at = node.view(timelock, "getTimestamp(bytes32)", ["uint256"], operation)
        if ready_at != DONE:
            return salt, "0x" + operation.hex(), ready_at
    raise AssertionError("count() ends")


def _schedule(caller: Caller, call: Step, timelock: str, arguments: tuple[Any, ...], operation: str) -> Route:
    node = caller.node
    least_s = node.view(timelock, "getMinDelay()", ["uint256"])
    delay_s = least_s if caller.delay_s is None else caller.delay_s
    if delay_s < least_s:
        raise CheckFailed(
            f"delay {delay_s} s is shorter than the {least_s} s of the timelock", hint="leave --delay out"
        )
    pending = Proof(
        f"operation {operation} is scheduled",
        lambda: node.view(timelock, "isOperationPending(bytes32)", ["bool"], bytes.fromhex(operation[2:])),
    )
    data = call_data(f"schedule({TIMELOCK_TYPES},uint256)", *arguments, delay_s)
    schedule = Step(
        f"schedule in the timelock: {call.does}", timelock, data, pending, after_previous=call.after_previous
    )
    found = _by_role(caller, schedule, timelock, "PROPOSER_ROLE")
    again = f"{duration(delay_s)} after it is scheduled, run the same command again to execute it"
    return replace(found, left=(*found.left, again), final=False)


def _by_role(caller: Caller, call: Step, timelock: str, role: str) -> Route:
    for by in (caller.node.sender, caller.via):
        if by and _has_role(caller.node, timelock, role, by):
            return route(caller, call, by)
    if caller.via:
        raise NotAllowed(f"{caller.via} has no {role} in the timelock {timelock}", hint="give another --via")
    return Route(
        (),
        left=(_proposal(f"an account with the {role} of {timelock}", call), "if that is a Safe: --via SAFE"),
    )


def _has_role(node: Node, timelock: str, role: str, account: str) -> bool:
    """Whether an account has a role; the executor's may be open to everybody."""
    holders = (account, ZERO) if role == "EXECUTOR_ROLE" else (account,)
    return any(
        node.view(timelock, "hasRole(bytes32,address)", ["bool"], keccak(text=role), each) for each in holders
    )


# ---------------------------------------------------------------- Safe


def _through_safe(node: Node, call: Step, safe: str) -> Route:
    owners = node.view(safe, "getOwners()", ["address[]"])
    threshold = node.view(safe, "getThreshold()", ["uint256"])
    nonce = node.view(safe, "nonce()", ["uint256"])
    rest = (0, 0, 0, ZERO, ZERO)
    given = (call.to, 0, call.data, 0, *rest)
    digest = node.view(safe, f"getTransactionHash({SAFE_TYPES},uint256)", ["bytes32"], *given, nonce)
    approved = [owner for owner in owners if _approved(node, safe, owner, digest)]
    ready = sorted({*approved, *({node.sender} & set(owners))}, key=lambda owner: int(owner, 16))
    if len(ready) >= threshold:
        data = call_data(f"execTransaction({SAFE_TYPES},bytes)", *given, signatures(ready[:threshold]))
        execute = replace(call, does=f"execute in the Safe: {call.does}", to=safe, data=data)
        return Route((execute,), final=True)
    more = threshold - len(ready)
    left = (
        f"{more} more of the Safe's {len(owners)} owners must run the same command, or approve there the transaction "
        f"with nonce {nonce} and hash 0x{digest.hex()}",
        _proposal(safe, call),
    )
    if node.sender not in owners or node.sender in approved:
        return Route((), left=left)
    return Route((_approve(node, call, safe, digest),), left=left)


def _approve(node: Node, call: Step, safe: str, digest: bytes) -> Step:
    proof = Proof(
        f"{node.sender} approved 0x{digest.hex()}", lambda: _approved(node, safe, node.sender, digest)
    )
    data = call_data("approveHash(bytes32)", digest)
    return Step(f"approve in the Safe: {call.does}", safe, data, proof, after_previous=call.after_previous)


def _approved(node: Node, safe: str, owner: str, digest: bytes) -> bool:
    return bool(node.view(safe, "approvedHashes(address,bytes32)", ["uint256"], owner, digest))


def signatures(owners: list[str]) -> bytes:
    """Safe's form of "approved on-chain, or the sender": r = owner, s = 0, v = 1; owners ascending."""
    return b"".join(bytes.fromhex(owner[2:]).rjust(32, b"\0") + bytes(32) + b"\x01" for owner in owners)
