"""Samples for the methods of others."""

from reporter.methods import METHODS, Result, Sample, State

PPM = 1_000_000
MINUTE = 60_000


def sample(
    venue: str, price: int, weight_ppm: int = PPM, half_spread: int = 0, age_ms: int = 0, volume: int = 0
) -> Sample:
    return Sample(venue, price, weight_ppm, half_spread, age_ms, volume)


def named(**prices: int) -> list[Sample]:
    return [sample(venue, price) for venue, price in prices.items()]


def run(name: str, samples: list[Sample]) -> Result:
    return METHODS[name](samples, State())[0]
