"""What a node with keys has: it signs what it observed, keeps the records, asks its peers, publishes and pays."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from reporter.chain.aggregator import ReporterSet
from reporter.chain.deployment import Deployment
from reporter.chain.fees import FeeRules
from reporter.chain.rpc import Rpc
from reporter.chain.sender import SubmitRules
from reporter.chain.submit import Submitter
from reporter.config import Config, KeysSection
from reporter.errors import ConfigError, SignerFailed
from reporter.keyring import lock, open_gas, open_signer
from reporter.keys.remote import RemoteSigner
from reporter.models import SignedReport, feed_id
from reporter.network import Network
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Pricer
from reporter.publish import Publisher
from reporter.recorder import Recorder
from reporter.spending import Caps
from reporter.store import Store
from reporter.telemetry import log
from reporter.wiring import wall_ms

WATCH_EVERY_S = 15
NO_CERTIFICATE = "web3signer signs for whoever reaches it: we have no client certificate to be told apart by"


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
        self._signer = signer = open_signer(config, keys)
        account = open_gas(config, keys)
        self._lock = lock(signer.address, str(account.address), deployment)
        self._born_s = wall_ms() // 1000
        self._before: list[Recorder] = []
        self._direct = direct
        self.address = signer.address
        self._signer, self._store, self._context = signer, store, context
        self.submitter = Submitter(rpc, account, store, submit_rules(config), wall_ms)
        self.network = Network(config, deployment, signer)
        self._assemble(config, terms, pricer)

    def _assemble(self, config: Config, terms: Mapping[str, FeedTerms], pricer: Pricer) -> None:
        self.recorder = Recorder(self._signer, self._store, pricer.plan)
        by_id = {feed_id(name): feed_terms for name, feed_terms in terms.items()}
        self._observer = Observer(
            self._signer,
            self._store,
            by_id,
            self._context,
            pricer.moment,
            self.recorder.keep,
            self._born_s,
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

    async def observe(self, request: ObserveRequest) -> SignedReport:
        """Our signed observation, for a peer or for ourselves. Raises ``Refused``."""
        return await self._observer.answer(request, wall_ms())

    @property
    def problem(self) -> str:
        """Why the remote signer does not sign; empty while it does, and with a key of our own."""
        return self._signer.problem if isinstance(self._signer, RemoteSigner) else ""

    async def watch(self) -> None:
        """Look after the remote signer while nothing is signed, so that its loss is seen before it matters."""
        signer, told = self._signer, ""
        if isinstance(signer, RemoteSigner) and not signer.says_who:
            log().warning("remote signer", reason=NO_CERTIFICATE, advice="see SECURITY.md, A remote signer")
        while isinstance(signer, RemoteSigner):
            with suppress(SignerFailed):  # it is in problem
                await signer.look()
            if signer.problem != told:
                advice = "spotline doctor says which part fails" if signer.problem else ""
                log().warning("remote signer", reason=signer.problem or "signs again", advice=advice)
            told = signer.problem
            await asyncio.sleep(WATCH_EVERY_S)

    async def close(self) -> None:
        """Close what is open to peers and keep the last records; ``release`` comes after the store is closed."""
        await self.network.close()
        await self.flush()
        if isinstance(self._signer, RemoteSigner):
            await self._signer.close()

    def release(self) -> None:
        """Let another instance take the signing key."""
        self._lock.close()


def submit_rules(config: Config) -> SubmitRules:
    """What the configuration says of transactions, in wei."""
    chain = config.chain
    fees = FeeRules(chain.max_fee_gwei * 10**9, chain.max_priority_fee_gwei * 10**9)
    caps = Caps(chain.max_gas_per_hour, chain.max_spend_per_day_gwei)
    return SubmitRules(fees, chain.block_time_s, chain.confirmations, caps)
