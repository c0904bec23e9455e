"""A comparison as a picture: prices above, errors below. matplotlib is an extra and is loaded here only."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from itertools import cycle
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporter.backtest import NAIVE, SPOTLINE, Comparison, Track
from reporter.backtest.scene import Scene
from reporter.errors import MissingTool, UsageError
from reporter.index.symbols import parse
from reporter.market.tape import utc_text
from reporter.models import SCALE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg", ".pdf")
REFERENCE, OURS, PAR = "#b5b5b5", "#0b5fff", "#d62728"
OTHERS = ("#2ca02c", "#9467bd", "#8c564b", "#17becf", "#bcbd22", "#7f7f7f", "#e377c2", "#ff7f0e")
DASHES = ((4, 2), (1, 1), (6, 1, 1, 1), (2, 1), (8, 3), (3, 1, 1, 1, 1, 1), (1, 3))
FLOOR_BP = 0.1
WIDE = 5
MIDDLE = 0.5
PRICE_POINTS, ERROR_POINTS = 5_000, 400
DAY_MS = 86_400_000
"""matplotlib counts days since 1970."""


def check_plot(path: Path) -> None:
    """Raises ``UsageError`` or ``MissingTool`` before any work is done for a plot that cannot be made."""
    if path.suffix not in ENDINGS:
        raise UsageError(f"{path} is no name for a plot", hint=f"it ends in one of {', '.join(ENDINGS)}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path} cannot be written: {path.parent} is no folder")
    if find_spec("matplotlib") is None:
        raise MissingTool(
            "a plot needs matplotlib, which is not installed", hint="pip install 'spotline[plot]'"
        )


def draw(comparison: Comparison, path: Path, title: str, scene: Scene | None = None) -> None:
    """Write the picture.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        picture(comparison, title, scene).savefig(path)
    except OSError as refused:
        raise UsageError(f"{path} cannot be written: {refused.strerror}") from refused


