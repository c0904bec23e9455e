"""What the contracts hold: read in one go, compared field by field, said in plain words."""

from dataclasses import dataclass, fields
from typing import Any

from reporter.errors import ChainError, ConfigError
from reporter.models import feed_id
from scripts._management.abi import ZERO
from scripts._management.node import Node

CONFIG = ["uint32", "bytes32", "uint8", "uint8", "uint8", "bool"]
NAMES = {
    "owner": "owner",
    "pending_owner": "next owner",
    "pauser": "pauser",
    "feed_manager": "feed manager",
    "config_count": "reporter set number",
    "reporters": "reporters",
    "quorum": "quorum",
    "max_age_s": "max age",
    "paused": "updates",
    "feeds": "feeds",
}


@dataclass(frozen=True, slots=True)
class State:
    """An aggregator's settings; of a funding contract only the first two.

    Attributes:
        pending_owner: Who was offered ownership; zero for nobody. So with pauser and feed manager.
        feeds: Name and decimals of those that were asked for and exist.
    """

    owner: str
    pending_owner: str
    pauser: str = ZERO
    feed_manager: str = ZERO
    config_count: int = 0
    reporters: tuple[str, ...] = ()
    quorum: int = 0
    max_age_s: int = 0
    paused: bool = False
    feeds: tuple[tuple[str, int], ...] = ()


def read_ownership(node: Node, address: str) -> State:
    """Owner and next owner of any of our contracts."""
    if not node.code(address):
        raise ConfigError(
            f"there is no contract at {address} on chain {node.chain_id}",
            hint="check --deployment and --network",
        )
    return State(
        owner=node.view(address, "owner()", ["address"]),
        pending_owner=node.view(address, "pendingOwner()", ["address"]),
    )


def read_state(node: Node, aggregator: str, feeds: list[str]) -> State:
    """All settings of an aggregator, and which of ``feeds`` it has.

    Raises:
        ConfigError: There is no contract, or it is not an aggregator.
    """
    try:
        ownership = read_ownership(node, aggregator)
        count, _, _, quorum, max_age_s, paused = node.view(aggregator, "config()", CONFIG)
        return State(
            ownership.owner,
            ownership.pending_owner,
            pauser=node.view(aggregator, "pauser()", ["address"]),
            feed_manager=node.view(aggregator, "feedManager()", ["address"]),
            config_count=count,
            reporters=node.view(aggregator, "reporters()", ["address[]"]),
            quorum=quorum,
            max_age_s=max_age_s,
            paused=paused,
            feeds=tuple(sorted(_registered(node, aggregator, feeds).items())),
        )
    except ChainError as error:
        raise ConfigError(f"{aggregator} is not an aggregator: {error}", hint="check --deployment") from error


def _registered(node: Node, aggregator: str, feeds: list[str]) -> dict[str, int]:
    found = {name: decimals_of(node, aggregator, name) for name in feeds}
    return {name: decimals for name, decimals in found.items() if decimals is not None}


def decimals_of(node: Node, aggregator: str, name: str) -> int | None:
    """A feed's decimals; None when the aggregator does not have it."""
    try:
        return int(node.view(aggregator, "feedDecimals(bytes32)", ["uint8"], feed_id(name)))
    except ChainError as error:
        if "UnknownFeedId" in str(error):
            return None
        raise


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting before and after, for a person."""

    what: str
    before: str
    after: str


def changed(before: State, after: State) -> list[str]:
    """The names of the fields that differ."""
    return [f.name for f in fields(State) if getattr(before, f.name) != getattr(after, f.name)]


def differences(before: State, after: State) -> tuple[Difference, ...]:
    """Every setting that differs, in words."""
    return tuple(
        Difference(NAMES[name], words(name, getattr(before, name)), words(name, getattr(after, name)))
        for name in changed(before, after)
    )


def agrees(found: State, before: State, planned: State) -> bool:
    """Whether all that was to change has changed; what somebody else changed meanwhile does not matter."""
    return all(getattr(found, name) == getattr(planned, name) for name in changed(before, planned))


def described(state: State) -> list[tuple[str, str]]:
    """Every setting in words."""
    return [(title, words(name, getattr(state, name))) for name, title in NAMES.items()]


def document(state: State) -> dict[str, Any]:
    """Every setting for a program, in the names of the contract."""
    return {
        "owner": state.owner,
        "pendingOwner": state.pending_owner,
        "pauser": state.pauser,
        "feedManager": state.feed_manager,
        "configCount": state.config_count,
        "reporters": list(state.reporters),
        "quorum": state.quorum,
        "maxAge": state.max_age_s,
        "paused": state.paused,
        "feeds": dict(state.feeds),
    }


def words(name: str, value: Any) -> str:
    """A field's value for a person."""
    match name:
        case "reporters":
            return ", ".join(value)
        case "feeds":
            return ", ".join(f"{feed} ({decimals} decimals)" for feed, decimals in value) or "none"
        case "paused":
            return "paused" if value else "allowed"
        case "max_age_s":
            return f"{value} s"
    return "nobody" if value == ZERO else str(value)
