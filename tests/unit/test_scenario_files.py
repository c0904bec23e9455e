"""What a scenario file may say, how its paths are read, and how indices are judged by it."""

import re
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from reporter.errors import ScenarioError, UnknownScenario
from reporter.models import SCALE, Index, Leg, Status
from reporter.scenario import Judgement, Scenario, judge, load, moments, names, play, read, rules, truth_at
from reporter.scenario.moments import book_at

pytestmark = pytest.mark.unit
PRICE = "a price is positive decimal text in quotes"
PERCENT = "a percent is decimal text in quotes with at most 4 places"
KINDS = "a point has one of price, bid with ask, missing or frozen"

TEXT = """
id = 1
name = "made-up-2020"
title = "Two venues"
what = "One of them leaves."
not_known = "Nothing."
starts = 2020-01-01T00:00:00Z
lasts = "00:01:00"
round_s = 10
feed = "BTC/USD"
[[source]]
number = "all"
where = "assumed"
[truth]
"BTC/USD" = [{ at = "00:00:00", price = "100" }]
"USDC/USD" = [{ at = "00:00:00", price = "0.5" }]
[[market]]
market = "a:BTC/USD"
path = [
  { at = "00:00:00", price = "100" },
  { at = "00:00:20", price = "200", by = "step" },
  { at = "00:00:40", bid = "300", ask = "302", by = "linear" },
  { at = "00:00:50", frozen = true },
  { at = "00:01:00", missing = true },
]
[[market]]
market = "b:BTC/USDC"
off_percent = "-1.5"
[[variant]]
name = "both"
text = "nothing"
  [[variant.feed]]
  feed = "BTC/USD"
  markets = ["a:BTC/USD"]
  min_venues = 1
  [[variant.feed]]
  feed = "USDC/USD"
  markets = ["b:BTC/USDC"]
  [[variant.bound]]
  rule = "max_error"
  percent = "0.5"
"""


def made_up(old: str = "", new: str = "") -> Scenario:
    assert old in TEXT
    return read("made-up-2020.toml", TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('price = "100"', "price = 100.0", f"truth.BTC/USD.0.price: {PRICE}, not 100.0"),
        ('price = "100"', 'price = "0"', f"truth.BTC/USD.0.price: {PRICE}, not '0'"),
        ('"00:00:00"', '"0:00"', "truth.BTC/USD.0.at: a time after the start is 'HH:MM:SS', not '0:00'"),
        (', by = "step"', "", "market.0.path: every price after the first says by = 'step' or 'linear'"),
        ('by = "step"', 'by = "spline"', "market.0.path.1.by: input should be '', 'step' or 'linear', not 'spline'"),
        ("frozen = true", 'price = "1", frozen = true', f"market.0.path.3: {KINDS}"),
        ('bid = "300"', 'bid = "303"', "market.0.path.2: its bid is over its ask"),
        ('"00:00:40"', '"00:00:20"', "market.0.path: its times do not rise"),
        ('"-1.5"', '"1.5 %"', f"market.1.off_percent: {PERCENT}, not '1.5 %'"),
        ('"b:BTC/USDC"\noff', '"b BTC"\noff', "market.1.market: a market is venue:BASE/QUOTE, not 'b BTC'"),
        ('["a:BTC/USD"]', '["c:BTC/USD"]', "the file: variant 'both' uses the market 'c:BTC/USD', which is not given"),
        ('"USDC/USD" = [', '"USDT/USD" = [', "the file: market 'b:BTC/USDC' has no path and there is no"),
        ('rule = "max_error"', 'rule = "stated"', "variant.0.bound.0: the rule 'stated' needs nothing besides its times"),
        ('percent = "0.5"', "", "variant.0.bound.0: the rule 'max_error' needs percent besides its times"),
        ('percent = "0.5"', 'percent = "0.5"\nfrom = "00:00:10"\nto = "00:00:05"', "variant.0.bound.0: it ends before"),
        ('rule = "max_error"', 'rule = "nice"', "variant.0.bound.0.rule: input should be "),
        ("round_s = 10", "round_s = 10\nround = 1", "unknown key 'round'"),
        ("round_s = 10", "round_s = 0", "round_s: input should be greater than 0, not 0"),
        ("00:00:00Z", "00:00:00", "starts: a time is UTC with a Z, not 2020-01-01 00:00:00"),
        ('"made-up-2020"', '"made-up-2021"', "name: 'made-up-2021' is not the file's"),
        ('feed = "BTC/USD"\n[[source', 'feed = "ETH/USD"\n[[source', "the file: variant 'both' has no feed 'ETH/USD'"),
        ("id = 1", "id =", "not valid TOML: "),
    ],
)  # fmt: skip
def test_read__one_thing_wrong__says_file_key_and_value(old: str, new: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(f"made-up-2020.toml: {message}")):
        made_up(old, new)


def test_load__unknown_name__names_the_known_ones() -> None:
    with pytest.raises(UnknownScenario, match=r"unknown scenario '\.\./x'") as caught:
        load("../x")

    assert caught.value.known == sorted(names())


