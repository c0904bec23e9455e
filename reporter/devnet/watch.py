"""What a devnet measures of itself: every round from the chain's own events, and answers against the market's reference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median_low

from reporter.chain.aggregator import AggregatorReader, ChainState, SeenRound
from reporter.chain.deployment import Deployment
from reporter.chain.rpc import Rpc
from reporter.market.model import Market
from reporter.models import SCALE

PPB = 10**9


@dataclass(slots=True)
class FeedWatch:
    """One feed's rounds, and its errors in parts per billion of the reference."""

    rounds: list[SeenRound] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    """Of each round, at its own observedAt."""
    seen_errors: list[int] = field(default_factory=list)
    """Of the answer that a reader saw at each wall second, update latency included."""


class Watch:
    """Follows the aggregator's events from ``start_ms`` on."""

    def __init__(self, rpc: Rpc, deployment: Deployment, market: Market | None) -> None:
        self._rpc, self._deployment, self._market = rpc, deployment, market
        self._reader = AggregatorReader(rpc, deployment, list(deployment.feeds))
        self._block = deployment.start_block - 1
        self._second = 0
        self.start_ms: int | None = None
        self.feeds = {name: FeedWatch() for name in deployment.feeds}
        self.gas: dict[str, int] = {}
        self.chain: ChainState | None = None

    async def look(self, now_ms: int) -> list[SeenRound]:
        """Read what is new and measure it; the new rounds, oldest first."""
        self.chain = await self._reader.state(now_ms)
        head = self.chain.head.number
        new = await self._reader.rounds_since(self._block + 1, head) if head > self._block else []
        self._block = max(head, self._block)
        for seen in new:
            await self._count(seen)
        if self.start_ms is not None and now_ms // 1000 != self._second:
            self._second = now_ms // 1000
            self._see(self.chain, now_ms)
        return new

    async def _count(self, seen: SeenRound) -> None:
        if self.start_ms is None or seen.round.observed_at * 1000 < self.start_ms:
            return
        watch = self.feeds.get(seen.round.feed)
        if watch is None:  # added to the aggregator while we run
            return
        watch.rounds.append(seen)
        error = self._error(seen.round.feed, seen.round.answer, seen.round.observed_at * 1000)
        if error is not None:
            watch.errors.append(error)
        if seen.tx_hash not in self.gas and (receipt := await self._rpc.receipt(seen.tx_hash)):
            self.gas[seen.tx_hash] = receipt.gas_used

    def _see(self, chain: ChainState, now_ms: int) -> None:
        for name, round_ in chain.rounds.items():
            error = self._error(name, round_.answer, now_ms) if round_.round_id else None
            if error is not None:
                self.feeds[name].seen_errors.append(error)

    def _error(self, feed: str, answer: int, at_ms: int) -> int | None:
        reference = self._market.reference(feed, at_ms) if self._market else None
        if reference is None:
            return None
        price = answer * SCALE // int(10 ** self._deployment.feeds[feed].decimals)
        return abs(price - reference) * PPB // reference


def feed_summary(watch: FeedWatch, decimals: int) -> dict[str, object]:
    """Counts and errors as ratios; errors are None where the market has no reference."""
    newest = watch.rounds[-1].round if watch.rounds else None
    return {
        "rounds": len(watch.rounds),
        "answer": str(newest.answer) if newest else None,
        "decimals": decimals,
        "max_error": _ratio(max, watch.errors),
        "mean_error": _ratio(fmean, watch.errors),
        "seen_max_error": _ratio(max, watch.seen_errors),
        "seen_mean_error": _ratio(fmean, watch.seen_errors),
    }


def _ratio(statistic: Callable[[Sequence[int]], float], errors: Sequence[int]) -> float | None:
    return round(statistic(errors) / PPB, 8) if errors else None


def gas_summary(gas: dict[str, int]) -> dict[str, int | None]:
    """Median gas of the update transactions seen."""
    return {"update_median": median_low(gas.values()) if gas else None, "updates": len(gas)}
