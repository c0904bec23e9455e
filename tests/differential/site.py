"""An aggregator on the bench's Anvil, and batches for it made by the reporter's own code with keys of our own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_utils.crypto import keccak
from gas_chain import BLOCK_S, Chain, calldata

from reporter.keys import LocalSigner
from reporter.models import Report, SignedReport
from reporter.report import Domain, config_digest, pack_observations, report_digest

CHAIN_ID = 31337
OWNER = "0x" + "11" * 20
MAX_AGE_S, LAG_S = 60, 2
ROUND = "(uint32,uint64,uint64,int256,uint8,uint16)"
BPS, SPREAD_MAX = 10_000, 65_535


@dataclass(frozen=True, slots=True)
class Round:
    """``IAggregator.Round``."""

    round_id: int
    observed_at: int
    updated_at: int
    answer: int
    reporters: int
    spread_bps: int


@dataclass(frozen=True, slots=True)
class Site:
    """One aggregator and the keys of its set, in bit order."""

    chain: Chain
    address: str
    signers: tuple[LocalSigner, ...]
    separator: bytes
    feed_ids: tuple[bytes, ...]
    quorum: int

    async def update(self, rows: Mapping[int, Sequence[int]]) -> tuple[int, int]:
        """Send what the reporters of these bits observed on every feed, in a block of its own.

        Returns:
            When it was observed and when the block was made.
        """
        observed_at = self.chain.now + BLOCK_S - LAG_S
        bitmap = sum(1 << bit for bit in rows)
        data = calldata(
            "update(uint64,uint32,bytes32[],bytes)",
            observed_at,
            bitmap,
            self.feed_ids,
            pack_observations(self.signed(rows, observed_at)),
        )
        await self.chain.send(data, self.address)
        return observed_at, self.chain.now

    def signed(self, rows: Mapping[int, Sequence[int]], observed_at: int = 1) -> list[SignedReport]:
        """The reports of these bits."""
        return [self._sign(bit, Report(observed_at, self.feed_ids, tuple(rows[bit]))) for bit in sorted(rows)]

    async def rounds(self) -> list[Round]:
        """The newest round of every feed."""
        answer = await self.chain.call(self.address, calldata("latestRounds(bytes32[])", self.feed_ids))
        return [Round(*words) for words in decode([f"{ROUND}[]"], answer)[0]]

    def _sign(self, bit: int, report: Report) -> SignedReport:
        signer = self.signers[bit]
        return SignedReport(report, signer.sign(report_digest(self.separator, report)), signer.address)


async def deploy(chain: Chain, reporters: int, quorum: int, feed_ids: Sequence[bytes]) -> Site:
    """A fresh aggregator; the same keys each time."""
    signers = tuple(LocalSigner(keccak(text=f"spotline twin {i}")) for i in range(reporters))
    addresses = [signer.address for signer in signers]
    decimals = [8] * len(feed_ids)
    address = await chain.deploy("Aggregator", OWNER, addresses, quorum, MAX_AGE_S, feed_ids, decimals)
    separator = Domain(CHAIN_ID, address, config_digest(1, addresses, quorum)).separator()
    return Site(chain, address, signers, separator, tuple(feed_ids), quorum)


def expected(previous: Round, prices: Sequence[int], quorum: int, times: tuple[int, int]) -> Round:
    """The round that these prices make, by sorting; ``previous`` when fewer than quorum are not zero."""
    positive = sorted(price for price in prices if price)
    if len(positive) < quorum:
        return previous
    answer = positive[len(positive) // 2]
    spread = -((positive[0] - positive[-1]) * BPS // answer)
    return Round(previous.round_id + 1, *times, answer, len(positive), min(spread, SPREAD_MAX))