def test_moments__steps_lines_frozen_and_missing__as_the_file_says() -> None:
    scenario = made_up()
    said = list(moments(scenario, scenario.variant("both")))

    quotes = [m.quotes.get(Leg("a", "BTC/USD")) for m in said]
    asks = [q.ask * 100 // SCALE / 100 if q and q.ask else None for q in quotes]
    ages = [m.at_ms - q.observed_at_ms if q else None for m, q in zip(said, quotes, strict=True)]
    assert asks == [100.01, 100.01, 200.02, 251.01, 302, 302, None]
    assert ages == [0, 0, 0, 0, 0, 10_000, None]
    assert {m.truth for m in said} == {100 * SCALE}


def test_moments__market_without_a_path__follows_the_quotient_of_two_truths() -> None:
    scenario = made_up()
    quote = next(moments(scenario, scenario.variant("both"))).quotes[Leg("b", "BTC/USDC")]

    assert truth_at(scenario, "BTC/USDC", 0) == 200 * SCALE
    assert ((quote.bid or 0) + (quote.ask or 0)) // 2 == 197 * SCALE
    assert truth_at(scenario, "ETH/USD", 0) is None


def test_moments__lag__dates_the_quote_back() -> None:
    scenario = made_up('price = "200"', 'lag_s = 7, price = "200"')
    said = list(moments(scenario, scenario.variant("both")))
    quote = said[2].quotes[Leg("a", "BTC/USD")]

    assert (said[2].at_ms - quote.observed_at_ms, quote.received_at_ms) == (7_000, said[2].at_ms)


def test_moments__tape_without_a_folder__says_which_file() -> None:
    scenario = load("gemini-ticks-2025")

    with pytest.raises(ScenarioError, match=r"plays gemini_btcusd_ticks_2025-10-10\.csv\.gz"):
        next(moments(scenario, scenario.variant("tape")))


def test_paths__every_step_of_every_file__jumps_only_where_it_says_so() -> None:
    for scenario in map(load, names()):
        for market in scenario.markets:
            for before, after in pairwise(market.path or ()):
                if after.by == "linear":
                    last = book_at(market.path or (), after.at - 1, 0)
                    end = book_at(market.path or (), after.at, 0)
                    assert last is not None
                    assert end is not None
                    assert abs(last.bid - end.bid) <= abs(end.bid) // 10_000 + 1, (
                        scenario.name,
                        before,
                        after,
                    )


def verdict(prices: list[int | None], **terms: object) -> Judgement:
    """Indices of seven moments against one bound; the truth is 100."""
    keys = "".join(f"\n  {key.rstrip('_')} = '{value}'" for key, value in terms.items())
    scenario = made_up('rule = "max_error"\n  percent = "0.5"', keys)
    said = list(moments(scenario, scenario.variant("both")))
    indices = [
        Index("BTC/USD", m.at_ms, Status.INVALID if p is None else Status.OK, None if p is None else p * SCALE, ())
        for m, p in zip(said, prices, strict=True)
    ]  # fmt: skip
    return judge(scenario.variant("both"), said, indices)


FLAT: list[int | None] = [100] * 7


@pytest.mark.parametrize(
    ("prices", "terms", "met", "text"),
    [
        (FLAT, {"rule": "max_error", "percent": "0"}, True, "max_error: 0.00 % of at most 0.00 %"),
        ([*FLAT[1:], 99], {"rule": "max_error", "percent": "0.99"}, False, "max_error: 1.00 % of at most 0.99 %"),
        ([*FLAT[1:], 99], {"rule": "max_error", "percent": "0", "to": "00:00:50"}, True, "max_error: 0.00 % of"),
        ([None] * 7, {"rule": "max_error", "percent": "0"}, True, "max_error: no price, no error"),
        ([None, *FLAT[1:]], {"rule": "stated"}, False, "stated: 1 of 7 moments without a price"),
        ([None, *FLAT[1:]], {"rule": "stated", "from": "00:00:10"}, True, "stated: 0 of 6 moments without a price"),
        ([None] * 7, {"rule": "silent"}, True, "silent: 0 of 7 moments with a price"),
        (FLAT, {"rule": "silent", "from": "00:01:00"}, False, "silent: 1 of 1 moments with a price"),
        ([None, *FLAT[1:]], {"rule": "follows", "percent": "1"}, False, "follows: 100.00 % behind, of at most 1.00 %"),
        (FLAT, {"rule": "follows", "percent": "0"}, True, "follows: 0.00 % behind, of at most 0.00 %"),
        (FLAT, {"rule": "stated", "from": "01:00:00"}, False, "stated: no moment in its time"),
        (FLAT, {"rule": "flagged", "flag": "VOLATILE"}, False, "flagged: 0 of 7 moments are VOLATILE"),
        (FLAT, {"rule": "doubted", "percent": "1"}, False, "doubted: 0 of 7 moments say that they are 1.00 % unsure"),
    ],
)  # fmt: skip
def test_judge__one_rule__met_or_not_and_why(
    prices: list[int | None], terms: dict[str, object], met: bool, text: str
) -> None:
    found = verdict(prices, **terms)

    assert found.met is met
    assert found.measures[0].text.startswith(text)


def test_judge__an_index_that_may_not_be_signed__is_no_price() -> None:
    scenario = made_up()
    variant = scenario.variant("both")
    said = list(moments(scenario, variant))
    held = [replace(i, status=Status.HELD) for i in play(rules(variant)[:1], said, "BTC/USD")]

    assert judge(variant, said, held).silent == len(said)
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        judge(variant, said, held[1:])


def test_package_data__scenarios__go_into_the_wheel() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())

    assert "scenarios/*.toml" in pyproject["tool"]["setuptools"]["package-data"]["reporter"]
