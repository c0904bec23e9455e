"""``kill -9`` at every named step: a reporter is started so that it dies there, started again, and judged."""

import random
import signal
import sys
import time
from collections.abc import Callable, Sequence

from tests.soak.launcher import STEPS
from tests.soak.node import Node
from tests.soak.soak import Episode, Soak

DIE_S, LOOK_S = 120, 0.5


def argv(node: Node, step: str, passing: int) -> Sequence[str]:
    """The command of a reporter that dies at a step."""
    return [sys.executable, "-m", "tests.soak.launcher", step, str(passing), str(node.config)]


async def every_step(soak: Soak, repeats: int, say: Callable[[str], None]) -> list[Episode]:
    """All steps, each so often, in a random order at random passings; a round of them is one reporter's, who is started from
    each death right into the next."""
    dice, found = random.Random(soak.net.seed), list[Episode]()
    for number in range(repeats):
        names = dice.sample(list(STEPS), len(STEPS))
        found += await one_after_another(soak, dice.choice(soak.net.nodes), names, dice)
        say(f"steps: {number + 1} of {repeats} rounds done")
    return found


async def one_after_another(
    soak: Soak, node: Node, names: Sequence[str], dice: random.Random
) -> list[Episode]:
    """The deaths of one reporter, each judged. A death may come while the one before is still judged."""
    found, starts = list[Episode](), node.starts
    node.next_argvs.extend(argv(node, name, dice.randint(1, STEPS[name].passings)) for name in names)
    node.kill()
    for number, name in enumerate(names):
        episode, start = Episode((f"T-PR 1 kill -9 {name}",)), time.time()
        died = await _dies(soak, node, starts + 1 + number)
        await soak.settle(episode, start, time.time())
        found.append(episode)
        if not died:
            episode.wrong.append(f"did not die at {name!r} in {DIE_S} s")
            node.next_argvs.clear()
            break
    return found


async def _dies(soak: Soak, node: Node, start: int) -> bool:
    """Wait for the process of that start to end; whether SIGKILL of its own ended it."""
    deadline = time.monotonic() + DIE_S
    while time.monotonic() < deadline:
        if len(node.exits) >= start:  # each start has had its end
            ended = node.exits[start - 1]
            return ended.code == -signal.SIGKILL and not ended.wanted
        await soak.watch(LOOK_S)
    return False
