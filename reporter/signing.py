"""What a node with keys has: it signs what it observed, keeps the records, asks its peers, publishes and pays."""

from collections.abc import Callable, Mapping

from reporter.chain.deployment import Deployment
from reporter.chain.fees import FeeRules
from reporter.chain.rpc import Rpc
from reporter.chain.submit import SubmitRules, Submitter
from reporter.config import Config, KeysSection
from reporter.keys import LocalSigner, hold, load_account, load_secret
from reporter.models import SignedReport, feed_id
from reporter.network import Network
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Pricer
from reporter.publish import Publisher
from reporter.recorder import Recorder
from reporter.store import Store
from reporter.wiring import wall_ms


class Signing:
    """The two keys of a node and everything that uses them. Its public attributes are what others look at."""

    def __init__(
        self,
        config: Config,
        keys: KeysSection,
        deployment: Deployment,
        terms: Mapping[str, FeedTerms],
        rpc: Rpc,
        store: Store,
        pricer: Pricer,
        context: Callable[[], Context | None],
    ) -> None:
        password = config.path(keys.password_file)
        signing = config.path(keys.signing_keystore)
        signer = LocalSigner(load_secret(signing, password))
        self._lock = hold(signing)
        account = load_account(config.path(keys.gas_keystore), password)
        self.address = signer.address
        self.recorder = Recorder(signer, store, pricer.plan)
        by_id = {feed_id(name): feed_terms for name, feed_terms in terms.items()}
        self._observer = Observer(signer, store, by_id, context, pricer.moment, self.recorder.keep)
        self.submitter = Submitter(rpc, account, store, submit_rules(config), wall_ms)
        self.network = Network(config, deployment, signer)
        self.publisher = Publisher(
            signer.address,
            config.schedule,
            terms,
            self.observe,
            self.network.asks,
            self.submitter,
            config.chain.block_time_s,
            config.stagger_s,
        )

    def observe(self, request: ObserveRequest) -> SignedReport:
        """Our signed observation, for a peer or for ourselves. Raises ``Refused``."""
        return self._observer.answer(request, wall_ms())

    async def close(self) -> None:
        """Close what is open to peers and keep the last records; ``release`` comes after the store is closed."""
        await self.network.close()
        await self.recorder.flush()

    def release(self) -> None:
        """Let another instance take the signing key."""
        self._lock.close()


def submit_rules(config: Config) -> SubmitRules:
    """What the configuration says of transactions, in wei."""
    chain = config.chain
    fees = FeeRules(chain.max_fee_gwei * 10**9, chain.max_priority_fee_gwei * 10**9)
    return SubmitRules(fees, chain.block_time_s, chain.confirmations)
