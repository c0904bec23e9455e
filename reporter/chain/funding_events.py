"""What a funding contract wrote down: fixed rates and premium samples, read in ranges that public endpoints accept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from web3 import AsyncHTTPProvider, AsyncWeb3

from reporter.chain.contract import Contract
from reporter.chain.rpc import Rpc

T = TypeVar("T")
MAX_LOG_BLOCKS = 500
MAX_ASKED = 400
"""Ranges asked at most for one look back: 200,000 blocks."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A ``RateFixed`` event. ``rate_8h``, ``mean_premium``: 1e18 = 100 %; ``at``: the boundary, Unix seconds."""

    rate_8h: int
    mean_premium: int
    coverage_bps: int
    at: int
    block: int
    tx_hash: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """An ``Accrued`` event. ``premium``: 1e18 = 100 %; the sums in quote per base, 1e18 = 1; ``at``: Unix seconds."""

    premium: int
    longs_paid: int
    shorts_paid: int
    at: int
    block: int


@dataclass(frozen=True, slots=True)
class Past:
    """Both, oldest first, of the blocks from ``first`` to ``last``."""

    first: int
    last: int
    fixed: tuple[Fixed, ...]
    sampled: tuple[Sampled, ...]


class FundingEvents:
    """Reads one market's events of a funding contract."""

    def __init__(self, rpc: Rpc, address: str, market: bytes) -> None:
        self._rpc, self._market = rpc, market
        self._contract = Contract("PerpetualFunding", address)

    async def past(self, first: int, last: int, wanted: int) -> Past:
        """The newest ``wanted`` fixed rates of blocks ``first`` to ``last`` with the samples since the oldest of them.

        Goes back range by range and stops when it has them, at ``first``, or after 200,000 blocks. Raises ``ChainError``.
        """
        fixed: list[Fixed] = []
        sampled: list[Sampled] = []
        low = last + 1
        for _ in range(MAX_ASKED):
            if low <= first or len(fixed) > wanted:
                break
            high, low = low - 1, max(first, low - MAX_LOG_BLOCKS)
            fixed = await self._read("RateFixed", _fixed, low, high) + fixed
            sampled = await self._read("Accrued", _sampled, low, high) + sampled
        kept = fixed[-wanted:]
        since = kept[0].block if len(fixed) > wanted else low
        return Past(since, last, tuple(kept), tuple(s for s in sampled if s.block >= since))

    async def predicted_at(self, block: int) -> int:
        """``predictedRate`` as it was in a block. Raises ``ChainError`` where no endpoint keeps that block's state."""

        async def predicted(w3: AsyncWeb3[AsyncHTTPProvider]) -> int:
            found = self._contract.through(w3).functions.predictedRate(self._market)
            return int(await found.call(block_identifier=block))

        return await self._rpc.read(predicted)

    async def _read(self, name: str, made: Callable[[Any], T], first: int, last: int) -> list[T]:
        async def logs(w3: AsyncWeb3[AsyncHTTPProvider]) -> Sequence[Any]:
            asked: Awaitable[Sequence[Any]] = (
                self._contract.through(w3)
                .events[name]()
                .get_logs(argument_filters={"market": self._market}, from_block=first, to_block=last)
            )
            return await asked

        return [made(log) for log in await self._rpc.read(logs)]


def _fixed(log: Any) -> Fixed:
    a = log["args"]
    tx_hash = log["transactionHash"].to_0x_hex()
    return Fixed(a["rate"], a["meanPremium"], a["coverageBps"], a["time"], int(log["blockNumber"]), tx_hash)


def _sampled(log: Any) -> Sampled:
    a = log["args"]
    return Sampled(a["premium"], a["longsPaid"], a["shortsPaid"], a["time"], int(log["blockNumber"]))
