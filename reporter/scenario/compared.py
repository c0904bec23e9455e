"""``spotline backtest --scenario``: one incident through every method, and ours held against the file's bounds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reporter.backtest import SPOTLINE, Answer, Comparison, Seen, backtest, contestants
from reporter.backtest.contestants import spotline
from reporter.backtest.plot import check_plot, draw
from reporter.backtest.report import comparison_document, table_lines
from reporter.backtest.scene import Scene, scene
from reporter.errors import CheckFailed, ScenarioError
from reporter.index import plan
from reporter.models import Index
from reporter.scenario.bounds import Bound, Measure
from reporter.scenario.judge import Judgement, judge
from reporter.scenario.load import load, names
from reporter.scenario.model import Scenario, Variant
from reporter.scenario.moments import Moment, moments, rules
from reporter.tapes.progress import with_bar


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked. ``variant``: the file's first one where empty; ``tapes``: a folder."""

    name: str
    variant: str = ""
    tapes: Path | None = None
    plot: Path | None = None


@dataclass(slots=True)
class Watched:
    """Our method as a contestant, that remembers what it saw: our index and every venue's price."""

    indices: list[Index] = field(default_factory=list)
    venues: list[Mapping[str, int]] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Answer:
        """Our answer at this moment."""
        self.indices.append(seen.indices[seen.rules.feed])
        self.venues.append({offer.sample.venue: offer.sample.price for offer in seen.measured})
        return spotline(seen)


@dataclass(frozen=True, slots=True)
class Played:
    """An incident through every method, and how ours did by its bounds."""

    scenario: Scenario
    variant: Variant
    comparison: Comparison
    judgement: Judgement
    scene: Scene

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints: the document of a tape, and the bounds. ``worst``: ppm, ms or a count."""
        return {
            "scenario": self.scenario.name,
            "variant": self.variant.name,
            "tape": self.variant.tape or None,
            "reference": ["truth"],
            "without": [],
            "faults": [],
            "weights": "configured",
            **comparison_document(self.comparison),
            "bounds": [_bound_document(measure) for measure in self.judgement.measures],
            "within": self.judgement.met,
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        bounds = [f"  {_word(m)}  {m.text}{_times(m.bound)}" for m in self.judgement.measures]
        return [self.title(), *table_lines(self.comparison), f"bounds on {SPOTLINE}:", *bounds]

    def title(self) -> str:
        """Two lines: what happened, and what is shown of it."""
        against = "against the true price" if self.comparison.referenced else "without a true price"
        return f"{self.scenario.title}\n{self.scenario.name}, {self.variant.name}: {self.comparison.feed} {against}"

    def within_or_raise(self) -> None:
        """Raises ``CheckFailed`` with every bound of the file that our method broke."""
        if not self.judgement.met:
            raise CheckFailed(f"{self.scenario.name}: out of bound: {'; '.join(self.judgement.broken)}")


def play_scenario(request: Request) -> Played:
    """Play the incident, and draw the picture if one is wanted.

    Raises:
        UnknownScenario, UnknownVariant: There is none of that name.
        ScenarioError: A tape is needed and no folder given.
        TapeError: The tape cannot be read.
        MissingTool: A picture without matplotlib.
    """
    if request.plot:
        check_plot(request.plot)
    scenario = load(request.name)
    variant = scenario.variant(request.variant) if request.variant else scenario.variants[0]
    _need_folder(scenario, variant, request.tapes)
    said = list(with_bar(moments(scenario, variant, request.tapes), "moments"))
    played = _compare(scenario, variant, said)
    if request.plot:
        draw(played.comparison, request.plot, played.title(), played.scene)
    return played


def scenario_list() -> list[dict[str, Any]]:
    """Every incident with its variants, in the order of METHODOLOGY.md, as ``--list --json`` prints them."""
    return [
        {
            "name": found.name,
            "title": found.title,
            "variants": [{"name": v.name, "text": v.text, "tape": v.tape or None} for v in found.variants],
        }
        for found in map(load, names())
    ]


def list_lines(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """The list for a person."""
    lines = []
    for one in found:
        lines.append(f"{one['name']}  {one['title']}")
        lines += [
            f"    {v['name']:20} {v['text']}" + (f" [{v['tape']}]" if v["tape"] else "")
            for v in one["variants"]
        ]
    return lines


def _compare(scenario: Scenario, variant: Variant, said: Sequence[Moment]) -> Played:
    truths = {moment.at_ms: moment.truth for moment in said}
    ours = Watched()
    comparison = backtest(
        with_bar(((m.at_ms, m.quotes) for m in said), "backtest", len(said)),
        plan(rules(variant)),
        scenario.feed,
        lambda at_ms, _: truths[at_ms],
        {**contestants(), SPOTLINE: ours},
    )
    shown = scene(comparison.track, ours.venues)
    return Played(scenario, variant, comparison, judge(variant, said, ours.indices), shown)


def _need_folder(scenario: Scenario, variant: Variant, tapes: Path | None) -> None:
    if variant.tape and tapes is None:
        others = ", ".join(v.name for v in scenario.variants if not v.tape)
        raise ScenarioError(
            f"{scenario.name}, {variant.name}: plays the recorded {variant.tape}",
            hint=f"say in which folder it is: --tapes FOLDER; without a tape: --variant {others}",
        )


def _bound_document(measure: Measure) -> dict[str, Any]:
    return {
        "rule": measure.bound.rule,
        "from_ms": measure.bound.from_ms,
        "to_ms": measure.bound.to_ms,
        "within": measure.met,
        "worst": measure.worst,
        "text": measure.text,
    }


def _word(measure: Measure) -> str:
    return "within" if measure.met else "BROKEN"


def _times(bound: Bound) -> str:
    """When a bound holds that does not always: `` (from 00:01:00 to 00:05:00)``."""
    if not bound.from_ms and bound.to_ms is None:
        return ""
    until = "the end" if bound.to_ms is None else _clock(bound.to_ms)
    return f" (from {_clock(bound.from_ms)} to {until})"


def _clock(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
