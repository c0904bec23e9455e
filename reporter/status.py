"""What a node says of itself: one verdict, and every reason against it in a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from reporter.chain.aggregator import ChainState
from reporter.chain.endpoint import Health
from reporter.clock import SET_CLOCK
from reporter.collect import VenueHealth
from reporter.gas_status import gas_key_document, money_reasons
from reporter.models import Index
from reporter.node import Node
from reporter.record import index_document, round_document
from reporter.sources.stream import StreamHealth


def reasons(node: Node, now_ms: int) -> list[str]:
    """Why the node, or the answers it serves, are not as they should be; empty when all is well."""
    return [*_own(node), *_clock(node), *_money(node, now_ms), *_chain(node, now_ms), *_answers(node, now_ms)]


def _own(node: Node) -> Iterator[str]:
    if not node.address:
        yield "dry run: no keys are configured, so nothing is signed"
    elif node.chain and node.address not in node.chain.set.reporters:
        yield f"{node.address} is not in the aggregator's reporter set"
    if node.signing and node.signing.problem:
        yield f"nothing is signed: {node.signing.problem}"


def _clock(node: Node) -> Iterator[str]:
    if against := node.clock.why:
        yield f"the clock is wrong: {against}; {SET_CLOCK}, nothing is signed meanwhile"


def _money(node: Node, now_ms: int) -> Iterator[str]:
    if node.submitter is not None:
        yield from money_reasons(node.submitter, node.store, now_ms)


def _chain(node: Node, now_ms: int) -> Iterator[str]:
    if node.watcher.problem:
        yield f"chain: {node.watcher.problem}"
    if node.chain and node.chain.paused:
        yield "the aggregator is paused by its owner"
    if (
        node.chain
        and (behind_s := now_ms // 1000 - node.chain.head.timestamp) > 5 * node.config.chain.block_time_s
    ):
        yield f"the newest block is {behind_s} s old"


def _answers(node: Node, now_ms: int) -> Iterator[str]:
    if node.chain is None:
        return
    indices = node.indices()
    for name in node.config.published:
        if not indices[name].status.signable:
            yield f"{name}: no index: {indices[name].reason or indices[name].status}{_failing(node, name)}"
    late = [name for name in node.config.published if _is_late(node, node.chain, name, now_ms // 1000)]
    for name in late:
        round_, heartbeat_s = node.chain.rounds[name], node.config.published[name].heartbeat_s
        if round_.round_id:
            yield f"{name}: the answer is {now_ms // 1000 - round_.observed_at} s old, heartbeat {heartbeat_s} s"
        else:
            yield f"{name}: no round yet"
    if late:
        yield from _publishing(node, now_ms)


def _is_late(node: Node, chain: ChainState, name: str, now_s: int) -> bool:
    round_, heartbeat_s = chain.rounds[name], node.config.published[name].heartbeat_s
    grace_s = 2 * node.config.chain.block_time_s
    return not round_.round_id or now_s - round_.observed_at > heartbeat_s + grace_s


def _failing(node: Node, name: str) -> str:
    feed = next(f for f in node.config.feeds if f.name == name)
    venues = {leg.venue for leg in feed.legs}
    errors = [h.last_error for v, h in node.health.items() if v in venues and h.consecutive_failures]
    return f"; failing: {'; '.join(sorted(errors))}" if errors else ""


def _publishing(node: Node, now_ms: int) -> Iterator[str]:
    """Why nobody has published what is late, as far as this node knows."""
    if node.outcome and node.outcome.problem:
        yield f"our last attempt: {node.outcome.problem}"
    elif node.waiting is not None:
        left_s = max(0, node.waiting.since_ms + node.waiting.wait_ms - now_ms) / 1000
        yield f"others did not publish, our turn (rank {node.waiting.rank}) is in {left_s:.0f} s"


def feed_document(node: Node, name: str, index: Index) -> dict[str, Any]:
    """One feed: our index with its sources, and what the chain answers."""
    feed = next(f for f in node.config.feeds if f.name == name)
    document: dict[str, Any] = {
        "feed": name,
        "published": feed.publish,
        "index": index_document(index),
        "round": None,
    }
    if feed.publish:
        deployed = node.deployment.feed(name)
        document |= {
            "address": deployed.address,
            "decimals": deployed.decimals,
            "deviationBps": feed.deviation_bps,
            "heartbeatS": feed.heartbeat_s,
        }
        if node.chain:
            document["round"] = round_document(node.chain.rounds[name], deployed.decimals)
    return document


def status_document(node: Node, now_ms: int) -> dict[str, Any]:
    """The whole node in one document."""
    why = reasons(node, now_ms)
    chain = node.chain
    return {
        "address": node.address or None,
        "ready": not why,
        "reasons": why,
        "startedMs": node.started_ms,
        "nowMs": now_ms,
        "chainId": node.deployment.chain_id,
        "aggregator": node.deployment.aggregator,
        "block": chain and chain.head.number,
        "reporters": list(chain.set.reporters) if chain else [],
        "quorum": chain and chain.set.quorum,
        "clock": {"offMs": node.clock.off_ms, "venues": node.clock.venues, "wrong": node.clock.wrong},
        "venues": {name: _venue(node, name, health, now_ms) for name, health in node.health.items()},
        "excluded": {feed: list(venues) for feed, venues in node.memory.barred.items()},
        "endpoints": {name: _endpoint(health) for name, health in node.rpc.health.items()},
        "mode": node.mode,
        "configuration": {"loadedMs": node.loaded_ms, "problem": node.reload_problem},
        "wouldPublish": node.dry.last.document() if node.dry and node.dry.last else None,
        "gasKey": gas_key_document(node.submitter, node.store, now_ms),
        "lastAttempt": _attempt(node),
        "funding": _funding(node),
    }


def _venue(node: Node, name: str, health: VenueHealth, now_ms: int) -> Mapping[str, Any]:
    streamer = node.streamers.get(name)
    live = streamer is not None and streamer.health.state == "live"
    asked_well = health.consecutive_failures == 0 and health.last_ok_ms is not None
    return {
        "label": node.config.venue(name).label,
        "ok": live or asked_well,
        "lastOkMs": health.last_ok_ms,
        "failures": health.consecutive_failures,
        "lastError": health.last_error,
        "breaker": health.breaker,
        "retryAtMs": health.retry_at_ms,
        "standing": list(health.standing),
        "stream": _stream(streamer.health) if streamer else None,
    }


def _stream(health: StreamHealth) -> dict[str, Any]:
    return {
        "state": health.state,
        "connects": health.connects,
        "messages": health.messages,
        "lastQuoteMs": health.last_quote_ms,
        "lastError": health.last_error,
        "retryAtMs": health.retry_at_ms,
    }


def _endpoint(health: Health) -> dict[str, Any]:
    return {"state": str(health.state), "why": health.why, "block": health.head and health.head.number}


def _attempt(node: Node) -> dict[str, Any] | None:
    outcome = node.outcome
    if outcome is None:
        return None
    return {
        "atMs": outcome.at_ms,
        "signed": [s.reporter for s in outcome.gathered.arrived],
        "failed": outcome.gathered.failed,
        "problem": outcome.problem,
        "txHash": outcome.mined and outcome.mined.tx_hash,
        "gasUsed": outcome.mined and outcome.mined.gas_used,
    }


def _funding(node: Node) -> dict[str, Any]:
    if node.keeper is None:
        return {}
    since = node.keeper.alarms.decoupled
    return {
        name: s.document() | {"decoupledSince": since.get(name)} for name, s in node.keeper.states.items()
    }
