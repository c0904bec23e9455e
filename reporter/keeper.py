"""The funding keeper: reads the markets, and takes a premium sample when nobody else has for a while.

Reporters take turns by their place in the set, so that several keepers do not pay for one sample: each waits that many
staggers from when it first saw one missing, and looks again right before it sends. (Counted from the last accrual itself,
all were due at once after a start, a pause or a halt of the chain, and three paid for one.)

A keeper pays for an accrual only if that brings the market an index it has not seen, takes a premium sample, or pays at a
rate other than 0. All else that it would write down the next one writes down, to the wei: in a pause that is
``FundingPaused``, with the right time.
"""

from collections.abc import Sequence

from reporter.chain.aggregator import ChainState
from reporter.chain.calls import accrue_call
from reporter.chain.funding import FundingReader, FundingState
from reporter.chain.submit import NotWanted, Submitter
from reporter.config import KeeperSection
from reporter.errors import ChainError, StoreFailed
from reporter.models import feed_id
from reporter.telemetry import log


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
        self._missing: dict[str, tuple[int, int]] = {}
        self.states: dict[str, FundingState] = {}

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
        if self._submitter is None or self._submitter.capped() or address not in chain.set.reporters:
            return
        late = now_s - state.last_accrual_at >= market.sample_s
        if not late or not await self._useful(state, identifier, now_s):
            self._missing.pop(market.market, None)
            return
        turn_s = chain.set.reporters.index(address) * self._stagger_s
        if now_s - self._missing_since(state, now_s) < turn_s:
            return

        async def still_missing() -> bool:
            return await self._reader.last_accrual(identifier) == state.last_accrual_at

        call = accrue_call(self._reader.address, identifier)
        await self._submitter.submit(call, chain.head.base_fee, self._receipt_timeout_s, still_missing)

    def _missing_since(self, state: FundingState, now_s: int) -> int:
        """When we first saw that the accrual behind this one is late and useful."""
        last, since_s = self._missing.get(state.market, (0, 0))
        if last != state.last_accrual_at:
            since_s = now_s
            self._missing[state.market] = state.last_accrual_at, since_s
        return since_s

    async def _useful(self, state: FundingState, identifier: bytes, now_s: int) -> bool:
        """Whether an accrual does anything that the one after it could not make up for."""
        if await self._reader.index_updated_at(identifier) >= state.last_accrual_at:
            return True
        if state.paused:
            return False
        return state.rate_8h != 0 or await self._reader.would_sample(identifier, now_s)
