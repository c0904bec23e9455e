"""The index against a slow, obviously right one: 100,000 random cases, each with the memory of the cases before it.

A case is one feed at one moment. Every number of the index, every leg and everything that is handed on must be equal.
"""

from typing import Any

import pytest

from reporter.index import State, step
from reporter.index.state import FeedState
from reporter.models import FeedRules, Index, Leg, Quote
from tests.unit.index_cases import START_MS, Sequence
from tests.unit.reference_index import Memory, memory_view, reference_step
from tests.unit.reference_prices import Result

pytestmark = pytest.mark.unit

CASES = 100_000
PARTS = 20
SEEDS_APART = 10_000
MOMENTS = 20


def of_index(index: Index) -> dict[str, Any]:
    legs = {Leg(s.venue, s.symbol): (s.kept, s.price, s.weight_ppm) for s in index.sources}
    named = ("status", "price", "confidence", "flags", "held")
    return {name: getattr(index, name) for name in named} | {"legs": legs}


def of_result(result: Result) -> dict[str, Any]:
    return {name: value for name, value in result._asdict().items() if name != "newest_kept_ms"}


def of_state(state: FeedState) -> dict[str, Any]:
    return {
        "excluded": dict(state.excluded),
        "biases": {venue: dict(sums) for venue, sums in state.biases},
        "bias_at_ms": state.bias_at_ms,
        "barred": set(state.barred),
        "at_ms": state.at_ms,
        "last": state.last,
        "history": list(state.history),
    }


def differences(fast: dict[str, Any], slow: dict[str, Any]) -> list[str]:
    return [
        f"  {name}: {fast[name]} but by the page {slow[name]}" for name in fast if fast[name] != slow[name]
    ]


def told(rules: FeedRules, quotes: dict[Leg, Quote], at_ms: int, before: object) -> str:
    """A case in a few lines: times are ages in ms."""
    rows = [f"  {rules}", f"  before: {before}"]
    for leg in rules.legs:
        quote = quotes.get(leg)
        if quote is not None:
            times = (quote.book_at_ms, quote.last_at_ms, quote.received_at_ms)
            ages = [None if time is None else at_ms - time for time in times]
            rows.append(f"  {leg}: {quote.bid} {quote.ask} {quote.last} ages {ages}")
    return "\n".join(rows)


def run_sequence(seed: int, moments: int = MOMENTS) -> int:
    """Compare a sequence moment by moment, and return how many cases it had."""
    sequence = Sequence(seed)
    memories: dict[str, Memory] = {}
    state: State = {}
    cases = 0
    for moment, (at_ms, quotes) in enumerate(sequence.moments(moments)):
        before = state
        indices, state = step(sequence.plan, quotes, at_ms, before)
        results = reference_step(list(sequence.plan), quotes, at_ms, memories)
        for rules in sequence.plan:
            feed = rules.feed
            found = differences(of_index(indices[feed]), of_result(results[feed]))
            found += differences(of_state(state[feed]), memory_view(memories[feed]))
            if found:
                place = f"seed {seed}, moment {moment} at {at_ms - START_MS} ms, {feed}"
                case = told(rules, quotes, at_ms, before.get(feed))
                pytest.fail("\n".join([place, *found, case]), pytrace=False)
            cases += 1
    return cases


@pytest.mark.parametrize("first_seed", range(0, PARTS * SEEDS_APART, SEEDS_APART))
def test_step__random_moments_with_memory__equals_the_reference(first_seed: int) -> None:
    seed, cases = first_seed, 0

    while cases < CASES // PARTS:
        cases += run_sequence(seed)
        seed += 1

    assert seed - first_seed < SEEDS_APART
