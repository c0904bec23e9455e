"""Basis and funding over time, a panel for each mode on one scale. matplotlib is an extra and is loaded here only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reporter.convergence.metrics import Track
from reporter.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BASIS, RATE, BAND, ALARM, ZERO = "#0b5fff", "#d9480f", "#8a8f98", "#ffd8a8", "#444444"
POINTS = 4_000
HOUR_S = 3_600
PANEL_IN, FEWEST_IN = 1.75, 4.2
ROOM, LEAST_ROOM_BP = 0.06, 5.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One track with what is said above it; ``alarms`` are hours from its start."""

    title: str
    track: Track
    alarms: Sequence[tuple[float, float]] = ()


def draw(panels: Sequence[Panel], fee_bp: float, title: str, path: Path) -> None:
    """Write the picture.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        picture(panels, fee_bp, title).savefig(path)
    except OSError as refused:
        raise UsageError(f"{path} cannot be written: {refused.strerror}") from refused


def picture(panels: Sequence[Panel], fee_bp: float, title: str) -> "Figure":
    """Return the picture; at least one panel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    height = max(FEWEST_IN, 0.9 + PANEL_IN * len(panels))
    figure = Figure(figsize=(12, height), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(panels), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, panel in zip(rows, panels, strict=True):
        _panel(axes, panel, fee_bp)
    rows[0].set_ylim(*_reach(panels))
    rows[-1].set_xlabel("hours")
    figure.supylabel("basis points", fontsize=10)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.legend(
        *rows[-1].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9, frameon=False
    )
    return figure


def _reach(panels: Sequence[Panel]) -> tuple[float, float]:
    """The lowest and the highest basis of all, with some room."""
    values = [0.0, *(value for panel in panels for value in panel.track.basis_bp)]
    room = max(LEAST_ROOM_BP, ROOM * (max(values) - min(values)))
    return min(values) - room, max(values) + room


def _panel(axes: "Axes", panel: Panel, fee_bp: float) -> None:
    every = -(-len(panel.track.basis_bp) // POINTS)
    basis, rate = panel.track.basis_bp[::every], panel.track.rate_bp[::every]
    hours = [i * every * panel.track.step_s / HOUR_S for i in range(len(basis))]
    edge = [2 * fee_bp + abs(r) for r in rate]
    below = [-e for e in edge]
    axes.fill_between(
        hours, below, edge, color=BAND, alpha=0.22, lw=0, label="no arbitrage: 2 fees + |funding|", zorder=1
    )
    axes.axhline(0, color=ZERO, lw=0.6, zorder=2)
    axes.plot(
        hours,
        rate,
        color=RATE,
        lw=1.9,
        alpha=0.75,
        drawstyle="steps-post",
        label="funding rate per 8 h",
        zorder=3,
    )
    axes.plot(hours, basis, color=BASIS, lw=0.8, label="basis, mark over index", zorder=4)
    for number, (start, end) in enumerate(panel.alarms):
        axes.axvspan(start, end, color=ALARM, lw=0, zorder=0, label=None if number else "decoupled")
    axes.set_title(panel.title, loc="left", fontsize=9.5, pad=3)
    axes.margins(x=0.005)
    axes.grid(alpha=0.22)
    axes.tick_params(labelsize=8.5)
