"""``spotline tx``: what the journal has in flight, and a person's way to change it, with the reporter running or stopped."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from reporter.chain.asked import BUMP, in_flight
from reporter.chain.calls import CANCEL
from reporter.chain.deployment import load_deployment
from reporter.chain.rpc import Rpc
from reporter.chain.submit import Submitter
from reporter.config import Config
from reporter.errors import AlreadyRunning, ChainError, ConfigError, UsageError
from reporter.journal import Journal, Sent
from reporter.keyring import gas_use, open_gas
from reporter.keys import Lock
from reporter.signing import submit_rules
from reporter.store import Store, is_held
from reporter.wiring import wall_ms

ANSWER_S, LOOK_S = 30, 0.1
ACTIONS = (BUMP, CANCEL)


def pending(config: Config, now_ms: int) -> dict[str, Any]:
    """What is in flight, oldest nonce first, and whether the reporter runs; a stopped one's view is as old as its end.

    Raises:
        ConfigError: No reporter has ever run on this data directory.
    """
    folder = config.path(config.node.data_dir)
    with Journal.of(folder) as journal:
        flying = in_flight(journal.journal_open())
    rows = [_document(entries, now_ms) for _, entries in sorted(flying.items())]
    return {"running": is_held(folder), "transactions": rows}


def _document(entries: Sequence[Sent], now_ms: int) -> dict[str, Any]:
    first, newest = entries[0], entries[-1]
    return {
        "nonce": newest.nonce,
        "purpose": newest.purpose,
        "feeds": newest.names,
        "observedAt": first.observed_at,
        "txHash": newest.tx_hash,
        "maxFeeWei": str(newest.max_fee),
        "priorityFeeWei": str(newest.priority_fee),
        "ageS": max(0, now_ms - first.sent_at_ms) // 1000,
        "cancelled": newest.purpose == CANCEL,
        "replaced": [_replaced(entry) for entry in entries[:-1]],
    }


def _replaced(entry: Sent) -> dict[str, Any]:
    fees = {"maxFeeWei": str(entry.max_fee), "priorityFeeWei": str(entry.priority_fee)}
    return {"txHash": entry.tx_hash, "purpose": entry.purpose, "sentAtMs": entry.sent_at_ms} | fees


def change(config: Config, action: str, nonce: int | None) -> dict[str, Any]:
    """Bump or cancel what is in flight: by the running reporter, or from here with the gas key if none runs.

    Args:
        nonce: Which one; None for the oldest, which holds up all others.

    Raises:
        UsageError: That is not in flight.
        ChainError: It was refused, with the reason, or nobody answered.
        ConfigError: No reporter has ever run here, or its key files do not open.
    """
    folder = config.path(config.node.data_dir)
    with Journal.of(folder) as journal:
        chosen = _chosen(in_flight(journal.journal_open()), nonce)
        try:
            store = Store(folder)
        except AlreadyRunning:
            return _checked(_ask(journal, chosen, action))
    try:
        return _checked(asyncio.run(_alone(config, store, chosen, action)))
    finally:
        store.close()


def _chosen(flying: Mapping[int, Sequence[Sent]], nonce: int | None) -> int:
    if nonce is None and flying:
        return min(flying)
    if nonce is None or nonce not in flying:
        said = "nothing is in flight" if nonce is None else f"nonce {nonce} is not in flight"
        raise UsageError(said, hint=f"in flight: {', '.join(map(str, sorted(flying))) or 'nothing'}")
    return nonce


def _ask(journal: Journal, nonce: int, action: str) -> dict[str, Any]:
    number, until = journal.ask(nonce, action, wall_ms()), time.monotonic() + ANSWER_S
    while time.monotonic() < until:
        if (said := journal.answered(number)) is not None:
            found: dict[str, Any] = json.loads(said)
            return found
        time.sleep(LOOK_S)
    journal.withdraw(number)
    raise ChainError(
        f"the running reporter did not answer in {ANSWER_S} s; the request is withdrawn",
        hint="does it have keys, and does it reach the chain? spotline status, its log, spotline tx pending",
    )


async def _alone(config: Config, store: Store, nonce: int, action: str) -> dict[str, Any]:
    """What the reporter would do, done here: its locks are ours until it is done."""
    if config.keys is None:
        raise ConfigError("this configuration has no [keys]", hint="give the one that the reporter sent with")
    account = open_gas(config, config.keys)
    deployment = load_deployment(config.path(config.chain.deployment))
    with Lock(gas_use(str(account.address), deployment.chain_id)):
        rpc = Rpc(config.chain.rpc_urls, deployment.chain_id, block_time_s=config.chain.block_time_s)
        number = store.ask(nonce, action, wall_ms())
        try:
            await Submitter(rpc, account, store, submit_rules(config), wall_ms).refresh(await rpc.head())
        finally:
            await rpc.close()
            said = store.answered(number)
            store.withdraw(number)
    if said is None:
        raise ChainError("nothing was sent", hint="look again: spotline tx pending")
    found: dict[str, Any] = json.loads(said)
    return found


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise ChainError(answer["error"], hint=answer.get("hint", ""))
    return answer


def pending_lines(document: Mapping[str, Any]) -> list[str]:
    """For a person."""
    lines = [] if document["running"] else ["no reporter is running here: this is what it knew at its end"]
    if not document["transactions"]:
        return [*lines, "nothing is in flight"]
    for row in document["transactions"]:
        what = "cancelling" if row["cancelled"] else row["purpose"]
        lines.append(
            f"nonce {row['nonce']}  {what} {', '.join(row['feeds'])}  {row['ageS']} s  {row['txHash']}"
        )
        fees = f"pays at most {row['maxFeeWei']} wei a gas, {row['priorityFeeWei']} of it to the proposer"
        lines.append(f"  {fees}; replaced {len(row['replaced'])} times")
    return lines


def changed_lines(action: str, answer: Mapping[str, Any]) -> list[str]:
    """For a person."""
    done = "sent again" if action == BUMP else "a transfer of nothing to ourselves was sent in its place"
    fees = f"at most {answer['maxFeeWei']} wei a gas, {answer['priorityFeeWei']} of it to the proposer"
    return [f"nonce {answer['nonce']}: {done}, {answer['txHash']}", f"  {fees}"]
