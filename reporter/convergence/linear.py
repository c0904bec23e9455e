"""The reference model: ``db = -(0.02 b + f) dt + 6 bp dW`` per square root of an hour, f the funding of an hour.

The noise and the basis that it moves are floats. What the basis costs is not: each minute the premium goes through the
funding clock (reporter/funding), as a contract's market would.
"""

from array import array
from collections.abc import Iterator
from math import sqrt
from random import Random

from reporter.convergence.metrics import HOUR_S, Track
from reporter.funding import Market, Params, Reading, advance
from reporter.funding.clock import new_market
from reporter.funding.formulas import ONE, clamp

STEP_S = 60
"""A keeper's: a sample counts for at most a minute."""
RETURN_PER_H, NOISE_BP = 0.02, 6.0
BP = ONE // 10_000
INDEX, DECIMALS = 60_000 * 10**8, 8
HOURS_OF_RATE = 8
START_S = 1_790_006_400
"""A whole day's midnight, so that every kind of interval starts with the run."""


def run(params: Params, seed: int, hours: int) -> Track:
    """Return one run, sampled every minute. Runs with the same seed have the same noise, whatever their parameters."""
    basis, rate = array("d"), array("d")
    for b, market in _minutes(params, Random(seed), hours * HOUR_S // STEP_S):
        basis.append(b)
        rate.append(market.rate / BP)
    return Track(STEP_S, basis, rate)


def _minutes(params: Params, noise: Random, steps: int) -> Iterator[tuple[float, Market]]:
    b, step_h = 0.0, STEP_S / HOUR_S
    market = _seen(new_market(params, DECIMALS, START_S), b, START_S)
    for step in range(1, steps + 1):
        yield b, market
        pull = RETURN_PER_H * b + market.rate / BP / HOURS_OF_RATE
        b += -pull * step_h + NOISE_BP * sqrt(step_h) * noise.gauss(0, 1)
        market = _seen(market, b, START_S + step * STEP_S)


def _seen(market: Market, basis_bp: float, at_s: int) -> Market:
    """The market after an accrual with this basis and a fresh index."""
    premium = clamp(round(basis_bp * BP), market.params.max_premium)
    return advance(market, Reading(INDEX, at_s, at_s, True, premium), at_s)[0]
