"""The funding keeper: reads the markets, and takes a premium sample when nobody else has for a while.

Reporters take turns by their place in the set, so that several keepers do not pay for one sample; the accrual itself is
harmless to repeat.
"""

from collections.abc import Sequence

from reporter.chain.aggregator import ChainState
from reporter.chain.calls import accrue_call
from reporter.chain.funding import FundingReader, FundingState
from reporter.chain.submit import Submitter
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
        self.states: dict[str, FundingState] = {}

    async def look(self, chain: ChainState, address: str, now_s: int) -> None:
        """Read every market and accrue those that are late. A failure is logged and tried again at the next look."""
        for market in self._markets:
            try:
                await self._keep(market, chain, address, now_s)
            except (ChainError, StoreFailed) as error:
                log().warning(
                    "funding not accrued", market=market.market, reason=str(error), advice=error.hint
                )

    async def _keep(self, market: KeeperSection, chain: ChainState, address: str, now_s: int) -> None:
        identifier = feed_id(market.market)
        state = self.states[market.market] = await self._reader.state(market.market, identifier)
        if self._submitter is None or self._submitter.capped() or address not in chain.set.reporters:
            return
        late_s = market.sample_s + chain.set.reporters.index(address) * self._stagger_s
        if now_s - state.last_accrual_at >= late_s:
            call = accrue_call(self._reader.address, identifier)
            await self._submitter.submit(call, chain.head.base_fee, self._receipt_timeout_s)
