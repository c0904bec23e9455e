"""Pyth's aggregate: three votes a publisher, and a confidence from their quartiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reporter.index.median import median_floor
from reporter.index.units import PPM
from reporter.methods.model import Result, Sample, State
from reporter.methods.parts import fresh, names


class Aggregate(NamedTuple):
    """A price with its confidence, in the unit of the votes."""

    price: int
    confidence: int


@dataclass(frozen=True, slots=True)
class PythRules:
    """Pyth's parameters in a venue's terms.

    Attributes:
        min_publishers: Set per feed on Pyth; fewer give no price.
        min_confidence_ppm: Ours: the half spread counts as 1 bp at least, because Pyth refuses a confidence of 0.
        max_age_ms: Pyth's 25 slots at Solana's nominal 400 ms.
    """

    min_publishers: int = 1
    min_confidence_ppm: int = 100
    max_age_ms: int = 10_000


PYTH = PythRules()


def pyth(samples: Sequence[Sample], state: State, rules: PythRules = PYTH) -> tuple[Result, State]:
    """The median of the votes p-c, p, p+c of every venue; the confidence reaches to the farther quartile.

    Source: Pyth, "Price Aggregation" (docs.pyth.network/how-pyth-works/price-aggregation), and the oracle program
    (pyth-network/pyth-client, upd_aggregate.h and model/price_model.c); read there. A venue stands for a
    publisher and its half spread for the confidence, which is ours. Stake weights of later versions: left out.
    """
    kept = fresh(samples, rules.max_age_ms)
    if len(kept) < max(1, rules.min_publishers):
        return Result(None, None, (), f"{len(kept)} of at least {rules.min_publishers} publishers"), state
    votes = aggregate([(s.price, _confidence(s, rules)) for s in kept])
    return Result(votes.price, votes.confidence, names(kept), ""), state


def aggregate(quotes: Sequence[tuple[int, int]]) -> Aggregate:
    """Return the aggregate of ``(price, confidence)`` quotes, of which there is at least one.

    The quartiles are the votes a quarter of their count, rounded down, from either end.
    """
    votes = sorted(price + side * confidence for price, confidence in quotes for side in (-1, 0, 1))
    quarter = len(votes) // 4
    price = median_floor(votes)
    return Aggregate(price, max(price - votes[quarter], votes[-1 - quarter] - price))


def _confidence(sample: Sample, rules: PythRules) -> int:
    return max(1, sample.half_spread, sample.price * rules.min_confidence_ppm // PPM)
