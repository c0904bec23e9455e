"""What the verb does, beside reading its options: simulate, or judge a recorded pair; draw; answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.backtest.plot import check_plot
from reporter.convergence import report
from reporter.convergence.agents import counts_of
from reporter.convergence.anvil import build
from reporter.convergence.chain import Beside, side_by_side
from reporter.convergence.metrics import figures, summary
from reporter.convergence.modes import chosen
from reporter.convergence.pairs import parted, read_prices
from reporter.convergence.plot import Panel, draw
from reporter.convergence.run import AGENTS, LINEAR, Outcome, Plan, simulate
from reporter.convergence.tape import Recorded, alarms, recorded
from reporter.decoupling import DecouplingRules
from reporter.errors import CheckFailed, UsageError
from reporter.tapes.progress import with_bar


@dataclass(frozen=True, slots=True)
class Simulated:
    """The outcome of every mode."""

    plan: Plan
    outcomes: Mapping[str, Outcome]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return report.document(self.plan, self.outcomes)

    def lines(self) -> list[str]:
        """What a person reads."""
        return report.lines(self.plan, self.outcomes)


def plan_of(
    model: str, mode: str, hours: int, seeds: int, agents: str, fee_bp: int, volatility_bp: float, index: str
) -> Plan:
    """Return what the options ask for.

    Raises:
        UsageError: A mode, a model or agents that do not exist.
        TapeError: The recorded index cannot be read.
    """
    path = read_prices(index) if index else None
    return Plan(model, chosen(mode), hours, seeds, counts_of(agents), fee_bp, volatility_bp, path)


def simulated(plan: Plan, plot: Path | None) -> Simulated:
    """Run the plan with a bar, and draw the first seed. Raises ``UsageError`` or ``MissingTool`` before the work."""
    if plot:
        check_plot(plot)
    found = simulate(plan, lambda runs, total: with_bar(runs, "convergence", total, 1))
    if plot:
        draw(panels(found), plan.fee_bp, title(plan), plot)
    return Simulated(plan, found)


@dataclass(frozen=True, slots=True)
class OnChain:
    """The same of one seed on the real contracts, each step held against Python."""

    simulated: Simulated
    beside: Mapping[str, Beside]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        chain = {
            name: {"steps": len(b.track.basis_bp), "trades": b.trades, "differences": len(b.differences)}
            for name, b in self.beside.items()
        }
        return {**self.simulated.document(), "chain": chain}

    def lines(self) -> list[str]:
        """What a person reads."""
        return [*self.simulated.lines(), *(said(name, each) for name, each in self.beside.items())]

    def equal_or_raise(self) -> None:
        """Raises ``CheckFailed`` with the first step at which contracts and Python differ."""
        for name, each in self.beside.items():
            if each.differences:
                first = each.differences[0]
                raise CheckFailed(
                    f"{name}: the contracts and Python differ from step {first.step} on: {first.chain} and {first.python}"
                )


def on_chain(plan: Plan, plot: Path | None) -> OnChain:
    """Run each mode on an Anvil of its own with the first seed, and draw it.

    Raises:
        UsageError: The linear model has no market.
        MissingTool, ChainError: There is no Anvil, or it fails.
    """
    if plan.model != AGENTS:
        raise UsageError("the linear model has no market to be on a chain", hint="--model agents")
    if plot:
        check_plot(plot)
    build()
    beside = {name: asyncio.run(_one(plan, name)) for name in plan.modes}
    found = {name: Outcome(summary([figures(b.track, plan.fee_bp)]), b.track) for name, b in beside.items()}
    if plot:
        draw(panels(found), plan.fee_bp, f"{title(plan)}, on the contracts", plot)
    return OnChain(Simulated(plan, found), beside)


async def _one(plan: Plan, mode: str) -> Beside:
    return await side_by_side(
        plan, plan.modes[mode], 1, lambda steps: with_bar(steps, mode, plan.hours * 60, 10)
    )


def said(mode: str, beside: Beside) -> str:
    """Whether both grounds agree, in a sentence."""
    steps, wrong = len(beside.track.basis_bp), len(beside.differences)
    agreed = (
        f"Python differs after {wrong:,} of them"
        if wrong
        else "Python says the same to the last unit after each"
    )
    return f"{mode}: {steps:,} steps with {beside.trades:,} trades on the contracts; {agreed}"


def judged(perpetual: str, index: str, fee_bp: int, rules: DecouplingRules, plot: Path | None) -> Recorded:
    """Return the figures of a recorded pair, and draw it."""
    if plot:
        check_plot(plot)
    found = recorded(perpetual, index, fee_bp, rules)
    if plot:
        what = f"{short(perpetual)} against {short(index)}; funding as the hourly rules would charge it"
        draw([Panel(tape_title(found), found.pair.track, alarms(found))], fee_bp, what, plot)
    return found


def panels(found: Mapping[str, Outcome]) -> list[Panel]:
    """A panel for each mode, with its figures over all seeds above it."""
    return [Panel(panel_title(name, outcome), outcome.shown) for name, outcome in found.items()]


def panel_title(mode: str, outcome: Outcome) -> str:
    """``hourly: half-life 1.4 h (1.2..1.9), tracking error 13.8 bp (…)``."""
    figures = outcome.figures
    life, tracking = report.text(figures.half_life_h, 1), report.text(figures.tracking_bp, 1)
    return f"{mode}:  half-life {life} h,  tracking error {tracking} bp"


def title(plan: Plan) -> str:
    """What the picture shows."""
    what = "linear model" if plan.model == LINEAR else "agents against a virtual AMM"
    many = f"figures over {plan.seeds} seeds, the first is drawn" if plan.seeds > 1 else "one seed"
    return f"A perpetual's basis and its funding: {what}, {plan.hours} h; {many}"


def short(name: str) -> str:
    """The market of a file with several, else the file's name without its folder."""
    path, market = parted(name)
    return market or Path(path).name


def tape_title(found: Recorded) -> str:
    """The figures, above the panel."""
    life, f = report.text(found.half_life(), 1), found.figures
    return f"half-life {life} h,  tracking error {f.tracking_bp:.1f} bp,  worst {f.worst_bp:.0f} bp"
