"""``spotline backtest``: a tape, a reference, and every method on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.backtest import SPOTLINE, Comparison, backtest, contestants
from reporter.backtest.plot import check_plot, draw
from reporter.backtest.report import comparison_document, table_lines
from reporter.backtest.truth import Prices, Truth
from reporter.errors import NoIndex, UsageError
from reporter.models import FeedRules, Leg
from reporter.tapes.plans import for_tape, needed, without
from reporter.tapes.stage import Stage, open_stage, require_markets, split_legs
from reporter.tapes.volumes import check_weights, weighed


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked; ``reference`` and ``without`` are ``venue:SYMBOL,...``, empty for none."""

    tape: Path
    feed: str
    reference: str = ""
    without: str = ""
    faults: str = ""
    seed: int = 1
    config: Path | None = None
    plot: Path | None = None
    weights: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with what it was made of."""

    stage: Stage
    reference: Sequence[Leg]
    left_out: Sequence[Leg]
    comparison: Comparison
    weights: str = ""

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "tape": self.stage.tape.name,
            "reference": [str(leg) for leg in self.reference],
            "without": [str(leg) for leg in self.left_out],
            "faults": [fault.text for fault in self.stage.faults],
            "weights": self.weights or "configured",
        } | comparison_document(self.comparison)

    def lines(self) -> list[str]:
        """What a person reads."""
        return [self.title(), *table_lines(self.comparison)]

    def title(self) -> str:
        """One line: what was measured against what."""
        against = " and ".join(str(leg) for leg in self.reference)
        left_out = ", ".join(str(leg) for leg in self.left_out)
        faults = ", ".join(fault.text for fault in self.stage.faults)
        return (
            f"{self.comparison.feed} on {self.stage.tape.name} against {against}"
            + (f", without {left_out}" if left_out else "")
            + (f", faults {faults}" if faults else "")
            + (", weighed by its volumes" if self.weights else "")
        )

    def index_or_raise(self) -> None:
        """Raises ``NoIndex`` when our index never had a price."""
        if not self.comparison.figures[SPOTLINE].availability:
            raise NoIndex(f"no index of {self.comparison.feed} at any of {self.comparison.moments} moments")


def compare(request: Request) -> Compared:
    """Run every method on the tape, and draw the picture if one is wanted.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist.
        MissingTool: A picture without matplotlib.
    """
    if request.plot:
        check_plot(request.plot)
    wanted = split_legs(request.reference, "--reference")
    prices = Prices(lambda leg: leg in wanted if wanted else leg.symbol == request.feed)
    stage = open_stage(request.tape, request.config, request.faults, request.seed, prices.look)
    check_weights(request.weights)
    plan, left_out = _plan(request, stage)
    reference = _reference(request, stage)
    truth = Truth(prices.of(reference), next(r for r in plan if r.feed == request.feed).max_age_ms)
    comparison = backtest(stage.moments("backtest"), plan, request.feed, truth, contestants())
    compared = Compared(stage, reference, left_out, comparison, request.weights)
    if request.plot:
        draw(comparison, request.plot, compared.title())
    return compared


def _plan(request: Request, stage: Stage) -> tuple[tuple[FeedRules, ...], tuple[Leg, ...]]:
    """The feed, without what is left out, and the conversions behind it."""
    left_out = split_legs(request.without, "--without")
    require_markets(left_out, stage.tape.markets, "--without")
    rules = without(needed(stage.rules, request.feed), request.feed, left_out)
    if not next(r for r in rules if r.feed == request.feed).legs:
        raise UsageError(f"--without leaves no market of {request.feed}")
    wanted = needed(rules, request.feed)
    chosen = weighed(stage.tape, wanted) if request.weights else wanted
    return for_tape(chosen, stage.tape.form), left_out


def _reference(request: Request, stage: Stage) -> tuple[Leg, ...]:
    """The markets asked for, else all of the feed's own symbol."""
    asked = split_legs(request.reference, "--reference")
    require_markets(asked, stage.tape.markets, "--reference")
    if other := [str(leg) for leg in asked if leg.symbol != request.feed]:
        raise UsageError(
            f"--reference: {', '.join(other)} is no market of {request.feed}",
            hint="a market in another currency is no reference, for its conversion may be wrong",
        )
    found = asked or tuple(leg for leg in stage.tape.markets if leg.symbol == request.feed)
    if not found:
        raise UsageError(f"the tape has no market of {request.feed} to measure against")
    return found
