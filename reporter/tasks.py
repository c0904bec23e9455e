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

    async def end(self, name: str) -> None:
        """Cancel a task and wait until it has ended; nothing where there is none."""
        if (task := self._named.pop(name, None)) is not None:
            task.cancel()
            await asyncio.wait([task])

    def cancel(self) -> None:
        """Cancel them all."""
        for task in self._named.values():
            task.cancel()
