"""``kill -9`` at every named step: a reporter is started so that it dies there, started again, and judged."""

import asyncio
import sys
import time
from collections.abc import Callable
from random import Random

from tests.soak.launcher import STEPS
from tests.soak.node import Node
from tests.soak.soak import Episode, Soak

DIE_S = 90


async def kill_at(soak: Soak, node: Node, step: str, passing: int) -> Episode:
    """One death at one step; the episode is judged like any other."""
    found = Episode((f"T-PR 1 kill -9 {step}",))
    node.next_argv = [sys.executable, "-m", "tests.soak.launcher", step, str(passing), str(node.config)]
    starts, start = node.starts, time.time()
    node.kill()
    died = await _dead_again(soak, node, starts)
    await soak.settle(found, start, time.time())
    if not died:
        found.wrong.append(f"did not come by {step!r} in {DIE_S} s")
    return found


async def _dead_again(soak: Soak, node: Node, starts: int) -> bool:
    """Whether the process that was started by the launcher has died of SIGKILL, and another has been started."""
    for _ in range(DIE_S):
        if node.starts >= starts + 2:
            last = node.exits[-1]
            return last.code == -9 and not last.wanted
        await soak.watch(1)
    return False


async def every_step(soak: Soak, repeats: int, say: Callable[[str], None]) -> list[Episode]:
    """All steps, each so often, each at a random passing of a random reporter."""
    dice, found = Random(soak.net.seed), list[Episode]()
    for number in range(repeats):
        for name, step in STEPS.items():
            node = dice.choice(soak.net.nodes)
            found.append(await kill_at(soak, node, name, dice.randint(1, step.passings)))
        say(f"steps: {number + 1} of {repeats} rounds done")
        await asyncio.sleep(0)
    return found
