"""Named tasks in one group: one that dies ends all, one may be ended alone and started again."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """The tasks of a running node."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._named: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start a task; its name is free."""
        self._named[name] = self._group.create_task(work, name=name)

    async def end(self, *names: str) -> None:
        """Cancel tasks and wait until all have ended; nothing for a name without one."""
        found = [task for name in names if (task := self._named.pop(name, None)) is not None]
        for task in found:
            task.cancel()
        if found:
            await asyncio.wait(found)

    def cancel(self) -> None:
        """Cancel them all."""
        for task in self._named.values():
            task.cancel()
