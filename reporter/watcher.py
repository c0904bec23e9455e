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

    def __init__(self, reader: AggregatorReader, deployment: Deployment, store: Store) -> None:
        self._reader, self._deployment, self._store = reader, deployment, store
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
        self._seen_block = seen = min(seen, head)  # a chain that went back is read again from its new head
        while seen < head:
            last = min(head, seen + MAX_LOG_BLOCKS)
            for found in await self._reader.rounds_since(seen + 1, last):
                feed = self._deployment.feeds.get(found.round.feed)
                if feed is not None:  # the aggregator may have feeds that this deployment file does not know
                    self._store.add_round(found.round, feed.decimals, found.tx_hash, found.block)
            self._seen_block = seen = last
