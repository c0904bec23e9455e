"""METHODOLOGY.md says what the code does: its worked example, its parameters and its claims, recomputed from the page."""

import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from reporter.index import compute, plan
from reporter.index.units import decimal
from reporter.models import SCALE, FeedRules, Index, Leg, Quote
from reporter.record import METHODOLOGY
from reporter.report import reporter_median

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "METHODOLOGY.md").read_text(encoding="utf-8")
AT_MS = 1_800_000_000_000
UNITS = {"seconds": 1, "hours": 3_600, "days": 86_400}


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def table(title: str) -> Iterator[list[str]]:
    """The rows of a section's table, without its two head lines."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:])


def leg(name: str) -> Leg:
    return Leg(*name.split(":"))


def scaled(cell: str, unit: int) -> int | None:
    return None if cell == "-" else int(Decimal(cell) * unit)


def quote(row: list[str]) -> Quote:
    market = leg(row[1])
    bid, ask, last = (scaled(cell, SCALE) for cell in row[2:5])
    book, traded, arrived = (
        None if (age_ms := scaled(cell.strip(), 1000)) is None else AT_MS - age_ms
        for cell in row[5].split(",")
    )
    assert arrived is not None
    return Quote(market.venue, market.symbol, bid, ask, last, book, traded, arrived)


def example(quotes: list[Quote] | None = None) -> dict[str, Index]:
    """The page's indices; ``quotes`` replace those of the same markets."""
    legs: dict[str, list[Leg]] = {}
    for row in table("Worked example"):
        legs.setdefault(row[0], []).append(leg(row[1]))
    feeds = plan([FeedRules(feed, tuple(of_feed)) for feed, of_feed in legs.items()])
    said = [quote(row) for row in table("Worked example")]
    return compute(feeds, {Leg(q.venue, q.symbol): q for q in [*said, *(quotes or [])]}, AT_MS)


def test_example__every_leg__price_share_and_reason_as_on_the_page() -> None:
    indices = example()

    said = {(row[0], row[1]): row[6:] for row in table("Worked example")}
    found = {
        (feed, f"{source.venue}:{source.symbol}"): [
            "-" if source.price is None else decimal(source.price),
            str(source.weight_ppm),
            source.reason if source.kept else f"dropped: {source.reason}",
        ]
        for feed, index in indices.items()
        for source in index.sources
    }
    assert len(said) == 11
    assert found == said


def test_example__both_feeds__index_status_and_venues_as_on_the_page() -> None:
    indices = example()

    said = re.findall(r"\*\*(\S+) = ([\d.]+), ([A-Z]+), (\d) venues\.\*\*", section("Worked example"))
    assert said == [
        (index.feed, decimal(index.price or 0), str(index.status), str(index.venues_kept))
        for index in indices.values()
    ]


def test_example__a_stablecoin_taken_for_a_dollar__the_other_index_on_the_page() -> None:
    dollars = [
        Quote(venue, "USDT/USD", SCALE, SCALE, SCALE, AT_MS, AT_MS, AT_MS)
        for venue in ("bitstamp", "coinbase", "kraken")
    ]

    at_par = example(dollars)["BTC/USD"].price

    assert f"for a dollar would have given {decimal(at_par or 0)}." in section("Worked example")


def parameters() -> list[tuple[str, str, str]]:
    """(where, name, value) of every parameter on the page."""
    form = re.compile(r"`(\w+)` ([\d,.]+(?: %)?)")
    return [(row[0].split(",")[0], *found) for row in table("Parameters") for found in form.findall(row[1])]


def in_code(where: str, name: str) -> float:
    """The value that the source gives a name: a number of Python or Solidity, with Solidity's units of time."""
    place = ROOT / where
    files = [place] if place.is_file() else sorted(p for p in place.rglob("*.*") if ".cache" not in p.parts)
    form = re.compile(rf"\b{name}\b(?:: int)? = (?:Field\(default=)?([\d_.e* ]+)(seconds|hours|days)?")
    found = [
        match for file in files if file.suffix in (".py", ".sol") for match in form.findall(file.read_text())
    ]
    assert len(found) == 1, f"{name} in {where}: {found}"
    number, unit = found[0]
    value: float = eval(number)
    return value * UNITS.get(unit, 1)


def test_parameters__page__lists_them() -> None:
    assert len(parameters()) == 63


@pytest.mark.parametrize(("where", "name", "value"), parameters())
def test_parameters__each__is_the_one_in_the_code(where: str, name: str, value: str) -> None:
    said = Decimal(value.removesuffix(" %").replace(",", ""))

    assert in_code(where, name) == (said * 10**16 if value.endswith("%") else said)


def test_parameters__every_default_of_the_index__is_on_the_page() -> None:
    defaults = {
        name
        for name in FeedRules.__dataclass_fields__
        if name not in ("feed", "legs", "weights", "fallback", "pegged")
    }

    assert defaults <= {name for _, name, _ in parameters()}


def test_relayer_choice__every_subset_of_honest_reports__the_ranks_on_the_page() -> None:
    said = re.findall(
        r"n = (\d+), q = (\d+): ranks (\d+) to (\d+)", " ".join(section("On-chain median").split())
    )

    assert [row[:2] for row in said] == [("4", "3"), ("7", "5"), ("13", "9")]
    for n, q, low, high in (map(int, row) for row in said):
        batches = (batch for m in range(q, n + 1) for batch in itertools.combinations(range(1, n + 1), m))
        assert {reporter_median(batch) for batch in batches} == set(range(low, high + 1))


@pytest.mark.parametrize("faulty", [1, 2])
def test_relayer_choice__with_faulty_reporters__exactly_the_honest_range(faulty: int) -> None:
    quorum, honest = 2 * faulty + 1, list(range(10, 10 + 2 * faulty + 1))
    answers = {
        reporter_median(batch)
        for lies in itertools.product((0, 99), repeat=faulty)
        for m in range(quorum, len(honest) + faulty + 1)
        for batch in itertools.combinations([*honest, *lies], m)
    }

    assert answers == set(honest)


def test_change_log__newest_version__is_the_one_in_every_record() -> None:
    newest = re.search(r"\* \*\*([\d.]+)\*\*", section("Change log"))

    assert newest is not None
    assert newest[1] == METHODOLOGY
    assert f"The methodology version is {METHODOLOGY}, " in PAGE
