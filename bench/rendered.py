"""The market server with its answers made beforehand, at every step of its market: what it costs to make them is no part of
what a client waits for. ``python bench/rendered.py`` takes the arguments of ``python -m reporter.market``."""

import asyncio
import sys

from reporter.market import __main__ as server
from reporter.market.faults import Fault
from reporter.market.server import MarketServer
from reporter.market.simulated import STEP_MS
from reporter.market.wire import Answer, Asked

Key = tuple[str, str]


class Rendered(MarketServer):
    """Answers again what was asked once, as it is at the newest step."""

    rendering: asyncio.Task[None] | None = None
    asked: dict[Key, tuple[Asked, str, str, Fault]]
    answers: dict[Key, Answer]

    def _answer(self, asked: Asked, venue: str, path: str, fault: Fault) -> Answer:
        if asked.path == "/faults":
            return super()._answer(asked, venue, path, fault)
        if self.rendering is None:
            self.asked, self.answers = {}, {}
            self.rendering = asyncio.create_task(self._render())
        key = (asked.path, repr(sorted(asked.query.items())))
        if key not in self.answers:
            self.asked[key] = (asked, venue, path, fault)
            self.answers[key] = super()._answer(asked, venue, path, fault)
        return self.answers[key]

    async def _render(self) -> None:
        while True:
            await asyncio.sleep((STEP_MS + 1 - self.clock_ms() % STEP_MS) / 1000)
            for key, asked in list(self.asked.items()):
                self.answers[key] = super()._answer(*asked)
                await asyncio.sleep(0)


if __name__ == "__main__":
    server.MarketServer = Rendered  # type: ignore[misc]
    sys.exit(server.main())
