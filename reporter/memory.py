"""The index's memory over restarts: exclusions, biases, the last index; and a person's way to re-admit a venue.

Without it a venue that the bias monitor has excluded would be back with the next restart, and nobody would know.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from reporter.errors import SpotlineError, StoreFailed
from reporter.index.state import State, untimed
from reporter.pricing import Pricer
from reporter.rounds.document import state_document
from reporter.rounds.parse import state_from
from reporter.store import Store
from reporter.telemetry import log

LOOK_EVERY_S = 1
SAVE_EVERY_MS = 30_000

Barred = Mapping[str, Sequence[str]]
"""The venues that only a person re-admits, by feed; feeds without one are left out."""


def barred(state: State) -> dict[str, tuple[str, ...]]:
    """The venues that the bias monitor has excluded, by feed."""
    return {feed: memory.barred for feed, memory in state.items() if memory.barred}


class Memory:
    """Keeps a pricer's memory in the store: every 30 s, at the end, and at once when a venue is excluded or re-admitted."""

    def __init__(self, store: Store, pricer: Pricer, now_ms: Callable[[], int]) -> None:
        self._store, self._pricer, self._now_ms = store, pricer, now_ms
        self._saved_ms = now_ms()
        self._barred: Barred = {}

    @property
    def barred(self) -> Barred:
        """The exclusions in force."""
        return barred(self._pricer.memory()[1])

    def follow(self, pricer: Pricer) -> None:
        """Go on with another pricer, which has taken over what this one remembers."""
        self._pricer = pricer

    def recall(self) -> None:
        """Give the pricer what the process before left. What cannot be read is forgotten with a warning."""
        found = self._store.memory()
        if found is None:
            return
        at_ms, body = found
        try:
            state = from_json(body, [rules.feed for rules in self._pricer.plan])
        except (SpotlineError, ValueError, TypeError, RecursionError) as error:
            advice = "exclusions start anew: look at the venues' prices"
            log().warning("memory not read", reason=str(error)[:200], advice=advice)
            return
        now_ms = self._now_ms()
        if at_ms > now_ms:  # the clock was set back: what is timed says nothing, what is excluded stays so
            at_ms, state = now_ms, {feed: untimed(memory) for feed, memory in state.items()}
        self._pricer.recall(at_ms, state)
        self._barred = self.barred

    async def run(self) -> None:
        """Look every second: re-admit whom a person named, tell of new exclusions, save."""
        while True:
            await _or_tell(self.look())
            await asyncio.sleep(LOOK_EVERY_S)

    async def close(self) -> None:
        """Save for the last time; a disk that fails is told, not raised."""
        await _or_tell(self.save())

    async def look(self) -> None:
        """One look. Raises ``StoreFailed``."""
        for feed, venue in self._store.readmissions():
            self._pricer.readmit(feed, venue)
            log().info("venue re-admitted", feed=feed, venue=venue)
        now_barred = self.barred
        for feed, venues in now_barred.items():
            for venue in sorted(set(venues) - set(self._barred.get(feed, ()))):
                advice = f"compare its prices with the others'; then: spotline readmit {venue} --feed {feed}"
                log().warning("venue excluded by the bias monitor", feed=feed, venue=venue, advice=advice)
        if now_barred != self._barred or self._now_ms() - self._saved_ms >= SAVE_EVERY_MS:
            await self.save()
        self._barred = now_barred

    async def save(self) -> None:
        """Write the memory down. Raises ``StoreFailed``."""
        at_ms, state = self._pricer.memory()
        self._saved_ms = self._now_ms()
        if state:
            self._store.save_memory(at_ms, await asyncio.to_thread(to_json, state))


async def _or_tell(doing: Awaitable[None]) -> None:
    try:
        await doing
    except StoreFailed as error:
        log().warning("memory not saved", reason=str(error), advice=error.hint)


def to_json(state: State) -> str:
    """The memory of every feed as in a round record."""
    return json.dumps({feed: state_document(memory) for feed, memory in state.items()})


def from_json(body: str, feeds: Sequence[str]) -> State:
    """The memory of those feeds that are still there.

    Raises:
        ValueError, TypeError: No JSON object.
        NotARecord: A feed's memory has not the form that it has in a round record.
    """
    document: Any = json.loads(body)
    if not isinstance(document, dict):
        raise TypeError(f"an object of feeds, not {type(document).__name__}")
    return {feed: state_from(document[feed]) for feed in feeds if feed in document}
