"""What ``spotline convergence`` says: a table for a person, the same as JSON."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from reporter.convergence.metrics import Summary
from reporter.convergence.run import LINEAR, Outcome, Plan
from reporter.convergence.stats import Interval
from reporter.table import columns

HEADS = ("funding", "half-life h", "unbiased h", "tracking bp", "worst bp", "outside band", "effect")
KEYS = ("half_life_h", "corrected_h", "tracking_bp", "worst_bp", "outside", "effect")
NAMES = ("halfLifeH", "halfLifeUnbiasedH", "trackingBp", "worstBp", "outsideBand", "effectiveness")


def document(plan: Plan, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """What ``--json`` prints; each figure with its 95 % interval, an end that is unknown or infinite is null."""
    agents = {} if plan.model == LINEAR else {"agents": dict(plan.counts), "volatilityBp": plan.volatility_bp}
    return {
        "model": plan.model,
        "hours": plan.hours,
        "seeds": plan.seeds,
        "feeBp": plan.fee_bp,
        **agents,
        "modes": {name: summary_document(outcome.figures) for name, outcome in outcomes.items()},
    }


def summary_document(found: Summary) -> dict[str, Any]:
    """One mode's figures."""
    return {name: _interval(getattr(found, key)) for name, key in zip(NAMES, KEYS, strict=True)}


def lines(plan: Plan, outcomes: Mapping[str, Outcome]) -> list[str]:
    """What a person reads."""
    agents = ", ".join(f"{number} {kind}" for kind, number in plan.counts.items() if number)
    who = "the linear model" if plan.model == LINEAR else f"agents: {agents}"
    return [
        f"{who}; {plan.hours} h, {plan.seeds} paired {'seed' if plan.seeds == 1 else 'seeds'}, "
        f"taker fee {plan.fee_bp} bp; in brackets 95 % intervals",
        *table({name: outcome.figures for name, outcome in outcomes.items()}),
        *legend(),
    ]


def table(found: Mapping[str, Summary]) -> list[str]:
    """The figures of every mode in columns."""
    return columns([HEADS, *([name, *cells(each)] for name, each in found.items())])


def cells(found: Summary) -> list[str]:
    """A mode's figures as text, in the order of the heads."""
    return [
        text(found.half_life_h, 1),
        text(found.corrected_h, 1),
        text(found.tracking_bp, 1),
        text(found.worst_bp, 0),
        text(found.outside, 0, percent=True),
        text(found.effect, 2),
    ]


def legend() -> list[str]:
    """What the columns are, in a line each."""
    return [
        "half-life: AR(1) of the hourly basis; unbiased: without Kendall's small-sample bias; tracking: root mean square",
        "outside band: share of time with |basis| > 2 fees + |funding rate per 8 h|; effect: basis change per funding paid",
    ]


def text(value: Interval | None, places: int, *, percent: bool = False) -> str:
    """A figure and its interval, ``-`` for none."""
    if value is None:
        return "-"
    unit, scale = (" %", 100) if percent else ("", 1)
    ends = [number if number is None else number * scale for number in (value.low, value.high)]
    between = "" if None in ends else f" ({_number(ends[0], places)}..{_number(ends[1], places)})"
    return f"{_number(value.mean * scale, places)}{unit}{between}"


def _number(value: float | None, places: int) -> str:
    return "never" if value is None or not isfinite(value) else f"{value:.{places}f}"


def _interval(value: Interval | None) -> dict[str, float | None] | None:
    if value is None:
        return None
    return {"mean": _finite(value.mean), "low": _finite(value.low), "high": _finite(value.high)}


def _finite(value: float | None) -> float | None:
    return value if value is None or isfinite(value) else None
