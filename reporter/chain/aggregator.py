"""Reading the aggregator: configuration, rounds and their events, as our own values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from web3 import AsyncHTTPProvider, AsyncWeb3

from reporter.chain.contract import Contract
from reporter.chain.deployment import Deployment
from reporter.chain.endpoint import Block
from reporter.chain.rpc import Rpc, block_at
from reporter.errors import ChainError
from reporter.models import Round, feed_id, feed_name
from reporter.report import Domain, config_digest


@dataclass(frozen=True, slots=True)
class ReporterSet:
    """Who may report, in bit order, and how many must."""

    domain: Domain
    reporters: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class ChainState:
    """Everything a node needs to know of the chain, read at one moment."""

    head: Block
    set: ReporterSet
    max_age_s: int
    paused: bool
    rounds: dict[str, Round]
    read_at_ms: int


@dataclass(frozen=True, slots=True)
class SeenRound:
    """A ``RoundAccepted`` event."""

    round: Round
    tx_hash: str
    block: int


class AggregatorReader:
    """Reads one aggregator; remembers the reporter set until its digest changes."""

    def __init__(self, rpc: Rpc, deployment: Deployment, feeds: Sequence[str]) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._feeds = tuple(deployment.feed(name) for name in feeds)
        self._contract = Contract("Aggregator", deployment.aggregator)
        self._set: ReporterSet | None = None

    async def state(self, now_ms: int) -> ChainState:
        """Head, configuration and newest rounds.

        Raises:
            ChainError: No endpoint answers, or the contract is not the aggregator of the deployment file.
        """
        head = await self._rpc.head()
        count, digest, _, quorum, max_age, paused = await self._call("config")
        if self._set is None:
            await self._check_decimals()
        if self._set is None or self._set.domain.config_digest != digest:
            self._set = await self._read_set(count, digest, quorum)
        rounds = await self._call("latestRounds", [f.feed_id for f in self._feeds])
        named = {f.name: _round(f.name, r) for f, r in zip(self._feeds, rounds, strict=True)}
        return ChainState(head, self._set, max_age, paused, named, now_ms)

    async def _check_decimals(self) -> None:
        for feed in self._feeds:  # a wrong number in the file would put prices off by powers of ten
            found = await self.decimals(feed.name)
            if found != feed.decimals:
                raise ChainError(
                    f"{feed.name} has {found} decimals on-chain and {feed.decimals} in the deployment file",
                    hint="take the deployment file that belongs to this aggregator",
                )

    async def set(self) -> ReporterSet:
        """The reporter set and quorum of now."""
        count, digest, _, quorum, *_ = await self._call("config")
        return await self._read_set(count, digest, quorum)

    async def decimals(self, feed: str) -> int:
        """The decimals of a feed."""
        return int(await self._call("feedDecimals", feed_id(feed)))

    async def latest(self, feed: str) -> Round:
        """The newest round of one feed."""
        return _round(feed, await self._call("latestRound", self._deployment.feed(feed).feed_id))

    async def rounds_since(
        self, first: int, last: int, times: Mapping[tuple[int, str], int] | None = None
    ) -> list[SeenRound]:
        """The rounds accepted in blocks ``first`` to ``last``, both included.

        Args:
            times: Block times known already, by block and transaction.
        """

        async def found(w3: AsyncWeb3[AsyncHTTPProvider]) -> list[SeenRound]:
            event = self._contract.through(w3).events.RoundAccepted
            return [_seen(log) for log in await event.get_logs(from_block=first, to_block=last)]

        seen, known = await self._rpc.read(found), times or {}
        asked = {s.block for s in seen if (s.block, s.tx_hash) not in known}
        new = {block: (await block_at(self._rpc, block)).timestamp for block in asked}
        at = [known.get((s.block, s.tx_hash)) or new[s.block] for s in seen]
        return [replace(s, round=replace(s.round, updated_at=t)) for s, t in zip(seen, at, strict=True)]

    async def _read_set(self, count: int, digest: bytes, quorum: int) -> ReporterSet:
        reporters = tuple(await self._call("reporters"))
        if config_digest(count, reporters, quorum) != digest:
            raise ChainError(
                "the aggregator's digest does not match its reporters and quorum",
                hint="nothing if the set was changed just now: the next look finds it; else it is another contract",
            )
        domain = Domain(self._deployment.chain_id, self._deployment.aggregator, digest)
        return ReporterSet(domain, reporters, quorum)

    async def _call(self, name: str, *arguments: object) -> Any:
        return await self._rpc.read(lambda w3: self._contract.through(w3).functions[name](*arguments).call())


def _round(feed: str, raw: Sequence[int]) -> Round:
    round_id, observed_at, updated_at, answer, reporters, spread_bps = raw
    return Round(feed, round_id, observed_at, updated_at, answer, reporters, spread_bps)


def _seen(log: Any) -> SeenRound:
    a = log["args"]
    bits = int(a["reporterBitmap"]).bit_count()
    round_ = Round(
        feed_name(a["feedId"]), a["roundId"], a["observedAt"], 0, a["answer"], bits, a["spreadBps"]
    )
    return SeenRound(round_, log["transactionHash"].to_0x_hex(), int(log["blockNumber"]))
