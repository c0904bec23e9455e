"""Publishing: see what is due, wait for our turn, gather signatures, send one transaction.

Every node looks at the same second (its clock - 1 s), so all see the same feeds due at the same time. The newest round says
whose turn is next, so they agree on that without a word, also when a feed is due again before they have all seen that
round. A dead node delays an update by one stagger; two at once cost one wasted transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reporter.chain.aggregator import ChainState, ReporterSet
from reporter.chain.calls import update_call
from reporter.chain.submit import Mined, Submitter
from reporter.config import ScheduleSection
from reporter.errors import ChainError, StoreFailed
from reporter.models import Index, Round, feed_id
from reporter.peers.gather import Ask, Batch, Gathered, gather
from reporter.peers.observe import FeedTerms, ObserveRequest
from reporter.pricing import report_price
from reporter.telemetry import log
from reporter.trigger import Due, due, turn, wait_s

ASK_BEHIND_S = 1
RECEIPT_BLOCKS = 6
MAX_BATCH_FEEDS = 64
"""More go out with the next batch: the gas of one transaction stays under every chain's limit."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Since when something has been due after the newest round, whose time gives the ``slot``, and how long we leave it to
    those whose turn comes first.
    """

    since_ms: int
    wait_ms: int
    rank: int
    slot: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt to publish: what was gathered and, if a batch went out, what became of it."""

    at_ms: int
    gathered: Gathered
    mined: Mined | None
    problem: str


def dues(
    feeds: Mapping[str, FeedTerms], indices: Mapping[str, Index], chain: ChainState, now_s: int
) -> dict[str, Due]:
    """Which feeds are due; a feed without a signable index is not, whatever its age."""
    return {name: _due(terms, indices[name], chain, now_s) for name, terms in feeds.items()}


def _due(terms: FeedTerms, index: Index, chain: ChainState, now_s: int) -> Due:
    return due(terms.trigger, report_price(index, terms.decimals), chain.rounds[terms.name], now_s)


def batch_of(due_now: Mapping[str, Due], rounds: Mapping[str, Round]) -> list[str]:
    """The feeds of the next batch: those that are due before those that may join, the longest unanswered first.

    In any fixed order the last feeds would never come while more are due in every block than go into one batch.
    """
    wanted = [name for name, state in due_now.items() if state is not Due.NO]
    wanted.sort(key=lambda name: (due_now[name] is Due.JOIN, rounds[name].observed_at))
    return wanted[:MAX_BATCH_FEEDS]


def newest(rounds: Mapping[str, Round]) -> int:
    """The newest second of any feed's round; 0 before the first."""
    return max((round_.observed_at for round_ in rounds.values()), default=0)


