"""Reading the configuration again while the node runs (SIGHUP): checked whole, then put in place at once, or refused.

Locks, keys, ledger, journal, book, the index's memory and a transaction under way stay. Venues that are asked as before go
on undisturbed. What peers ask for a second that was signed already is answered from the ledger, under any configuration.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from pydantic import BaseModel

from reporter.chain.deployment import Deployment
from reporter.config import Config, load_config
from reporter.errors import ConfigError, SpotlineError
from reporter.network import Network
from reporter.node import Node
from reporter.parts import Parts, load_deployed, moved_venues
from reporter.telemetry import log
from reporter.wiring import wall_ms

FIXED = {"node": ("data_dir", "api_listen", "observe_listen"), "chain": ("deployment",)}
RETIRED_S = 30
"""FIXED is what the process stands on: paths, locks and ports that it holds. [keys] is more of it."""


async def reload_when_asked(node: Node, asked: asyncio.Event, path: Path) -> None:
    """Reload as often as ``asked`` is set; askings while one is under way become one more."""
    while True:
        await asked.wait()
        asked.clear()
        await reload(node, path)


async def reload(node: Node, path: Path) -> bool:
    """Read the file again and go on with it, or tell why not and change nothing."""
    try:
        config = load_config(path)
        changed = [*differences(node.config, config)]
        await follow(node, config)
    except SpotlineError as error:
        node.reload_problem = str(error)
        advice = f"{error.hint}; " if error.hint else ""
        log().error(
            "configuration not reloaded",
            key=getattr(error, "key", ""),
            reason=str(error),
            advice=f"{advice}the node goes on with what it had: correct the file, send SIGHUP again",
        )
        return False
    node.reload_problem, node.loaded_ms = "", wall_ms()
    log().info("configuration reloaded", changed=changed)
    return True


async def follow(node: Node, config: Config) -> None:
    """Put another configuration in the place of a running node's.

    Raises:
        ConfigError: It needs a restart, or cannot be used; nothing has changed then.
    """
    refuse_fixed(node.config, config)
    parts = Parts(config, _same_contracts(node, config), node.book, node.store, node.parts)
    network = _network(node, parts)
    try:
        await _read_chain(node, parts)
        if node.direct and node.signing and network and parts.watcher.state:
            node.signing.refuse_too_few(network, parts.watcher.state.set)
    except ConfigError:
        await _drop(node, parts, network)
        raise
    before, node.parts = node.parts, parts
    other_peers = node.signing is not None and network is not node.signing.network
    _hand_over(node, before, network)
    await _change_venues(node, before)
    if other_peers and node.tasks is not None:
        await node.tasks.end("peers")
        node.tasks.start("peers", node.answer_peers())


def refuse_fixed(before: Config, after: Config) -> None:
    """Raises ``ConfigError`` with every key that changes only with a restart."""
    fixed = {f"{section}.{key}" for section, keys in FIXED.items() for key in keys}
    wrong = [key for key in differences(before, after) if key in fixed or key.startswith("keys")]
    if wrong:
        raise ConfigError(
            f"{', '.join(wrong)} cannot change while the node runs",
            key=wrong[0],
            hint="restart the node for that",
        )


def differences(before: Config, after: Config) -> Iterator[str]:
    """The keys whose values differ: ``chain.poll_ms``, or ``feeds`` for a section that may be repeated."""
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if name == "folder" or old == new:
            continue
        if isinstance(old, BaseModel) and isinstance(new, BaseModel):
            keys = type(old).model_fields
            yield from (f"{name}.{key}" for key in keys if getattr(old, key) != getattr(new, key))
        else:
            yield name


def _same_contracts(node: Node, config: Config) -> Deployment:
    """The deployment file as it is now: it may have more feeds, of the same aggregator."""
    old, new = node.deployment, load_deployed(config)
    if (old.chain_id, old.aggregator) != (new.chain_id, new.aggregator):
        raise ConfigError(
            f"the deployment file is of {new.aggregator} on chain {new.chain_id} now",
            key="chain.deployment",
            hint="restart the node for another aggregator",
        )
    return new


def _network(node: Node, parts: Parts) -> Network | None:
    """Another way to ask the peers, where the configuration has one. NATS is always joined anew: its credentials are a
    file."""
    if node.signing is None:
        return None
    old, new = node.config, parts.config
    timeouts = old.schedule.gather_timeout_ms, new.schedule.gather_timeout_ms
    if old.nats is None and new.nats is None and old.peers == new.peers and timeouts[0] == timeouts[1]:
        return node.signing.network
    return node.signing.make_network(new, parts.deployment)


async def _read_chain(node: Node, parts: Parts) -> None:
    """The new view of the chain stands before the old one goes, so that no heartbeat waits for it."""
    await parts.watcher.look(wall_ms())
    if parts.watcher.problem and not node.watcher.problem:
        raise ConfigError(
            f"the chain cannot be read with it: {parts.watcher.problem}",
            key="chain.rpc_urls",
            hint="check chain.rpc_urls",
        )


async def _drop(node: Node, parts: Parts, network: Network | None) -> None:
    for name, venue in parts.venues.items():
        if node.parts.venues.get(name) is not venue:
            await venue.fetcher.close()
    if parts.rpc is not node.rpc:
        await parts.rpc.close()
    if network is not None and node.signing is not None and network is not node.signing.network:
        await network.close()


def _hand_over(node: Node, before: Parts, network: Network | None) -> None:
    """Without a pause in between: nobody sees half of it."""
    parts = node.parts
    node.memory.follow(parts.pricer)
    if before.rpc is not parts.rpc:
        retire(node, before.rpc.close)
    if node.dry is not None:
        node.dry.follow(parts.terms)
    if node.signing is not None and network is not None:
        if network is not node.signing.network:
            retire(node, node.signing.network.close)
        node.signing.follow(parts.config, network, parts.terms, parts.rpc, parts.pricer)
    node.keeper = node.make_keeper(parts)


async def _change_venues(node: Node, before: Parts) -> None:
    if node.tasks is None:
        return
    now = node.parts.venues
    gone = [name for name, venue in before.venues.items() if now.get(name) is not venue]
    await node.tasks.end(*(f"{what} {name}" for what in ("collect", "stream") for name in gone))
    for name in gone:
        await before.venues[name].fetcher.close()
    node.book.forget(moved_venues(before.config, node.config))
    for name, venue in now.items():
        if before.venues.get(name) is not venue:
            node.start_venue(node.tasks, name)


def retire(node: Node, close: Callable[[], Awaitable[None]]) -> None:
    """Close what is replaced when everybody who still waits for it has had their answer, or with the node."""

    async def later() -> None:
        await asyncio.sleep(RETIRED_S)
        node.retired.remove(close)
        await close()

    node.retired.append(close)
    if node.tasks is not None:
        node.tasks.start(f"retired {id(close)}", later())
