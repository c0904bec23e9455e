"""The twelve incidents: our method within every bound, and the method that each of them broke outside of it."""

import re
from pathlib import Path

import pytest

from reporter.index.units import percent, seconds
from reporter.models import Status
from reporter.scenario import load, moments, names

from .incidents import CASES, IDS, case, judged, ours, said

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
BREAKS = [
    ("bitmex-bitstamp-2019", "two-venues", "mean", "max_error"),
    ("bitmex-bitstamp-2019", "two-venues-gliding", "mean", "max_error"),
    ("bitmex-bitstamp-2019", "six-venues", "mean", "max_error"),
    ("kraken-eth-2021", "four-venues", "mean", "max_error"),
    ("synthetix-skrw-2019", "two-services", "mean", "max_error"),
    ("synthetix-skrw-2019", "three-services", "mean", "max_error"),
    ("coinbase-dai-2020", "four-venues", "mean", "not_beyond_others"),
    ("mango-2022", "three-venues", "2 % a round", "follows"),
    ("mango-2022", "three-venues", "median at par", "flagged"),
    ("mango-2022", "three-venues", "median at par", "doubted"),
    ("dydx-yfi-2023", "five-venues", "2 % a round", "follows"),
    ("dydx-yfi-2023", "five-venues", "5 % from the last", "follows"),
    ("dydx-yfi-2023", "five-venues", "5 % from the last", "nobody_rejected"),
    ("binance-usde-2025", "six-venues", "uncapped weights", "max_error"),
    ("binance-usde-2025", "bybit-dips-too", "uncapped weights", "max_error"),
    ("luna-2022", "venues-trade", "lowest answer 0.10", "follows"),
    ("luna-2022", "one-sticks", "lowest answer 0.10", "follows"),
    ("luna-2022", "venues-halt", "lowest answer 0.10", "silent"),
    ("luna-2022", "venues-halt", "lowest answer 0.10", "fresh"),
    ("hyperliquid-xpl-2025", "four-venues", "mean", "max_error"),
    ("ftx-premium-2022", "tight", "mean", "barred"),
    ("ftx-premium-2022", "tight", "mean", "max_error"),
    ("ftx-premium-2022", "loose", "median at par", "barred"),
    ("usdc-2023", "short", "mean", "max_error"),
    ("usdc-2023", "short-without-usd", "median at par", "max_error"),
    ("usdc-2023", "tape", "mean", "max_error"),
    ("usdc-2023", "tape-without-usd", "median at par", "max_error"),
    ("gemini-ticks-2025", "tape", "dated on arrival", "fresh"),
    ("gemini-ticks-2025", "short", "dated on arrival", "fresh"),
]


def test_names__all_twelve__in_the_order_of_the_incidents() -> None:
    assert [load(name).id for name in names()] == list(range(1, 13))


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_incident__our_method__is_within_every_bound(name: str, variant: str) -> None:
    assert judged(name, variant).broken == []


@pytest.mark.parametrize(("name", "variant", "method", "rule"), BREAKS)
def test_incident__naive_method__breaks_the_bound(name: str, variant: str, method: str, rule: str) -> None:
    broken = {m.bound.rule for m in judged(name, variant, method).measures if not m.met}

    assert rule in broken


def test_incidents__every_variant__has_a_method_that_it_breaks() -> None:
    assert {(name, variant) for name, variant, _, _ in BREAKS} == set(CASES)


def test_usde__uncapped_weights__fall_to_0_6567() -> None:
    prices = {o.price for o in judged("binance-usde-2025", "six-venues", "uncapped weights").outcomes}

    assert min(p for p in prices if p) == 656_700_000_000_000_000


def test_ftx_loose__before_it_is_barred__no_outlier_rule_saw_it() -> None:
    seen = [s for index in ours("ftx-premium-2022", "loose") for s in index.sources if s.venue == "ftx"]

    assert {s.reason for s in seen if not s.kept} == {
        "excluded by the bias monitor until a person re-admits it"
    }


def test_luna_halted__thirty_seconds_later__invalid_and_no_old_number() -> None:
    late = [i for i in ours("luna-2022", "venues-halt")][-1]

    assert (late.status, late.price, late.held) == (Status.INVALID, None, None)


def test_gemini_tape__short_of_fresh_trades__is_silent_in_a_fifth_of_the_seconds() -> None:
    tape = judged("gemini-ticks-2025", "tape")
    fresh = sum(
        o.moment.at_ms - q.observed_at_ms <= 30_000 for o in tape.outcomes for q in o.moment.quotes.values()
    )

    assert fresh <= len(tape.outcomes) * 85 // 100
    assert len(tape.outcomes) - fresh <= tape.silent


@pytest.mark.parametrize("name", names())
def test_file__a_person_reads_it__says_what_happened_and_where_every_number_is_from(name: str) -> None:
    scenario = load(name)

    assert len(scenario.what) > 80
    assert scenario.not_known
    for source in scenario.sources:
        assert re.match(r"https://\S+$|as given in the specification|assumed|recorded: ", source.where)


def table() -> list[list[str]]:
    section = (ROOT / "METHODOLOGY.md").read_text().split("## Incidents\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def result(name: str, variant: str, method: str = "") -> str:
    found = judged(name, variant, method)
    worst = found.worst_error_ppm
    oldest = next((m.worst or 0 for m in found.measures if m.bound.rule == "fresh"), 0)
    figure = f"age {seconds(oldest)}" if worst is None else percent(worst)
    silent = f"silent {found.silent} of {len(found.outcomes)}" if found.silent and not method else ""
    return ", ".join(part for part in (figure, silent) if part)


def test_methodology__table_of_incidents__is_what_the_files_give() -> None:
    rows = table()

    assert [row[0] for row in rows] == [f"`{name}`" for name in names()]
    for name, _, mine, theirs in rows:
        for cell, naive in ((mine, False), (theirs, True)):
            for part in cell.split("; "):
                label, figures = part.split(": ")
                variant, _, method = label.partition(", ")
                case(name.strip("`"), variant)
                assert (label, figures) == (label, result(name.strip("`"), variant, method))
                assert bool(method) == naive


def test_moments__twice__the_same() -> None:
    scenario, variant = case("usdc-2023", "short")

    assert tuple(moments(scenario, variant)) == said("usdc-2023", "short")