class Publisher:
    """One reporter's part in publishing. ``local`` signs our own observation, ``peers`` asks the others.

    ``direct``: we publish at once whatever the turn, and ask nobody where our own signature is enough.
    """

    def __init__(
        self,
        address: str,
        schedule: ScheduleSection,
        feeds: Mapping[str, FeedTerms],
        local: Ask,
        peers: Mapping[str, Ask],
        submitter: Submitter,
        block_time_s: int,
        stagger_s: int,
        *,
        direct: bool = False,
    ) -> None:
        self._address, self._schedule, self._feeds = address, schedule, feeds
        self._ids = {name: feed_id(name) for name in feeds}
        self._local, self._peers, self._submitter = local, peers, submitter
        self._block_time_s, self._stagger_s, self._direct = block_time_s, stagger_s, direct
        self.waiting: Waiting | None = None

    def my_turn(self, due_now: Mapping[str, Due], chain: ChainState, now_ms: int) -> bool:
        """Note what is due and say whether we are to publish now."""
        if self._address not in chain.set.reporters or Due.YES not in due_now.values():
            self.waiting = None
            return False
        slot, waiting = newest(chain.rounds) // self._schedule.slot_s, self.waiting
        if waiting is None or waiting.slot != slot or now_ms < waiting.since_ms:  # the clock may be set back
            waiting = self.waiting = self._wait(slot, chain.set, now_ms)
        return now_ms - waiting.since_ms >= waiting.wait_ms

    def _wait(self, slot: int, members: ReporterSet, now_ms: int) -> Waiting:
        me, count = members.reporters.index(self._address), len(members.reporters)
        rank = 0 if self._direct else turn(members.domain.aggregator, slot, count, me)
        return Waiting(now_ms, self._wait_ms(rank), rank, slot)

    def _wait_ms(self, staggers: int) -> int:
        return int(wait_s(staggers, self._stagger_s) * 1000)

    async def publish(self, due_now: Mapping[str, Due], chain: ChainState, now_ms: int) -> Outcome:
        """Gather for every feed that is due or past half of it, and send the batch. After a failure the next attempt is a
        stagger later, when others have their turn; in direct mode there are no others.
        """
        waiting, self.waiting = self.waiting, None
        outcome = await self._attempt(due_now, chain, now_ms)
        if outcome.problem and waiting is not None and not self._direct:
            self.waiting = replace(waiting, since_ms=now_ms, wait_ms=self._wait_ms(1))
        return outcome

    async def _attempt(self, due_now: Mapping[str, Due], chain: ChainState, now_ms: int) -> Outcome:
        wanted = tuple(self._ids[name] for name in batch_of(due_now, chain.rounds))
        domain = chain.set.domain
        observed_at = now_ms // 1000 - ASK_BEHIND_S
        request = ObserveRequest(
            domain.chain_id, domain.aggregator, domain.config_digest, observed_at, wanted
        )
        gathered = await gather(
            request,
            self._asks(chain.set.quorum),
            domain,
            chain.set.reporters,
            chain.set.quorum,
            self._schedule.gather_timeout_ms / 1000,
        )
        if gathered.batch is None:
            return Outcome(now_ms, gathered, None, "no quorum: " + gathered.explain(chain.set.quorum))
        return await self._send(gathered, gathered.batch, chain, now_ms)

    def _asks(self, quorum: int) -> dict[str, Ask]:
        others = {} if self._direct and quorum == 1 else self._peers
        return {self._address: self._local, **others}

    async def _send(self, gathered: Gathered, batch: Batch, chain: ChainState, now_ms: int) -> Outcome:
        try:
            mined = await self._submitter.submit(
                update_call(batch, chain.max_age_s, self._block_time_s),
                chain.head.base_fee,
                self._patience_s(batch, chain),
            )
        except (ChainError, StoreFailed) as error:
            return Outcome(now_ms, gathered, None, str(error))
        problem = "" if mined.succeeded else f"the update reverted: {mined.reason}"
        return Outcome(now_ms, gathered, mined, problem)

    def _patience_s(self, batch: Batch, chain: ChainState) -> int:
        """While the observation is younger than half of maxAge a dearer transaction carries it; then a fresh batch does."""
        half = batch.request.observed_at + chain.max_age_s // 2
        return max(2 * self._block_time_s, half - chain.head.timestamp)


def tell_outcome(
    before: Outcome | None, outcome: Outcome, chain: ChainState | None, venues: Mapping[str, int], now_ms: int
) -> None:
    """Log a round that was published, with what went into it, or a new reason why there is none.

    Args:
        venues: How many counted, by feed.
    """
    if outcome.problem and (before is None or before.problem != outcome.problem):
        advice = "see GET /readyz of this node and its peers"
        log().warning("not published", reason=outcome.problem, advice=advice)
    if outcome.mined and outcome.mined.succeeded and chain:
        log().info(
            "published",
            tx=outcome.mined.tx_hash,
            gas=outcome.mined.gas_used,
            answers={name: round_.answer for name, round_ in chain.rounds.items()},
            venues=dict(venues),
            due_ms=outcome.at_ms,
            gathered_ms=outcome.mined.begun_ms,
            sent_ms=outcome.mined.sent_ms,
            ms=now_ms - outcome.at_ms,
        )
