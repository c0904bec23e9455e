"""A comparison as the document that ``--json`` prints, and as a table. Here, and only here, ratios become floats."""

from typing import Any

from reporter.backtest import Comparison, Figures
from reporter.models import SCALE
from reporter.money import percent_text
from reporter.table import columns

_RATIOS = ("mean_error", "p99_error", "max_error", "availability", "honest_rejected")


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Errors, availability and rejections are ratios (0.003 is 0.3 %), times Unix milliseconds, lags seconds."""
    return {
        "feed": comparison.feed,
        "moments": comparison.moments,
        "referenced": comparison.referenced,
        "jumps": [{"at_ms": jump.at_ms, "size": str(jump.size)} for jump in comparison.jumps],
        "methods": {name: figures_document(figures) for name, figures in comparison.figures.items()},
    }


def figures_document(figures: Figures) -> dict[str, Any]:
    """One method's figures."""
    return {
        "mean_error": _ratio(figures.mean_error),
        "p99_error": _ratio(figures.p99_error),
        "max_error": _ratio(figures.max_error),
        "max_error_at_ms": figures.max_error_at_ms,
        "minutes_over_50bp": figures.minutes_over_50bp,
        "availability": _ratio(figures.availability),
        "stale_used": figures.stale_used,
        "honest_rejected": _ratio(figures.honest_rejected),
        "lag_s": None if figures.lag_ms is None else figures.lag_ms / 1000,
        "jumps_followed": figures.jumps_followed,
    }


HEADS = (
    "method",
    "mean error",
    "p99 error",
    "max error",
    "min > 0.5 %",
    "available",
    "stale used",
    "honest rejected",
    "lag",
)


def table_lines(comparison: Comparison) -> list[str]:
    """The table, a row per method, in the order in which they took part; and what it counts."""
    jumps = len(comparison.jumps)
    return [
        *columns([HEADS, *table_rows(comparison)]),
        f"{comparison.moments:,} moments, {comparison.referenced:,} with a reference, {jumps} jumps of 1 % in a minute",
    ]


def table_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """The cells of the table, in the order of ``HEADS``."""
    return [
        (
            name,
            _percent(f.mean_error, 4),
            _percent(f.p99_error, 3),
            _percent(f.max_error, 3),
            str(f.minutes_over_50bp),
            _percent(f.availability, 2),
            str(f.stale_used),
            _percent(f.honest_rejected, 2),
            _lag(f, len(comparison.jumps)),
        )
        for name, f in comparison.figures.items()
    ]


def _lag(figures: Figures, jumps: int) -> str:
    if figures.lag_ms is None:
        return "-"
    missed = jumps - figures.jumps_followed
    return f"{figures.lag_ms / 1000:g} s" + (f", {missed} missed" if missed else "")


def _percent(ratio: int | None, places: int) -> str:
    return "-" if ratio is None else percent_text(ratio, SCALE, places).removeprefix("+")


def _ratio(value: int | None) -> float | None:
    return None if value is None else value / SCALE
