"""What a node with keys has: it signs what it observed, keeps the records, asks its peers, publishes and pays."""

from collections.abc import Callable, Mapping

from reporter.chain.aggregator import ReporterSet
from reporter.chain.deployment import Deployment
from reporter.chain.fees import FeeRules
from reporter.chain.rpc import Rpc
from reporter.chain.sender import SubmitRules
from reporter.chain.submit import Submitter
from reporter.config import Config, KeysSection
from reporter.errors import ConfigError
from reporter.keys import LocalSigner, hold, load_account, load_secret
from reporter.models import SignedReport, feed_id
from reporter.network import Network
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Pricer
from reporter.publish import Publisher
from reporter.recorder import Recorder
from reporter.spending import Caps
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
        *,
        direct: bool = False,
    ) -> None:
        password = config.path(keys.password_file)
        signing = config.path(keys.signing_keystore)
        signer = LocalSigner(load_secret(signing, password))
        self._lock = hold(signing)
        self._before: list[Recorder] = []
        self._direct = direct
        account = load_account(config.path(keys.gas_keystore), password)
        self.address = signer.address
        self._signer, self._store, self._context = signer, store, context
        self.submitter = Submitter(rpc, account, store, submit_rules(config), wall_ms)
        self.network = Network(config, deployment, signer)
        self._assemble(config, terms, pricer)

    def _assemble(self, config: Config, terms: Mapping[str, FeedTerms], pricer: Pricer) -> None:
        self.recorder = Recorder(self._signer, self._store, pricer.plan)
        by_id = {feed_id(name): feed_terms for name, feed_terms in terms.items()}
        self._observer = Observer(
            self._signer, self._store, by_id, self._context, pricer.moment, self.recorder.keep
        )
        self.publisher = Publisher(
            self.address,
            config.schedule,
            terms,
            self.observe,
            self.network.asks,
            self.submitter,
            config.chain.block_time_s,
            config.stagger_s,
            direct=self._direct,
        )

    def refuse_too_few(self, network: Network, members: ReporterSet) -> None:
        """Raises ``ConfigError`` where this node and the peers of a network are fewer than the aggregator's quorum."""
        reached = {self.address, *network.asks} & set(members.reporters)
        if len(reached) < members.quorum:
            raise ConfigError(
                f"--direct: an update needs {members.quorum} signatures, and this node can get {len(reached)}, "
                f"its own and those of {len(reached - {self.address})} peers",
                key="peers",
                hint="add [[peers]], or have the quorum lowered; without --direct the node signs for others",
            )

    def make_network(self, config: Config, deployment: Deployment) -> Network:
        """How to ask the peers of another configuration. Raises ``ConfigError``."""
        return Network(config, deployment, self._signer)

    def follow(
        self, config: Config, network: Network, terms: Mapping[str, FeedTerms], rpc: Rpc, pricer: Pricer
    ) -> None:
        """Go on with another configuration: keys, ledger, journal, turn and the transaction under way stay."""
        self.network = network
        self.submitter.follow(rpc, submit_rules(config))
        waiting, recorder = self.publisher.waiting, self.recorder
        self._assemble(config, terms, pricer)
        self.publisher.waiting = waiting
        self._before.append(recorder)

    async def flush(self) -> None:
        """Store the records that wait, also those of a configuration before."""
        while self._before:
            await self._before[0].flush()
            self._before.pop(0)
        await self.recorder.flush()

    def observe(self, request: ObserveRequest) -> SignedReport:
        """Our signed observation, for a peer or for ourselves. Raises ``Refused``."""
        return self._observer.answer(request, wall_ms())

    async def close(self) -> None:
        """Close what is open to peers and keep the last records; ``release`` comes after the store is closed."""
        await self.network.close()
        await self.flush()

    def release(self) -> None:
        """Let another instance take the signing key."""
        self._lock.close()


def submit_rules(config: Config) -> SubmitRules:
    """What the configuration says of transactions, in wei."""
    chain = config.chain
    fees = FeeRules(chain.max_fee_gwei * 10**9, chain.max_priority_fee_gwei * 10**9)
    caps = Caps(chain.max_gas_per_hour, chain.max_spend_per_day_gwei)
    return SubmitRules(fees, chain.block_time_s, chain.confirmations, caps)
