"""The index that a run follows: a random walk, or recorded prices."""

from collections.abc import Sequence
from math import sqrt
from random import Random

from reporter.convergence.play import STEP_S
from reporter.errors import UsageError

DECIMALS = 8
FIRST = 60_000 * 10**DECIMALS
FINE = 10**12
HOUR_S = 3_600


def walk(seed: int, minutes: int, volatility_bp: float) -> list[int]:
    """Return an index each minute whose changes are normal, ``volatility_bp`` per square root of an hour; above 0."""
    noise, deviation = Random(f"{seed} index"), volatility_bp / 10_000 * sqrt(STEP_S / HOUR_S)
    path = [FIRST]
    for _ in range(minutes - 1):
        path.append(max(1, path[-1] + path[-1] * round(noise.gauss(0, deviation) * FINE) // FINE))
    return path


def recorded(samples: Sequence[tuple[int, int]], minutes: int) -> list[int]:
    """Return recorded prices each minute from their first, the last known one where a minute has none.

    Args:
        samples: Unix seconds and price in the index's decimals, oldest first.

    Raises:
        UsageError: They are shorter than the run.
    """
    covered = (samples[-1][0] - samples[0][0]) // STEP_S + 1
    if covered < minutes:
        raise UsageError(
            f"the recorded index covers {covered} minutes of {minutes}",
            hint=f"--hours {covered * STEP_S // HOUR_S} or fewer",
        )
    path, at = [], 0
    for minute in range(minutes):
        while at + 1 < len(samples) and samples[at + 1][0] <= samples[0][0] + minute * STEP_S:
            at += 1
        path.append(samples[at][1])
    return path
