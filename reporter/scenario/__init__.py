"""What has happened to indices before, as files that a person reads and a test plays (``reporter/scenarios/*.toml``).

``load`` reads and checks one, ``moments`` yields what the venues said, ``play`` gives our index of every moment,
``judge`` holds any method's indices against the bounds. Nothing is interpolated that the file does not say.
"""

from reporter.scenario.bounds import Bound, Measure
from reporter.scenario.judge import Judgement, Outcome, judge
from reporter.scenario.load import load, names, read
from reporter.scenario.model import Scenario, Variant
from reporter.scenario.moments import Moment, moments, play, rules, truth_at

__all__ = [
    "Bound",
    "Judgement",
    "Measure",
    "Moment",
    "Outcome",
    "Scenario",
    "Variant",
    "judge",
    "load",
    "moments",
    "names",
    "play",
    "read",
    "rules",
    "truth_at",
]
