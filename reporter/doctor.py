"""``spotline doctor``: everything that a reporter needs, looked at once, each with what to do when it is wrong.

Peers over NATS are not asked: to listen there in the node's place would take its asks away.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import NamedTuple

from reporter.book import Book
from reporter.chain.aggregator import AggregatorReader, ChainState
from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.endpoint import State
from reporter.chain.rpc import Rpc
from reporter.clock import SET_CLOCK, Compared, judge, monotonic_ms
from reporter.config import Config, KeysSection
from reporter.errors import ChainError, SpotlineError
from reporter.index import compute, plan
from reporter.keys import LocalSigner, load_account, load_secret, recover
from reporter.models import Report, feed_id
from reporter.network import Network
from reporter.peers.gather import Ask
from reporter.peers.observe import Code, ObserveRequest
from reporter.report import Domain, report_digest
from reporter.snapshot import ask_venues
from reporter.wiring import wall_ms

MAX_CLOCK_MS = 2_000
UPDATE_GAS, UPDATES_AHEAD = 1_000_000, 10
REACHED = (Code.NOT_READY, Code.NOT_NEWER, Code.NOTHING_TO_SIGN)
"""Refusals of a peer that is well."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``hint``: what to do, when it is not ok."""

    name: str
    ok: bool
    says: str
    hint: str = ""


async def examine(config: Config) -> list[Check]:
    """All checks, in the order in which they rest on each other.

    Raises:
        ConfigError: The deployment file cannot be read.
    """
    deployment = load_deployment(config.path(config.chain.deployment))
    checks, keys = _keys(config)
    (book, errors, clocks), chain_checks = await asyncio.gather(
        ask_venues(config), _chain(config, deployment, keys)
    )
    checks += chain_checks
    checks += [*_venues(config, book, errors), _dates(clocks), _clock(book), *_feeds(config, book)]
    return checks + await _peers(config, deployment, keys.signer)


# ---------------------------------------------------------------- keys


class _Keys(NamedTuple):
    """What opened: the signing key, and the address of the gas key."""

    signer: LocalSigner | None = None
    gas: str | None = None


def _keys(config: Config) -> tuple[list[Check], _Keys]:
    if config.keys is None:
        hint = "add [keys] to sign and to send"
        return [
            Check("keys", False, "none are configured: the node would observe and sign nothing", hint)
        ], _Keys()
    checks: list[Check] = []
    signer, gas = None, None
    try:
        signer = _signer(config, config.keys)
        checks.append(Check("signing key", True, f"{signer.address}, its files are private"))
        checks.append(_round_trip(signer))
    except SpotlineError as error:
        checks.append(Check("signing key", False, str(error), error.hint))
    try:
        password = config.path(config.keys.password_file)
        gas = str(load_account(config.path(config.keys.gas_keystore), password).address)
        same = signer is not None and gas == signer.address
        hint = (
            "make a gas key of its own: who takes it from the node that sends could sign prices"
            if same
            else ""
        )
        checks.append(Check("gas key", not same, gas + (", the signing key" if same else ""), hint))
    except SpotlineError as error:
        checks.append(Check("gas key", False, str(error), error.hint))
    return checks, _Keys(signer, gas)


def _signer(config: Config, keys: KeysSection) -> LocalSigner:
    return LocalSigner(load_secret(config.path(keys.signing_keystore), config.path(keys.password_file)))


def _round_trip(signer: LocalSigner) -> Check:
    domain = Domain(1, "0x" + "00" * 20, secrets.token_bytes(32))
    digest = report_digest(domain.separator(), Report(int(time.time()), (feed_id("TEST/USD"),), (1,)))
    ok = recover(digest, signer.sign(digest)) == signer.address
    hint = "" if ok else "reinstall coincurve: signatures do not come back to their key"
    return Check(
        "signature", ok, "a report's EIP-712 signature comes back to the key" if ok else "it does not", hint
    )


# ---------------------------------------------------------------- chain


async def _chain(config: Config, deployment: Deployment, keys: _Keys) -> list[Check]:
    block_s = config.chain.block_time_s
    rpc = Rpc(config.chain.rpc_urls, deployment.chain_id, block_time_s=block_s, now_s=time.time)
    try:
        return await _chain_checks(config, deployment, keys, rpc)
    finally:
        await rpc.close()


async def _chain_checks(config: Config, deployment: Deployment, keys: _Keys, rpc: Rpc) -> list[Check]:
    try:
        state = await AggregatorReader(rpc, deployment, list(config.published)).state(wall_ms())
    except ChainError as error:
        contract = [Check("aggregator", False, str(error), error.hint or "check chain.deployment")]
        return [*_endpoints(rpc), *contract]
    checks = [*_endpoints(rpc), _head(state, config.chain.block_time_s), _aggregator(deployment, state)]
    if keys.signer is not None:
        checks.append(_registered(keys.signer.address, state))
    if keys.gas is not None:
        checks.append(await _balance(keys.gas, state, rpc))
    return checks


def _endpoints(rpc: Rpc) -> Iterator[Check]:
    for name, health in rpc.health.items():
        alive = health.state is State.ALIVE
        hint = "" if alive else "check chain.rpc_urls and that node"
        yield Check(f"endpoint {name}", alive, health.why or str(health.state), hint)


