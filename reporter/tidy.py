"""What a node forgets, so that its database does not grow for ever. The ledger outlives any report a chain would take."""

import asyncio
from collections.abc import Callable

from reporter.errors import StoreFailed
from reporter.store import Store
from reporter.telemetry import log

HOUR_S = 3_600
SIGNED_KEPT_S = HOUR_S
"""Prices and records of what was signed; a report is refused after 255 s at the latest."""
HISTORY_KEPT_S = 30 * 24 * HOUR_S
"""Rounds, and transactions whose fate is final. What they have cost stays in the totals."""
EVERY_S = 60
LOOKS_AN_HOUR = HOUR_S // EVERY_S


def tidy(store: Store, now_s: int, *, history: bool) -> None:
    """Forget what is old; with ``history`` also what is old of rounds and transactions. Raises ``StoreFailed``."""
    store.prune_ledger(now_s - SIGNED_KEPT_S)
    store.prune_records(now_s - SIGNED_KEPT_S)
    if history:
        store.prune_rounds(now_s - HISTORY_KEPT_S)
        store.prune_journal((now_s - HISTORY_KEPT_S) * 1000)


async def keep_tidy(store: Store, now_ms: Callable[[], int]) -> None:
    """Forget every minute, history every hour, until cancelled. A disk that refuses is told of and tried again."""
    looks = 0
    while True:
        try:
            tidy(store, now_ms() // 1000, history=looks % LOOKS_AN_HOUR == 0)
        except StoreFailed as error:
            log().warning("database not tidied", reason=str(error), advice=error.hint)
        looks += 1
        await asyncio.sleep(EVERY_S)
