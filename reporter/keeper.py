"""The funding keeper: reads the markets, and takes a premium sample when nobody else has for a while.

Reporters take turns by their place in the set, counted from the last accrual, so that several keepers do not pay for one
sample; each looks again right before it sends. A turn passes: else all are due at once after a start, a pause or a halt of
the chain, and three paid for one.

A keeper pays for an accrual only if that brings the market an index it has not seen, takes a premium sample, or pays at a
rate other than 0. All else that it would write down the next one writes down, to the wei: in a pause that is
``FundingPaused``, with the right time.

Whoever accrues, the keeper watches the premium of each sample, and says when a perpetual has decoupled.
"""

from collections.abc import Sequence

from reporter.chain.aggregator import ChainState
from reporter.chain.calls import accrue_call
from reporter.chain.funding import FundingReader, FundingState
from reporter.chain.submit import NotWanted, Submitter
from reporter.config import KeeperSection
from reporter.decoupling import DecouplingRules, DecouplingWatch
from reporter.errors import ChainError, StoreFailed
from reporter.models import feed_id
from reporter.telemetry import log


class PremiumAlarms:
    """Sees every premium sample of some markets.

    Attributes:
        decoupled: Since when, Unix seconds, of the markets whose premium has been out of its band for too long.
    """

    def __init__(self, markets: Sequence[str]) -> None:
        self._watches = {market: DecouplingWatch(DecouplingRules()) for market in markets}
        self._seen_s: dict[str, int] = {}
        self.decoupled: dict[str, int] = {}

    def note(self, state: FundingState) -> None:
        """Take a market's state; one without a newer sample than the last says nothing new."""
        name, watch = state.market, self._watches[state.market]
        if state.last_accrual_at <= self._seen_s.get(name, -1):
            return
        self._seen_s[name] = state.last_accrual_at
        away = watch.see(state.last_accrual_at, state.premium)
        if away and watch.away_since_s is not None and name not in self.decoupled:
            self.decoupled[name] = watch.away_since_s
            log().warning(
                "perpetual decoupled", market=name, premium=str(state.premium), since=watch.away_since_s
            )
        elif not away and self.decoupled.pop(name, None) is not None:
            log().info("perpetual back in its band", market=name, premium=str(state.premium))


class Keeper:
    """Keeps funding markets alive. Without a submitter it only looks."""

    def __init__(
        self,
        markets: Sequence[KeeperSection],
        reader: FundingReader,
        submitter: Submitter | None,
        stagger_s: int,
        receipt_timeout_s: float,
    ) -> None:
        self._markets, self._reader, self._submitter = markets, reader, submitter
        self._stagger_s, self._receipt_timeout_s = stagger_s, receipt_timeout_s
        self.states: dict[str, FundingState] = {}
        self.alarms = PremiumAlarms([each.market for each in markets])

    async def look(self, chain: ChainState, address: str, now_s: int) -> None:
        """Read every market and accrue those that are late. A failure is logged and tried again at the next look."""
        for market in self._markets:
            try:
                await self._keep(market, chain, address, now_s)
            except NotWanted:
                continue
            except (ChainError, StoreFailed) as error:
                log().warning(
                    "funding not accrued", market=market.market, reason=str(error), advice=error.hint
                )

    async def _keep(self, market: KeeperSection, chain: ChainState, address: str, now_s: int) -> None:
        identifier = feed_id(market.market)
        state = self.states[market.market] = await self._reader.state(market.market, identifier)
        self.alarms.note(state)
        if self._submitter is None or self._submitter.capped() or address not in chain.set.reporters:
            return
        place, count = chain.set.reporters.index(address), len(chain.set.reporters)
        waited_s = now_s - state.last_accrual_at - market.sample_s
        if not has_turn(waited_s, place, count, self._stagger_s):
            return
        if not await self._useful(state, identifier, now_s):
            return

        async def still_missing() -> bool:
            return await self._reader.last_accrual(identifier) == state.last_accrual_at

        call = accrue_call(self._reader.address, identifier)
        await self._submitter.submit(call, chain.head.base_fee, self._receipt_timeout_s, still_missing)

    async def _useful(self, state: FundingState, identifier: bytes, now_s: int) -> bool:
        """Whether an accrual does anything that the one after it could not make up for."""
        if await self._reader.index_updated_at(identifier) >= state.last_accrual_at:
            return True
        if state.paused:
            return False
        return state.rate_8h != 0 or await self._reader.would_sample(identifier, now_s)


def has_turn(waited_s: int, place: int, count: int, stagger_s: int) -> bool:
    """Whether the keeper at ``place`` of ``count`` may send, when a sample has been late for ``waited_s`` seconds.

    Each has one stagger, in order and then from the first again. It begins only in the first half of its own, so that what
    it sends is there to be seen before the next one's turn.
    """
    turn, into_s = divmod(waited_s, stagger_s)
    return waited_s >= 0 and turn % count == place and 2 * into_s < stagger_s
