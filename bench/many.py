"""1,000 feeds of ten venues, 31 reporters on a virtual clock (bench/network.py): what one tick of one reporter costs.

Until every feed has had its first round the run takes three minutes of CPU."""

import argparse
import asyncio

from network import simulate
from parts import row, say

GOAL_MS, SECONDS = 80, 2


def main() -> None:
    options = argparse.Namespace(feeds=1_000, reporters=31, seconds=SECONDS, seed=1)
    found = asyncio.run(simulate(options, lambda _: None))
    costs = found["cpu_ms"]
    assert isinstance(costs, dict)
    name = "1,000 feeds x 10 venues, 31 reporters: a tick"
    say(
        [
            row(
                name,
                costs["tick"],
                GOAL_MS,
                "ms CPU",
                SECONDS * 31,
                note="no peer has such a simulation",
                other_jobs_ms=costs,
            )
        ]
    )


if __name__ == "__main__":
    main()
