"""What must hold whatever was done to the network. Reads the chain, the databases and ``GET /reports``; asks no reporter."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any

from reporter.errors import SpotlineError
from tests.soak.chainlog import ChainLog, Transaction
from tests.soak.decode import Accepted, Domain, Signed, read_report
from tests.soak.links import HOST
from tests.soak.network import HEARTBEAT_S, Network
from tests.soak.node import Node, fetch_json
from tests.soak.truth import SCALE, Truth

MAX_GAS = 600_000
"""Of one update of three feeds with four signatures: twice the dearest measured, the first lap of the ring."""
MAX_PRICE_WEI = 200 * 10**9
MAX_UPDATES_PER_MINUTE = 60


class Judge:
    """Collects evidence with ``look``; ``verdict`` names every violation, empty if there is none."""

    def __init__(self, net: Network, domain: Domain, reporters: list[str], quorum: int) -> None:
        self._net, self._reporters, self._quorum = net, reporters, quorum
        self._domain = domain
        self.log = ChainLog(net.chain, domain, net.deployment.start_block)
        self.truth = Truth(net.seed, net.epoch_ms)
        self.readable: dict[tuple[str, int, str], set[int]] = defaultdict(set)
        self._judged = 0
        self.errors_ppm: dict[str, list[int]] = defaultdict(list)

    async def look(self) -> None:
        """Bring the evidence up to date."""
        for number, port in enumerate(self._net.ports.observe):
            if self._net.nodes[number].child.running:
                await self._read_reports(port)
        await self.log.look()

    async def _read_reports(self, port: int) -> None:
        try:
            documents = await fetch_json(f"http://{HOST}:{port}/reports")
        except SpotlineError:
            return
        for document in documents:
            self._note(read_report(self._domain, document))

    def _note(self, signed: Signed) -> None:
        for feed, price in signed.prices.items():
            if price:
                self.readable[signed.signer, signed.observed_at, feed].add(price)

    def verdict(self) -> list[str]:
        """Every violation of what must always hold."""
        for signed in self.log.signed:
            self._note(signed)
        return [*self._wrong_rounds(), *self._wrong_answers(), *self._equivocations(), *self._costs()]

    def _wrong_rounds(self) -> Iterator[str]:
        newest: dict[str, Accepted] = {}
        for round_ in self.log.rounds:
            before = newest.get(round_.feed)
            expected = before.round_id + 1 if before else 1
            if round_.round_id != expected:
                yield f"{round_.feed}: round {round_.round_id} where {expected} was to come"
            if before and round_.observed_at <= before.observed_at:
                yield f"{round_.feed} {round_.round_id}: observed at {round_.observed_at}, not after the one before"
            newest[round_.feed] = round_

    def _wrong_answers(self) -> Iterator[str]:
        by_tx = {tx.tx: tx for tx in self.log.transactions}
        for round_ in self.log.rounds:
            yield from self._wrong_answer(round_, by_tx[round_.tx])

    def _wrong_answer(self, round_: Accepted, tx: Transaction) -> Iterator[str]:
        where = f"{round_.feed} {round_.round_id}"
        prices = sorted(p for s in tx.signed if (p := s.prices.get(round_.feed, 0)))
        signers = [s.signer for s in tx.signed if s.prices.get(round_.feed, 0)]
        if len(set(signers)) != len(signers) or not set(signers) <= set(self._reporters):
            yield f"{where}: signed by {signers}"
        if len(prices) < self._quorum:
            yield f"{where}: {len(prices)} prices, the quorum is {self._quorum}"
        elif round_.answer != prices[len(prices) // 2]:
            yield f"{where}: the answer {round_.answer} is not the median of {prices}"
        decimals = self._net.deployment.feeds[round_.feed].decimals
        scaled = round_.answer * SCALE // int(10**decimals)
        low, high = self.truth.honest(round_.feed, round_.observed_at)
        if not low <= scaled <= high:
            yield f"{where}: the answer {scaled} is outside the honest {low} to {high}"

    def measure(self) -> None:
        """Note how far each new answer is off the fair price of its second."""
        rounds = self.log.rounds
        for round_ in rounds[self._judged :]:
            scaled = round_.answer * SCALE // int(10 ** self._net.deployment.feeds[round_.feed].decimals)
            self.errors_ppm[round_.feed].append(self.truth.error_ppm(round_.feed, round_.observed_at, scaled))
        self._judged = len(rounds)

    def _equivocations(self) -> Iterator[str]:
        for (signer, second, feed), prices in self.readable.items():
            if len(prices) > 1:
                yield f"{signer} signed {sorted(prices)} for {feed} at {second}"
        for node in self._net.nodes:
            yield from self._ledger(node)

    def _ledger(self, node: Node) -> Iterator[str]:
        """What was signed is what the ledger has; and what it has is one price for one second."""
        stated: dict[tuple[int, str], set[int]] = defaultdict(set)
        for second, feed, price in rows(node, "SELECT observed_at, feed_id, price FROM ledger"):
            stated[second, bytes(feed).rstrip(b"\0").decode()].add(price)
        for (second, feed), prices in stated.items():
            if len(prices) > 1:
                yield f"the ledger of {node.address} has {sorted(prices)} for {feed} at {second}"
        oldest = max(node.lost_until_s, min((second for second, _ in stated), default=0))
        for (signer, second, feed), prices in self.readable.items():
            if signer == node.address and second > oldest and not prices <= stated[second, feed]:
                yield f"{signer} signed {prices} for {feed} at {second}, its ledger has {stated[second, feed]}"

    def _costs(self) -> Iterator[str]:
        gas_keys = {node.gas for node in self._net.nodes}
        ours = [tx for tx in self.log.transactions if tx.sender in gas_keys]
        for tx in ours:
            if tx.gas_used > MAX_GAS or tx.price > MAX_PRICE_WEI:
                yield f"{tx.tx} took {tx.gas_used} gas at {tx.price} wei"
        minutes = Counter(
            (self.log.blocks[n].timestamp // 60)
            for n in self.log.blocks
            for tx in self.log.blocks[n].transactions
            if tx.sender in gas_keys
        )
        for minute, count in minutes.items():
            if count > MAX_UPDATES_PER_MINUTE:
                yield f"{count} transactions in the minute {minute * 60}"

    async def nonces(self) -> list[str]:
        """At rest: no gap, nothing doubled, nothing on the chain that the journal does not know, nothing lost."""
        found: list[str] = []
        pool = await self._net.chain.request("txpool_content")
        for node in self._net.nodes:
            mined = [tx for tx in self.log.transactions if tx.sender == node.gas]
            found += _nonce_faults(node, mined, pool, self._net.foreign)
        return found


def _nonce_faults(
    node: Node, mined: list[Transaction], pool: dict[str, Any], foreign: set[str]
) -> Iterator[str]:
    queued = {a.lower(): txs for a, txs in pool["queued"].items()}.get(node.gas.lower(), {})
    if queued:
        yield f"{node.gas}: a gap before the nonces {sorted(queued)} in the pool"
    if [tx.nonce for tx in mined] != list(range(len(mined))):
        yield f"{node.gas}: nonces {[tx.nonce for tx in mined][-5:]} of {len(mined)} transactions"
    journal = {row[0]: row for row in rows(node, "SELECT tx_hash, nonce, state, sent_at_ms FROM journal")}
    for tx in mined:
        if node.lost_until_s == 0 and tx.tx not in journal and tx.tx not in foreign:
            yield f"{node.gas}: nonce {tx.nonce} was sent without a line in the journal"
    seconds = Counter(tx.observed_at for tx in mined if tx.observed_at and tx.succeeded)
    if doubled := [second for second, count in seconds.items() if count > 1]:
        yield f"{node.gas}: the batch of {doubled[0]} was published twice"
    lost = [row for row in journal.values() if row[2] == "sent" and row[1] > len(mined)]
    if lost:
        yield f"{node.gas}: nonce {lost[0][1]} is journalled and {len(mined)} comes next"


def rows(node: Node, query: str) -> list[Any]:
    """What a reporter's database says, read beside the reporter."""
    if not node.database.exists():
        return []
    with closing(sqlite3.connect(f"file:{node.database}?mode=ro", uri=True, timeout=5)) as db:
        return db.execute(query).fetchall()


def gaps_s(rounds: list[Accepted], since_s: float, until_s: float) -> float:
    """The longest time without a new round of some feed, seconds, from one moment to another."""
    worst = 0.0
    for feed in {r.feed for r in rounds}:
        times = sorted(r.updated_at for r in rounds if r.feed == feed and since_s <= r.updated_at <= until_s)
        edges = [since_s, *times, until_s]
        worst = max(worst, *(b - a for a, b in pairwise(edges)))
    return worst


def missed(gap_s: float) -> float:
    """A gap in heartbeats."""
    return gap_s / HEARTBEAT_S
