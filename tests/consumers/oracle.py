"""A real aggregator with its feeds, and reporters who sign with the product's own code."""

from dataclasses import dataclass, field

from web3.contract import Contract

from reporter.keys import LocalSigner
from reporter.models import Report, SignedReport, feed_id
from reporter.report import Domain, pack_observations, report_digest, reporter_median
from tests.consumers.chain import Chain
from tests.consumers.compilers import Artifact

SIGNERS = tuple(LocalSigner(secret.to_bytes(32, "big")) for secret in (2001, 2002, 2003, 2004))
QUORUM, MAX_AGE_S, LAG_S = 3, 60, 2
BTC, LINK = "BTC/USD", "LINK/ETH"
DECIMALS = {BTC: 8, LINK: 18}


@dataclass(frozen=True, slots=True)
class Published:
    """One round as it must be seen: the median and its two times."""

    answer: int
    observed_at: int
    updated_at: int


@dataclass(slots=True)
class Oracle:
    """What a consumer is given, and the hands that feed it."""

    chain: Chain
    artifacts: dict[str, Artifact]
    aggregator: Contract
    domain: Domain
    feeds: dict[str, Contract]
    rounds: dict[str, list[Published]] = field(default_factory=lambda: {BTC: [], LINK: []})

    def publish(self, prices: list[int], name: str = BTC) -> Published:
        """One round: the reporters' prices, signed, packed and sent two seconds after they were observed."""
        observed_at = self.chain.pass_time(1)
        reports = [Report(observed_at, (feed_id(name),), (price,)) for price in prices]
        signed = [_sign(self.domain, report, i) for i, report in enumerate(reports)]
        bitmap = (1 << len(signed)) - 1
        update = self.aggregator.functions.update(
            observed_at, bitmap, [feed_id(name)], pack_observations(signed)
        )
        self.chain.send(update, after_s=LAG_S)
        self.rounds[name].append(Published(reporter_median(prices), observed_at, observed_at + LAG_S))
        return self.rounds[name][-1]

    def around(self, price: int, name: str = BTC) -> Published:
        """A round of three reporters who differ a little around ``price``."""
        return self.publish([price + 7, price - 5, price], name)


def deploy_oracle(chain: Chain, artifacts: dict[str, Artifact]) -> Oracle:
    """An aggregator of four reporters with two feeds and a ``Feed`` for each."""
    addresses = [signer.address for signer in SIGNERS]
    ids, decimals = [feed_id(name) for name in DECIMALS], list(DECIMALS.values())
    aggregator = chain.deploy(
        artifacts["Aggregator"], chain.sender, addresses, QUORUM, MAX_AGE_S, ids, decimals
    )
    digest = aggregator.functions.config().call()[1]
    domain = Domain(chain.w3.eth.chain_id, aggregator.address, digest)
    feeds = {name: chain.deploy(artifacts["Feed"], aggregator.address, feed_id(name)) for name in DECIMALS}
    return Oracle(chain, artifacts, aggregator, domain, feeds)


def _sign(domain: Domain, report: Report, reporter: int) -> SignedReport:
    signer = SIGNERS[reporter]
    return SignedReport(report, signer.sign(report_digest(domain.separator(), report)), signer.address)
