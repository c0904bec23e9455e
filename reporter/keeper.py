"""The funding keeper: reads the markets, and takes a premium sample when nobody else has for a while.

Reporters take turns by their place in the set, so that several keepers do not pay for one sample; the accrual itself is
harmless to repeat. Whoever accrues, the keeper watches the premium of each sample, and says when a perpetual has decoupled.
"""

from collections.abc import Sequence

from reporter.chain.aggregator import ChainState
from reporter.chain.calls import accrue_call
from reporter.chain.funding import FundingReader, FundingState
from reporter.chain.submit import Submitter
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
        late_s = market.sample_s + chain.set.reporters.index(address) * self._stagger_s
        if now_s - state.last_accrual_at >= late_s:
            call = accrue_call(self._reader.address, identifier)
            await self._submitter.submit(call, chain.head.base_fee, self._receipt_timeout_s)
