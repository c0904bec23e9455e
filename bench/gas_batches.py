"""Batches as reporters make them: the reporter's own hashing, signing and packing; realistic prices; nothing random."""

from dataclasses import dataclass
from random import Random

from eth_utils.crypto import keccak
from gas_chain import calldata

from reporter.keys import LocalSigner
from reporter.models import Report, SignedReport, feed_id
from reporter.report import Domain, config_digest, pack_observations, report_digest

CHAIN_ID = 31337
DECIMALS = 8
MAX_FEEDS = 20
MID = 64_000 * 10**DECIMALS
"""BTC. Every feed is priced like it: six of a price's eight bytes are not zero, the dearest that is usual."""
NAMES = "BTC,ETH,SOL,XRP,BNB,DOGE,ADA,TRX,AVAX,LINK,DOT,LTC,BCH,UNI,ATOM,ETC,XLM,FIL,APT,ARB"
FEED_IDS = tuple(feed_id(f"{name}/USD") for name in NAMES.split(","))
STEP_PPM, DISAGREEMENT_PPM = 1_000, 300


@dataclass(frozen=True, slots=True)
class Crew:
    """A reporter set in bit order. The last ``quorum`` of it sign: the contract has to pass by the others."""

    signers: tuple[LocalSigner, ...]
    quorum: int

    @property
    def addresses(self) -> list[str]:
        return [signer.address for signer in self.signers]

    @property
    def bitmap(self) -> int:
        return sum(1 << i for i in range(len(self.signers) - self.quorum, len(self.signers)))

    def update(self, aggregator: str, observed_at: int, feeds: int) -> bytes:
        """The calldata of ``update`` for the first ``feeds`` feeds; the prices depend on ``observed_at`` alone."""
        digest = config_digest(1, self.addresses, self.quorum)
        separator = Domain(CHAIN_ID, aggregator, digest).separator()
        ids, rng = FEED_IDS[:feeds], Random(observed_at)
        middles = [_near(rng, MID, STEP_PPM) for _ in ids]
        signed = [
            _sign(signer, separator, Report(observed_at, ids, _prices(rng, middles)))
            for signer in self.signers[-self.quorum :]
        ]
        signature = "update(uint64,uint32,bytes32[],bytes)"
        return calldata(signature, observed_at, self.bitmap, ids, pack_observations(signed))


def crew(reporters: int, quorum: int) -> Crew:
    """The same keys each time."""
    secrets = (keccak(text=f"spotline gas reporter {i}") for i in range(reporters))
    return Crew(tuple(LocalSigner(secret) for secret in secrets), quorum)


def _prices(rng: Random, middles: list[int]) -> tuple[int, ...]:
    return tuple(_near(rng, middle, DISAGREEMENT_PPM) for middle in middles)


def _near(rng: Random, middle: int, ppm: int) -> int:
    return middle + middle * rng.randint(-ppm, ppm) // 1_000_000


def _sign(signer: LocalSigner, separator: bytes, report: Report) -> SignedReport:
    return SignedReport(report, signer.sign(report_digest(separator, report)), signer.address)
