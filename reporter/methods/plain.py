"""The three textbook methods: median, mean weighted by liquidity, trimmed mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.index.median import median_floor
from reporter.methods.model import Result, Sample, State
from reporter.methods.parts import NO_SAMPLES, NO_WEIGHT, by_volume, fresh, mean_floor, names


@dataclass(frozen=True, slots=True)
class PlainRules:
    """``max_age_ms``: 30 s, as Spotline's own index (METHODOLOGY.md, Freshness)."""

    max_age_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class TrimRules:
    """``drop_each``: how many prices go at either end. ``max_age_ms``: 3 minutes without a signal."""

    drop_each: int = 1
    max_age_ms: int = 180_000


PLAIN, TRIM = PlainRules(), TrimRules()


def median(samples: Sequence[Sample], state: State, rules: PlainRules = PLAIN) -> tuple[Result, State]:
    """One venue, one vote; of an even count the mean of the middle two, floored.

    Source: METHODOLOGY.md, Numbers. Skip Connect's ``CalculateMedian`` is the same without the floor
    (skip-mev/connect, pkg/math/math.go at 9f856057; read there).
    """
    kept = fresh(samples, rules.max_age_ms)
    if not kept:
        return NO_SAMPLES, state
    return Result(median_floor(s.price for s in kept), None, names(kept), ""), state


def weighted_mean(samples: Sequence[Sample], state: State, rules: PlainRules = PLAIN) -> tuple[Result, State]:
    """The mean of the prices weighted by volume, or by the assigned weights where no volume is known.

    Source: CryptoCompare, "How does our cryptocurrency index work" (CCCAGG, now CCIX): 24-hour volume shares,
    ``0.75 x last trade on A + 0.25 x last trade on B``. Read there. Left out: its reduction of a volume whose
    last trade is over 5 minutes old (``max_age_ms`` is ours instead), and CCIX's outlier rule, which is not public.
    """
    votes = by_volume(fresh(samples, rules.max_age_ms))
    if not votes:
        return NO_WEIGHT, state
    price = mean_floor([(s.price, weight) for s, weight in votes])
    return Result(price, None, names(s for s, _ in votes), ""), state


def trimmed_mean(samples: Sequence[Sample], state: State, rules: TrimRules = TRIM) -> tuple[Result, State]:
    """The equal mean of what is left without the highest and the lowest price; of one or two prices, of all.

    Source: Deribit, "Deribit BTC Index" (deribit.com/docs/deribit-btc-index), its rule until December 2019: six
    exchanges, highest and lowest out, the other four count 25 % each; 3 minutes without a signal put an exchange
    out; one or two exchanges make the index alone. Read there. Prices that tie are dropped by name, which
    changes who is kept and never the price.
    """
    ordered = sorted(fresh(samples, rules.max_age_ms), key=lambda s: s.price)
    if not ordered:
        return NO_SAMPLES, state
    drop = rules.drop_each if len(ordered) > 2 * rules.drop_each else 0
    kept = ordered[drop : len(ordered) - drop]
    return Result(sum(s.price for s in kept) // len(kept), None, names(kept), ""), state
