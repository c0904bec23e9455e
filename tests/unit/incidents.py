"""Every incident, played once for all tests that look at it."""

import os
from functools import cache
from pathlib import Path

import pytest

from reporter.models import Index
from reporter.scenario import Judgement, Moment, Scenario, Variant, judge, load, moments, names, play, rules

from .naive import METHODS

TAPES = Path(__file__).parents[2] / "../shared/data"
CASES = [(name, variant.name) for name in names() for variant in load(name).variants]
IDS = [" ".join(case) for case in CASES]


def case(name: str, variant: str) -> tuple[Scenario, Variant]:
    scenario = load(name)
    found = scenario.variant(variant)
    if found.tape and not (TAPES / found.tape).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{TAPES / found.tape} is absent")
        pytest.skip(f"the recorded tape {found.tape} is absent from ../shared/data")
    return scenario, found


@cache
def said(name: str, variant: str) -> tuple[Moment, ...]:
    scenario, found = case(name, variant)
    return tuple(moments(scenario, found, TAPES))


@cache
def ours(name: str, variant: str) -> tuple[Index, ...]:
    scenario, found = case(name, variant)
    return tuple(play(rules(found), said(name, variant), scenario.feed))


def judged(name: str, variant: str, method: str = "") -> Judgement:
    """How our method did, or one of the naive ones."""
    scenario, found = case(name, variant)
    moments_ = said(name, variant)
    indices = METHODS[method](found, moments_, scenario.feed) if method else ours(name, variant)
    return judge(found, moments_, indices)
