"""Watching the chain: its newest state as the node knows it, and every accepted round into the store."""

import asyncio

from reporter.chain.aggregator import AggregatorReader, ChainState
from reporter.chain.deployment import Deployment
from reporter.errors import ChainError, StoreFailed
from reporter.store import Store
from reporter.telemetry import log

LOOK_BACK_BLOCKS = 1_000
MAX_LOG_BLOCKS = 500
"""Blocks asked for at once: public endpoints refuse wide ranges."""


class Watcher:
    """``state`` is None until the chain was read once; ``problem`` is empty while it can be read."""

    def __init__(
        self, reader: AggregatorReader, deployment: Deployment, store: Store, confirmations: int
    ) -> None:
        self._reader, self._deployment, self._store = reader, deployment, store
        self._confirmations = confirmations
        self._seen_block: int | None = None
        self._lock = asyncio.Lock()
        self.state: ChainState | None = None
        self.problem = "the chain has not been read yet"

    async def look(self, now_ms: int) -> None:
        """Read the chain; what fails is kept as ``problem`` and told once. One look at a time: none goes back."""
        async with self._lock:
            try:
                self.state = await self._reader.state(now_ms)
                await self._keep_rounds(self.state.head.number)
            except (ChainError, StoreFailed) as error:
                if str(error) != self.problem:
                    log().warning("chain not readable", reason=str(error), advice=error.hint)
                self.problem = str(error)
            else:
                self.problem = ""

    async def _keep_rounds(self, head: int) -> None:
        start = self._deployment.start_block
        seen = max(head - LOOK_BACK_BLOCKS, start) - 1 if self._seen_block is None else self._seen_block
        # Blocks that are not final are read again: a reorganisation may have changed them.
        seen = max(start - 1, min(seen, head - self._confirmations))
        while seen < head:
            last = min(head, seen + MAX_LOG_BLOCKS)
            await self._keep_blocks(seen + 1, last)
            self._seen_block = seen = last

    async def _keep_blocks(self, first: int, last: int) -> None:
        found = await self._reader.rounds_since(first, last, self._store.round_times(first))
        feeds = (
            self._deployment.feeds
        )  # the aggregator may have feeds that this deployment file does not know
        rows = [
            (s.round, feeds[s.round.feed].decimals, s.tx_hash, s.block)
            for s in found
            if s.round.feed in feeds
        ]
        if gone := self._store.replace_rounds(first, last, rows):
            log().warning(
                "rounds dropped", rounds=gone, advice="nothing: a reorganisation; the feeds are due again"
            )