def picture(comparison: Comparison, title: str, scene: Scene | None = None) -> "Figure":
    """Return the picture: prices above, errors below; of an incident with its venues."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    figure = Figure(figsize=(12, 7.5), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _prices(above, comparison, scene)
    if scene:
        _draw_scene(above, comparison.track, scene)
    _errors(below, comparison)
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]  # matplotlib leaves it untyped
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # the same
    above.set_title(title, loc="left", fontsize=11, wrap=True)
    figure.legend(*above.get_legend_handles_labels(), loc="outside right upper", fontsize=9)
    return figure


def _prices(axes: "Axes", comparison: Comparison, scene: Scene | None) -> None:
    """The reference broad and grey beneath, the methods as steps on it; where ours is absent, a shade."""
    track = comparison.track
    every = -(-len(track.times_ms) // PRICE_POINTS)
    against = "true price" if scene else "reference"
    times = [ms / DAY_MS for ms in track.times_ms][::every]
    axes.plot(times, _floats(track.reference)[::every], color=REFERENCE, lw=4, label=against, zorder=2)
    for name, style in _styles(comparison).items():
        prices = _floats(track.prices[name])[::every]
        axes.plot(times, prices, label=name, drawstyle="steps-post", **style)
    for number, jump in enumerate(comparison.jumps):
        label = "jump of 1 % in a minute" if not number else None
        axes.axvline(jump.at_ms / DAY_MS, color="#666666", lw=0.8, ls=":", label=label)
    if SPOTLINE in track.prices and (gaps := _gaps(track.times_ms, track.prices[SPOTLINE])):
        for number, (start_ms, end_ms) in enumerate(gaps):
            label = None if number else "no index of ours"
            axes.axvspan(
                start_ms / DAY_MS, end_ms / DAY_MS, color="#f3e3c3", alpha=0.6, lw=0, zorder=0, label=label
            )
    base, quote, _ = parse(comparison.feed)
    rows = [*track.prices.values(), *(scene.venues.values() if scene else ())]
    axes.set_ylabel(f"{quote} per {base}" + _scale(axes, rows))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.grid(alpha=0.25)


def _scale(axes: "Axes", rows: Iterable[Sequence[int | None]]) -> str:
    """Logarithmic where prices lie 5 times apart, and says so."""
    known = [price for prices in rows for price in prices if price]
    if not known or max(known) < WIDE * min(known):
        return ""
    axes.set_yscale("log")
    return ", logarithmic"


def _draw_scene(axes: "Axes", track: Track, scene: Scene) -> None:
    """The venues faint and dashed beneath the methods, and an arrow to the incident."""
    times = [ms / DAY_MS for ms in track.times_ms]
    for (name, prices), dash in zip(scene.venues.items(), cycle(DASHES), strict=False):
        style: dict[str, Any] = {"color": "#222222", "lw": 1.0, "ls": (0, dash), "alpha": 0.45, "zorder": 3}
        axes.plot(times, _floats(prices), label=f"venue {name}", drawstyle="steps-post", **style)
    if mark := scene.mark:
        at = (mark.at_ms / DAY_MS, mark.price / SCALE)
        axes.autoscale_view()
        across, up = axes.transAxes.inverted().transform(axes.transData.transform(at))
        axes.annotate(
            f"{mark.text}, {utc_text(mark.at_ms)[11:19]} UTC",
            at,
            xytext=(0.04 if across > MIDDLE else 0.62, 0.12 if up < MIDDLE else 0.85),
            textcoords="axes fraction",
            fontsize=9,
            bbox={"boxstyle": "round", "fc": "white", "ec": "#999999", "alpha": 0.9},
            arrowprops={"arrowstyle": "->", "color": "#333333", "lw": 0.9},
            zorder=9,
        )


def _errors(axes: "Axes", comparison: Comparison) -> None:
    """The worst error in each of 400 slices of time, so that no peak is lost and the line can be read."""
    track = comparison.track
    every = -(-len(track.times_ms) // ERROR_POINTS)
    times = [ms / DAY_MS for ms in track.times_ms][::every]
    for name, style in _styles(comparison).items():
        errors = [_error_bp(p, t) for p, t in zip(track.prices[name], track.reference, strict=True)]
        axes.plot(times, _worst_of(errors, every), drawstyle="steps-post", **style)
    axes.axhline(50, color="#555555", lw=0.8, ls="--")
    axes.annotate(
        "0.5 %", (0.002, 50), xycoords=("axes fraction", "data"), va="bottom", fontsize=8, color="#555555"
    )
    axes.set_yscale("log")
    axes.set_ylim(bottom=FLOOR_BP)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_ylabel("worst error, basis points")
    axes.set_xlabel("UTC")
    axes.grid(alpha=0.25, which="major")


def _gaps(times_ms: Sequence[int], prices: Sequence[int | None]) -> list[tuple[int, int]]:
    """From each first moment without a price to the next one with one, or to the last."""
    gaps: list[tuple[int, int]] = []
    start_ms: int | None = None
    for at_ms, price in zip(times_ms, prices, strict=True):
        if price is None:
            start_ms = at_ms if start_ms is None else start_ms
        elif start_ms is not None:
            gaps.append((start_ms, at_ms))
            start_ms = None
    return gaps if start_ms is None else [*gaps, (start_ms, times_ms[-1])]


def _styles(comparison: Comparison) -> dict[str, dict[str, Any]]:
    """Ours on top, the naive one in red, the others thin."""
    thin = iter(OTHERS * (1 + len(comparison.figures) // len(OTHERS)))
    styles: dict[str, dict[str, Any]] = {}
    for name in comparison.figures:
        if name == SPOTLINE:
            styles[name] = {"color": OURS, "lw": 1.3, "zorder": 8}
        elif name == NAIVE:
            styles[name] = {"color": PAR, "lw": 1.0, "zorder": 6}
        else:
            styles[name] = {"color": next(thin), "lw": 0.9, "alpha": 0.8, "zorder": 5}
    return styles


def _floats(prices: Sequence[int | None]) -> list[float]:
    """For the picture alone, where NaN is a gap in the line; nothing is computed from it."""
    return [float("nan") if price is None else price / SCALE for price in prices]


def _error_bp(price: int | None, truth: int | None) -> float:
    if price is None or truth is None:
        return float("nan")
    return max(FLOOR_BP, abs(price - truth) * 10_000 / truth)


def _worst_of(errors: Sequence[float], every: int) -> list[float]:
    groups = (errors[i : i + every] for i in range(0, len(errors), every))
    return [max((e for e in group if not isnan(e)), default=float("nan")) for group in groups]
