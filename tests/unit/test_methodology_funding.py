"""The funding part of METHODOLOGY.md: its hour recomputed from the page by reporter/funding, presets, convergence."""

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest

from reporter.funding import Fixing, Market, Params, Reading, advance, formulas
from reporter.funding.clock import new_market
from reporter.funding.presets import KRAKEN, PRESETS, SPOTLINE
from tests.unit.test_methodology_example import ROOT, scaled, section

pytestmark = pytest.mark.unit

TITLE = "An hour of funding"
HOUR_S, T0 = 3_600, 1_800_000_000
DECIMALS = 8


def rows(title: str, first: str) -> list[list[str]]:
    """The table of a section whose head starts with a word, without its two head lines."""
    found = re.search(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n?)+)", section(title), re.MULTILINE)
    assert found is not None, first
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in found[1].splitlines()]


def percent(value: int) -> str:
    """A ratio of 1e18 as the page writes it, exactly."""
    return f"{(Decimal(value) / 10**16).normalize():f} %"


def money(value: int) -> str:
    return f"{Decimal(value) / formulas.ONE:f}"


@dataclass(frozen=True, slots=True)
class Minutes:
    """A row of the example: its first and last minute, and the prices that were read in each of them."""

    first: int
    last: int
    prices: tuple[int, int] | None

    @property
    def accruals(self) -> range:
        """The seconds of its accruals, from the start of the hour."""
        return range(self.first * 60, self.last * 60 + 1, 60) if self.prices else range(0)


def inputs() -> list[Minutes]:
    found = []
    for minutes, _, index, mark, *_ in rows(TITLE, "minutes"):
        first, last = map(int, minutes.split(" to "))
        prices = scaled(index, 10**DECIMALS), scaled(mark, 10**DECIMALS)
        found.append(Minutes(first, last, None if None in prices else (prices[0] or 0, prices[1] or 0)))
    return found


def played() -> tuple[Market, Fixing]:
    """The hour through the clock, and the rate that was fixed at its end."""
    first = inputs()[0].prices
    assert first is not None
    market, _ = advance(new_market(SPOTLINE, DECIMALS, T0), Reading(first[0], T0, T0), T0)
    fixings: tuple[Fixing, ...] = ()
    for row in inputs():
        for at in (T0 + second for second in row.accruals):
            index, mark = row.prices or (0, 0)
            premium = formulas.premium(mark, index, SPOTLINE.max_premium)
            market, log = advance(market, Reading(index, at, at, sampled=True, premium=premium), at)
            fixings += log.fixings
    (fixing,) = fixings
    return market, fixing


def net_after(market: Market, seconds: int) -> int:
    """What one unit long has paid in the next seconds, accrued at once."""
    later, _ = advance(market, Reading(market.index, market.index_at, market.index_at), market.time + seconds)
    return later.net - market.net


def rate_of(mean: int, p: Params) -> int:
    """The rate per 8 hours of a covered interval with this mean premium."""
    return formulas.rate(mean, 1, 1, p.interest, p.damping, p.realisation_s, p.max_rate)


def test_hour__each_row__samples_premium_and_seconds_as_on_the_page() -> None:
    hour = inputs()

    found = []
    for row in hour:
        premium = (
            None
            if row.prices is None
            else formulas.premium(row.prices[1], row.prices[0], SPOTLINE.max_premium)
        )
        said = "-" if premium is None else percent(premium)
        found.append([str(len(row.accruals)), said, f"{60 * len(row.accruals):,}"])

    assert [[row[1], *row[4:]] for row in rows(TITLE, "minutes")] == found
    assert [row.first for row in hour] == [1, *(row.last + 1 for row in hour[:-1])]
    assert hour[-1].last == HOUR_S // 60


def test_hour__played_through_the_clock__every_step_as_on_the_page() -> None:
    market, fixing = played()
    said = {row[0]: row[1:] for row in rows(TITLE, "what")}
    size = int(Decimal(re.findall(r"a long of ([\d.]+)", section(TITLE))[0]) * formulas.ONE)

    seconds = [60 * len(row.accruals) for row in inputs() if row.prices]
    damped = formulas.clamp(SPOTLINE.interest - fixing.mean, SPOTLINE.damping)
    paid = net_after(market, HOUR_S)
    index = market.index // 10**DECIMALS

    assert said == {
        "coverage": [
            f"({' + '.join(f'{s:,}' for s in seconds)}) / {HOUR_S:,}",
            f"{fixing.coverage_bps:,} bp",
        ],
        "`P`": [f"sum of premium * seconds / {HOUR_S:,}", percent(fixing.mean)],
        "`interest - P`": [f"{percent(SPOTLINE.interest)} - P", percent(SPOTLINE.interest - fixing.mean)],
        "`F`": [f"P + that within {percent(SPOTLINE.damping)}", percent(fixing.mean + damped)],
        "rate": ["F * 28,800 / 28,800", percent(fixing.rate)],
        "payment": [f"rate * {HOUR_S:,} * {index:,} / 28,800", money(paid)],
        f"a long of {money(size)} gains": ["floor(-size * payment)", money(formulas.settlement(size, paid))],
        f"a short of {money(size)} gains": ["floor(size * payment)", money(formulas.settlement(-size, paid))],
        "rate under `kraken`": [
            "P * 28,800 / 86,400",
            percent(rate_of(fixing.mean, KRAKEN)),
        ],
    }


def test_presets__each__is_the_one_in_the_code() -> None:
    said = {row[0].strip("`"): row[1:7] for row in rows("Funding", "preset")}

    assert said == {
        name: [f"{p.interval_s:,}", f"{p.realisation_s:,}"]
        + [percent(part // 10**14 * 10**14) for part in (p.interest, p.damping, p.max_premium, p.max_rate)]
        for name, p in PRESETS.items()
    }


def test_presets__each_source__is_the_one_the_contract_names() -> None:
    code = " ".join((ROOT / "contracts" / "libraries" / "FundingPresets.sol").read_text().split())
    sources = [row[7].split(";")[0] for row in rows("Funding", "preset")[1:]]

    assert [source for source in sources if source not in code] == []


def test_convergence__each_figure__is_that_of_the_bench() -> None:
    bench = (
        (ROOT / "bench" / "convergence.md").read_text().split("<!-- agents -->")[1].split("<!-- end -->")[0]
    )
    measured = [line.strip("|").split(" | ") for line in bench.splitlines() if line.startswith("| ")][2:]

    assert rows("A reference market", "funding") == [
        [row[0].strip(), *(row[place].split(" (")[0] for place in (1, 3, 4, 5))] for row in measured
    ]
    assert "8 seeds" in bench
