"""Published systems' own funding examples, each through our formulas under the preset or the formula named beside it.

Every entry of ``../shared/data/funding_vectors.json`` is in ``RULES``. Decimals are read as exact 1e18 fixed point. Where a
system rounds otherwise than down, the last step here does, and says so.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reporter.funding import Params
from reporter.funding.formulas import (
    ONE,
    book_premium,
    clamp,
    mean_premium,
    payment,
    premium,
    rate,
    settlement,
)
from reporter.funding.presets import HYPERLIQUID, KRAKEN, SPOTLINE
from reporter.index.views import Point, twap
from tests.unit.shared import shared

pytestmark = pytest.mark.unit

HOUR_S, DAY_S, PPM = 3_600, 86_400, 10**6
WIDE = 10**6 * ONE
NO_INTEREST = replace(SPOTLINE, interest=0, damping=25 * 10**13, max_premium=ONE)
"""Deribit's and Thalex's rule: no interest, a dampener of 0.025 %."""
CURIE = replace(KRAKEN, max_premium=ONE // 10, max_rate=WIDE)
"""Perpetual Protocol v2: the premium, at most 10 %, paid over a day."""

Entry = dict[str, Any]


def e18(number: object) -> int:
    """A decimal as 1e18 fixed point; it must have a form of its own there."""
    exact = Decimal(str(number)) * ONE
    assert exact == int(exact)
    return int(exact)


def rate_of(mean: int, p: Params) -> int:
    """The rate per 8 hours of a fully covered interval."""
    return rate(mean, 1, 1, p.interest, p.damping, p.realisation_s, p.max_rate)


def toward_zero(value: int, unit: int) -> int:
    return abs(value) // unit * (1 if value >= 0 else -1)


# ---------------------------------------------------------------- dYdX: a book's premium


def impact_price(levels: Sequence[Sequence[str]], notional: int) -> int:
    """The mean price of a market order worth ``notional``; 0 when the levels hold less."""
    left, size = notional, 0
    for price, quantity in ((e18(p), e18(q)) for p, q in levels):
        taken = min(left, price * quantity // ONE)
        size += taken * ONE // price
        left -= taken
    return 0 if left else notional * ONE // size


def dydx_book(entry: Entry) -> int:
    """Our premium of a book, in millionths, rounded toward zero as dYdX does. Asks are given dearest first."""
    given = entry["inputs"]
    notional = e18(given["impact_notional"])
    asks = sorted(given["asks_price_qty"], key=lambda level: Decimal(level[0]))
    bid, ask = (impact_price(levels, notional) for levels in (given["bids_price_qty"], asks))
    exact = book_premium(bid, ask, e18(given["index"]), given["cap_ppm"] * ONE // PPM)
    return toward_zero(exact, ONE // PPM)


# ---------------------------------------------------------------- dYdX: bounds, sums, settlement


def dydx_bound(_entry: Entry) -> int:
    """Our usual bound per 8 hours, by the second."""
    return SPOTLINE.max_rate // 28_800


def dydx_bound_on_change(entry: Entry) -> int:
    return dydx_bound(entry) * 2 // 2_700


def dydx_accrued(entry: Entry) -> str:
    given = entry["inputs"]
    return str(payment(int(given["rate_per_s_e18"]) * 28_800, given["dt"], ONE))


def dydx_index(entry: Entry) -> list[int]:
    """Each step a rate paid once, which is our payment over a whole period."""
    sums, total = [], 0
    for funding, price in entry["inputs"]["funding_price_steps"]:
        total += payment(e18(funding), 28_800, e18(price))
        sums.append(total)
    return sums


def dydx_solvency(entry: Entry) -> dict[str, int]:
    """A settles at each step, B and C once: what is left in units of margin."""
    given = entry["inputs"]
    first, second = map(e18, given["index_steps"])
    size, margin = given["positions"], given["margins"]
    after_first = margin + settlement(size["A"], first)
    found = {"A": after_first + settlement(size["A"], second)}
    found |= {name: margin + settlement(size[name], first + second) for name in ("B", "C")}
    return {"A_after_first": after_first, **found, "surplus": 3 * margin - sum(found.values())}


def dydx_settled(entry: Entry) -> int:
    """What the long pays and the short gets, in whole units of quote."""
    given = entry["inputs"]
    step = payment(e18(given["funding"]), 28_800, e18(given["price"]))
    paid = given.get("steps", 1) * step
    assert -settlement(given["position"], paid) == settlement(-given["position"], paid)
    return settlement(-given["position"], paid)


# ---------------------------------------------------------------- Perpetual Protocol


def perp_v1(entry: Entry) -> list[list[int]]:
    """A difference of prices over period / day, a day here; the margin by our settlement."""
    given = entry["inputs"]
    total, margin, rows = 0, e18(given["margin"]), []
    for index in given["index_twaps"]:
        paid = (e18(given["mark_twap"]) - e18(index)) * DAY_S // DAY_S
        total, margin = total + paid, margin + settlement(e18(given["size"]), paid)
        rows.append([total, margin])
    return rows


def perp_twap(entry: Entry) -> str:
    """Our time-weighted mean, on 8 decimals as the feed has them; it need not cover the whole window."""
    given = entry["inputs"]
    points = [Point(1_000 * at, price * 10**8) for at, price in given["rounds_t_price"]]
    now_ms, window_ms = 1_000 * (given["now"] + 100), 1_000 * given["interval"]
    late = [replace(point, at_ms=point.at_ms + 100_000) for point in points]
    view = twap(late, now_ms, window_ms, min_coverage_ppm=1)
    assert view.price is not None
    return str(view.price * 10**10)


def curie(entry: Entry) -> int:
    """What the trader pays: a mean premium paid over a day, continuously."""
    given, paid = entry["inputs"], 0
    for mark, index, elapsed_s in given["segments_mark_index_dt"]:
        mean = premium(e18(mark), e18(index), CURIE.max_premium)
        paid += payment(rate_of(mean, CURIE), elapsed_s, e18(index))
    return -settlement(e18(given["size"]), paid)


# ---------------------------------------------------------------- Kraken, Hyperliquid, Deribit, Thalex


def hourly_per_cent(mean: int, p: Params, digits: int) -> str:
    """The rate of an hour as Kraken's page prints it: per cent, cut after so many digits."""
    cut = toward_zero(rate_of(mean, p) // 8, ONE // 100 // 10**digits)
    return str(Decimal(cut).scaleb(-digits))


def kraken_first(entry: Entry) -> dict[str, str]:
    mean = premium(entry["inputs"]["perp"], entry["inputs"]["index"], KRAKEN.max_premium)
    return {
        "avg_premium_pct": str(Decimal(toward_zero(mean, 10**12)).scaleb(-4)),
        "hourly_rate_pct": hourly_per_cent(mean, KRAKEN, 5),
    }


def kraken_second(entry: Entry) -> dict[str, str]:
    mean = premium(entry["inputs"]["perp"], entry["inputs"]["index"], KRAKEN.max_premium)
    rounded = Decimal(rate_of(mean, replace(KRAKEN, max_rate=WIDE)) // 8).scaleb(-16)
    return {"uncapped_pct_h": str(round(rounded, 4)), "capped_pct_h": hourly_per_cent(mean, KRAKEN, 2)}


def hyperliquid(entry: Entry) -> dict[str, int]:
    given = entry["inputs"]
    assert (e18(given["interest_8h"]), e18(given["clamp"])) == (HYPERLIQUID.interest, HYPERLIQUID.damping)
    found = book_premium(given["impact_bid"], 0, given["oracle"], HYPERLIQUID.max_premium)
    paid = rate_of(found, HYPERLIQUID)
    return {"premium": found, "rate_8h": paid, "rate_1h": payment(paid, HOUR_S, ONE)}


def deribit(entry: Entry) -> int:
    assert e18(entry["inputs"]["dampener"]) == NO_INTEREST.damping
    return rate_of(e18(entry["inputs"]["premium"]), NO_INTEREST)


def thalex(entry: Entry) -> dict[str, int]:
    given = entry["inputs"]
    assert e18(given["dampener"]) == NO_INTEREST.damping
    found = premium(given["mark"], given["index"], NO_INTEREST.max_premium)
    paid = payment(rate_of(found, NO_INTEREST), given["hours"] * HOUR_S, e18(given["index"]))
    return {"premium": found, "rate_8h": rate_of(found, NO_INTEREST), "payment": paid}


# ---------------------------------------------------------------- what is expected


def as_given(expected: Any) -> Any:
    return expected


def in_e18(expected: Any) -> Any:
    """Decimals of the entry as 1e18 fixed point, in whatever they are nested."""
    if isinstance(expected, list):
        return [in_e18(each) for each in expected]
    if isinstance(expected, dict):
        return {name: in_e18(each) for name, each in expected.items()}
    return e18(expected)


def without_the_erratum(expected: dict[str, str]) -> dict[str, str]:
    """The page divides 0.1428 by 8 and says by 24: the corrected value stands first in the text."""
    rate_text, why = expected["hourly_rate_pct"].split(maxsplit=1)
    assert why == "(=0.1428/24)"
    return {"avg_premium_pct": expected["avg_premium_pct"], "hourly_rate_pct": rate_text}


def in_wei(expected: str) -> int:
    return int(expected)


Rule = tuple[Callable[[Entry], Any], Callable[[Any], Any]]
RULES: dict[str, Rule] = {
    **dict.fromkeys(("138", "139", "140", "141", "142", "143"), (dydx_book, as_given)),
    "152": (dydx_bound, as_given),
    "153": (dydx_bound_on_change, as_given),
    **dict.fromkeys(("154", "155", "156"), (dydx_accrued, as_given)),
    "157": (dydx_index, in_e18),
    "158": (dydx_solvency, as_given),
    **dict.fromkeys(("159", "160"), (dydx_settled, as_given)),
    **dict.fromkeys(("161", "162"), (perp_v1, in_e18)),
    **dict.fromkeys(("167", "168", "169"), (perp_twap, as_given)),
    "173": (curie, in_wei),
    "240": (kraken_first, without_the_erratum),
    "241": (kraken_second, as_given),
    "242": (hyperliquid, in_e18),
    **dict.fromkeys(("243", "244", "245"), (deribit, in_e18)),
    "246": (thalex, in_e18),
}
WITHIN = {"173": 1}
"""Wei of tolerance, where the entry's note says so."""


def entries() -> dict[str, Entry]:
    return {entry["id"]: entry for entry in json.loads(shared("funding_vectors.json").read_text())}


def test_vectors__the_file__each_entry_has_a_rule_and_no_rule_is_left() -> None:
    assert len(entries()) == 28
    assert entries().keys() == RULES.keys()


@pytest.mark.parametrize("number", RULES)
def test_vector__a_published_example__its_result(number: str) -> None:
    entry = entries()[number]
    rule, read = RULES[number]

    found, expected = rule(entry), read(entry["expected"])

    if number in WITHIN:
        assert "+-1 wei" in entry["note"]
        assert abs(found - expected) <= WITHIN[number]
    else:
        assert found == expected


def test_kraken__the_number_that_the_page_prints__is_not_ours() -> None:
    entry = entries()["240"]

    found = kraken_first(entry)

    assert "ERRATUM" in entry["note"]
    assert found["hourly_rate_pct"] != entry["expected"]["doc_printed_hourly_rate_pct"]


@pytest.mark.parametrize("number", ["161", "162"])
def test_perpetual_v1__as_a_premium_realised_over_a_day__within_six_wei(number: str) -> None:
    given = entries()[number]["inputs"]
    index = e18(given["index_twaps"][0])
    day = replace(KRAKEN, max_rate=WIDE)

    paid = payment(rate_of(premium(e18(given["mark_twap"]), index, day.max_premium), day), DAY_S, index)

    assert 0 <= e18(given["mark_twap"]) - index - paid <= 6


def test_mean_premium__samples_of_unequal_weight__rounded_down() -> None:
    assert mean_premium(10 * 7 - 3 * 31, 38) == -1
    assert clamp(-12, 10) == -10