def _head(state: ChainState, block_time_s: int) -> Check:
    age_s = int(time.time()) - state.head.timestamp
    ok = -2 <= age_s <= max(60, 5 * block_time_s)
    hint = (
        ""
        if ok
        else "set this machine's clock (NTP), or wait until the chain goes on: nothing is signed meanwhile"
    )
    return Check("newest block", ok, f"{state.head.number}, {age_s} s old", hint)


def _aggregator(deployment: Deployment, state: ChainState) -> Check:
    says = f"{deployment.aggregator}: {len(state.set.reporters)} reporters, quorum {state.set.quorum}"
    if state.paused:
        return Check("aggregator", False, says + ", paused", "ask its owner")
    return Check("aggregator", True, says)


def _registered(address: str, state: ChainState) -> Check:
    if address in state.set.reporters:
        return Check("registered", True, f"reporter {state.set.reporters.index(address)} of the set")
    hint = "ask the aggregator's owner to add it (setConfig), or check which keystore is configured"
    return Check("registered", False, f"{address} is not in the aggregator's reporter set", hint)


async def _balance(gas: str, state: ChainState, rpc: Rpc) -> Check:
    try:
        balance = await rpc.balance(gas)
    except ChainError as error:
        return Check("money", False, str(error), error.hint)
    needed = UPDATES_AHEAD * UPDATE_GAS * (2 * state.head.base_fee + 10**9)
    ok = balance >= needed
    says = f"{gas} has {balance // 10**9} gwei; ten updates may take up to {needed // 10**9} gwei"
    return Check("money", ok, says, "" if ok else "send it money of the chain")


# ---------------------------------------------------------------- venues and feeds


def _venues(config: Config, book: Book, errors: dict[str, list[str]]) -> Iterator[Check]:
    have = {leg.venue: 0 for leg in book.newest()}
    for leg in book.newest():
        have[leg.venue] += 1
    for name, symbols in config.markets_by_venue.items():
        got, said = have.get(name, 0), errors.get(name, [])
        says = f"{got} of {len(symbols)} markets" + (f"; {'; '.join(said)}"[:300] if said else "")
        hint = (
            ""
            if got == len(symbols)
            else "see the codes in OPERATING.md; a regional venue needs its base_url"
        )
        yield Check(f"venue {name}", got == len(symbols), says, hint)


def _dates(found: Sequence[Compared | None]) -> Check:
    """Our clock against the venues' Date headers, as the node judges it before it signs."""
    verdict = judge(found, wall_ms(), monotonic_ms())
    return Check("clock, by Date", not verdict.wrong, verdict.says, SET_CLOCK if verdict.wrong else "")


def _clock(book: Book) -> Check:
    """Venues' clocks are good: if most of them are ahead of ours, ours is slow."""
    behind = [q.received_at_ms - q.book_at_ms for q in book.newest().values() if q.book_at_ms is not None]
    if not behind:
        return Check("clock", True, "no venue says what time it is: not compared")
    off_ms = median_low(behind)
    ok = -MAX_CLOCK_MS <= off_ms <= 10 * MAX_CLOCK_MS
    hint = "" if ok else SET_CLOCK
    return Check(
        "clock", ok, f"quotes of {len(behind)} markets arrive {off_ms} ms after their venue's time", hint
    )


def _feeds(config: Config, book: Book) -> Iterator[Check]:
    indices = compute(plan([feed.rules for feed in config.feeds]), book.newest(), wall_ms())
    for name in config.published:
        index = indices[name]
        says = f"{index.status}, {index.venues_kept} venues" + (f": {index.reason}" if index.reason else "")
        hint = "" if index.status.signable else f"spotline price {name} --trace says why"
        yield Check(f"feed {name}", index.status.signable, says, hint)


# ---------------------------------------------------------------- peers


async def _peers(config: Config, deployment: Deployment, signer: LocalSigner | None) -> list[Check]:
    if signer is None or not config.peers:
        return []
    reader = Rpc(config.chain.rpc_urls, deployment.chain_id)
    network = Network(config, deployment, signer)
    try:
        domain = (await AggregatorReader(reader, deployment, []).set()).domain
    except ChainError:
        return []  # said above; without the set there is nothing to ask by
    else:
        feeds = tuple(feed_id(name) for name in config.published)[:1]
        asked = ObserveRequest(
            domain.chain_id, domain.aggregator, domain.config_digest, int(time.time()) - 1, feeds
        )
        over_http = {peer.address for peer in config.peers if peer.url is not None}
        asks = {address: ask for address, ask in network.asks.items() if address in over_http}
        return list(await asyncio.gather(*(_peer(address, ask, asked) for address, ask in asks.items())))
    finally:
        await network.close()
        await reader.close()


async def _peer(address: str, ask: Ask, asked: ObserveRequest) -> Check:
    name = f"peer {address[:10]}"
    try:
        await ask(asked)
    except SpotlineError as error:
        said = str(error)
        if any(f"refused: {code}" in said for code in REACHED):
            return Check(name, True, f"answers ({said})")
        return Check(name, False, said, "check peers.url, and that the peer runs with this aggregator's set")
    return Check(name, True, "signs")


def failed(checks: Sequence[Check]) -> list[Check]:
    """Those that are not ok."""
    return [check for check in checks if not check.ok]
