"""Hyperliquid's oracle: a weighted median with a short table of weights."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.index.median import weighted_median_floor
from reporter.methods.model import Result, Sample, State
from reporter.methods.parts import NO_SAMPLES, fresh, names


@dataclass(frozen=True, slots=True)
class HyperliquidRules:
    """``weights`` by venue; ``otherwise`` for a venue that Hyperliquid does not name, which is our addition."""

    weights: tuple[tuple[str, int], ...] = (
        ("binance", 3),
        ("okx", 2),
        ("bybit", 2),
        ("kraken", 1),
        ("kucoin", 1),
        ("gate", 1),
        ("mexc", 1),
        ("hyperliquid", 1),
    )
    otherwise: int = 1
    max_age_ms: int = 30_000


HYPERLIQUID = HyperliquidRules()


def hyperliquid(
    samples: Sequence[Sample], state: State, rules: HyperliquidRules = HYPERLIQUID
) -> tuple[Result, State]:
    """The weighted median of spot mids: Binance 3, OKX and Bybit 2, the others 1.

    Source: Hyperliquid Docs, HyperCore, "Oracle": the table and the median of each validator; read there. Left
    out: the second median, over validators by stake, and which assets leave Hyperliquid's own price out. The page
    gives neither a freshness bound nor the rule at exactly half of the weight: ours are 30 s and the floor mean
    of the two neighbours.
    """
    kept = fresh(samples, rules.max_age_ms)
    if not kept:
        return NO_SAMPLES, state
    table = dict(rules.weights)
    votes = [(s.price, table.get(s.venue, rules.otherwise)) for s in kept]
    return Result(weighted_median_floor(votes), None, names(kept), ""), state
