"""BitMEX's index protection: who deviates is out, and comes back after a while near the others.

Sources, all on blog.bitmex.com and read there: "New Protections for BitMEX Indices" (2017; 15 minutes of stale data),
"BitMEX Index Protection Rules Update: Index Constituent Reintroduction" (rule 4, with the example that the tests
replay), "Parameter Updates to Maintain a Fair and Orderly Trading Environment" (December 2020; 10 % in place of
25 %, and the wording of rules 3 and 4). Weights: bitmex.com/app/indices. The pages leave open whether "constituents"
counts those that are out: here it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.index.median import median_floor
from reporter.methods.model import Exclusion, Result, Sample, State
from reporter.methods.parts import by_weight, fresh, is_near, is_off, mean_floor, names


@dataclass(frozen=True, slots=True)
class BitmexRules:
    """The published parameters; the example of reintroduction is older and has ``exclude_ppm`` 250,000.

    Attributes:
        exclude_ppm: This far from the median or farther: out. Half of it, between two, holds the index.
        readmit_ppm: This near to the median of the others: on the way back.
        readmit_after_ms: How long near without a break; back at the first calculation after it.
    """

    exclude_ppm: int = 100_000
    readmit_ppm: int = 20_000
    readmit_after_ms: int = 900_000
    max_age_ms: int = 900_000


BITMEX = BitmexRules()


def bitmex(samples: Sequence[Sample], state: State, rules: BitmexRules = BITMEX) -> tuple[Result, State]:
    """The mean by weight of the constituents that are in; the last price while one or two of them disagree.

    ``Result.kept`` is BitMEX's "active", also while the last price is held. The state carries the last price and the
    exclusions; ``state.at_ms`` is the moment.
    """
    kept = fresh(samples, rules.max_age_ms)
    out = {e.venue for e in state.exclusions}
    active = _within([s for s in kept if s.venue not in out], rules)
    excluded = [s for s in kept if s.venue not in {*out, *names(active)}]
    waiting = _waiting(kept, active, state, rules)
    back = {e.venue for e in waiting if _served(e, state.at_ms, rules)}
    active += [s for s in kept if s.venue in back]
    price, reason = _price(active, state.last_price, rules)
    still_out = [e for e in waiting if e.venue not in back] + [Exclusion(s.venue, None) for s in excluded]
    return Result(price, None, names(active), reason), _after(state.at_ms, price, still_out)


def _after(at_ms: int, price: int | None, out: list[Exclusion]) -> State:
    """Before the first price nobody stays out: with nobody in and no last price, nobody could ever come back."""
    return State(at_ms, price, tuple(sorted(out, key=lambda e: e.venue)) if price is not None else ())


def _within(active: list[Sample], rules: BitmexRules) -> list[Sample]:
    """Rule 3a: of three or more, those beyond the limit go."""
    if len(active) < 3:
        return active
    middle = median_floor(s.price for s in active)
    return [s for s in active if not is_off(s.price, middle, rules.exclude_ppm)]


def _price(active: Sequence[Sample], last: int | None, rules: BitmexRules) -> tuple[int | None, str]:
    """Rules 3b and 3c: two that disagree, or one that jumped, leave the last price in place; so does nobody."""
    votes = [(s.price, weight) for s, weight in by_weight(active)]
    if not votes:
        return last, "held: no active constituent with a weight"
    if len(active) == 2 and _two_disagree(active, rules):
        return last, "held: two constituents disagree"
    if len(active) == 1 and last is not None and is_off(active[0].price, last, rules.exclude_ppm):
        return last, "held: the only constituent is far from the last price"
    return mean_floor(votes), ""


def _two_disagree(active: Sequence[Sample], rules: BitmexRules) -> bool:
    middle = median_floor(s.price for s in active)
    return any(is_off(s.price, middle, rules.exclude_ppm // 2) for s in active)


def _waiting(
    kept: Sequence[Sample], active: Sequence[Sample], state: State, rules: BitmexRules
) -> list[Exclusion]:
    """Every exclusion with its time near the others brought up to the moment; a stale venue starts again."""
    target = _target(active, state.last_price, rules)
    prices = {s.venue: s.price for s in kept}
    waiting = []
    for out in state.exclusions:
        price = prices.get(out.venue)
        near = price is not None and target is not None and is_near(price, *target)
        since = state.at_ms if out.near_since_ms is None else out.near_since_ms
        waiting.append(Exclusion(out.venue, since if near else None))
    return waiting


def _target(active: Sequence[Sample], last: int | None, rules: BitmexRules) -> tuple[int, int] | None:
    """Rule 4: what an excluded constituent has to be near to, and how near in ppm."""
    held = len(active) < 2 and _price(active, last, rules)[1]
    if held:
        return None if last is None else (last, rules.exclude_ppm)
    return median_floor(s.price for s in active), rules.readmit_ppm


def _served(waiting: Exclusion, at_ms: int, rules: BitmexRules) -> bool:
    return waiting.near_since_ms is not None and at_ms - waiting.near_since_ms > rules.readmit_after_ms
