"""The root documents name only what exists, and name all of it where they promise to."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from reporter.index.median import median_floor

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
LONGEST = {"METHODOLOGY": 340, "OPERATING": 360, "SECURITY": 300}
NAMES = ("METHODOLOGY", "OPERATING", "INTEGRATING", "SECURITY", "CONTRIBUTING", "RESEARCH")
PAGES = {name: (ROOT / f"{name}.md").read_text(encoding="utf-8") for name in NAMES}
A_PATH = re.compile(r"`((?:reporter|contracts|scripts|tests|tools|bench)/[\w./*]*)`")


def abi(contract: str, kind: str) -> list[str]:
    entries: list[dict[str, Any]] = json.loads((ROOT / "reporter" / "abi" / f"{contract}.json").read_text())
    return [entry["name"] for entry in entries if entry["type"] == kind]


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", NAMES)
def test_links__every_one__leads_to_a_file_or_heading(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[name]):
        file, _, heading = target.partition("#")
        page = (ROOT / file).read_text(encoding="utf-8") if file else PAGES[name]
        assert not heading or heading in anchors(page), target


@pytest.mark.parametrize("name", NAMES)
def test_paths__every_one_in_backticks__exists(name: str) -> None:
    missing = [path for path in A_PATH.findall(PAGES[name]) if not list(ROOT.glob(path.rstrip("/")))]

    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_page__length__one_sitting(name: str) -> None:
    assert 60 <= len(PAGES[name].splitlines()) <= LONGEST.get(name, 260)


def test_contributing__make_targets__are_those_of_the_makefile() -> None:
    phony = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    said = re.findall(r"`make ([a-z-]+)`", PAGES["CONTRIBUTING"])

    assert set(said) <= set(phony)
    assert set(phony) - set(said) == {"help", "system"}


def test_contributing__the_venue_shown__is_the_file() -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGES["CONTRIBUTING"], re.DOTALL)[1]

    assert shown == (ROOT / "reporter" / "sources" / "bitstamp.py").read_text()


def test_contributing__the_test_shown__passes() -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGES["CONTRIBUTING"], re.DOTALL)[0]
    made: dict[str, Any] = {"median_floor": median_floor}

    exec(shown, made)

    made["test_median_floor__an_even_count__the_mean_of_the_middle_two_floored"]()


@pytest.mark.parametrize("contract", ["Aggregator", "PerpetualFunding"])
def test_integrating__events__all_named(contract: str) -> None:
    ownership = {"OwnershipTransferStarted", "OwnershipTransferred"}

    missing = [
        n for n in abi(contract, "event") if n not in ownership and f"`{n}" not in PAGES["INTEGRATING"]
    ]
    assert missing == []


def test_integrating__funding_views__all_named() -> None:
    own = {"addMarket", "setParams", "aggregator", "owner", "pendingOwner"}
    ownership = {"acceptOwnership", "renounceOwnership", "transferOwnership"}

    views = set(abi("PerpetualFunding", "function")) - own - ownership
    assert {n for n in views if f"{n}(market)" not in PAGES["INTEGRATING"]} == set()


def test_integrating__the_contract_shown__is_the_file() -> None:
    shown = re.findall(r"```solidity\n(contract FundingConsumer .*?)```", PAGES["INTEGRATING"], re.DOTALL)
    file = (ROOT / "contracts" / "examples" / "FundingConsumer.sol").read_text()

    assert shown == [file[file.index("contract FundingConsumer ") :]]


def test_integrating__gas_of_funding_reads__are_the_figures_that_forge_gates() -> None:
    code = (ROOT / "tests" / "solidity" / "FundingReadsGas.t.sol").read_text()
    tables = re.findall(r"return Figures\(\{(.*?)\}\)", code, re.DOTALL)
    gated = {
        name: tuple(int(dict(re.findall(r"(\w+): ([\d_]+)", each))[name]) for each in tables)
        for name in re.findall(r"(\w+): [\d_]+", tables[0])
    }
    rows = re.findall(r"^\| (`.*`) \| ([\d,]+) \| ([\d,]+) \|$", PAGES["INTEGRATING"], re.MULTILINE)

    assert len(gated) == 10
    assert gated == {
        name: tuple(int(gas.replace(",", "")) for gas in (accrued, not_accrued))
        for names, accrued, not_accrued in rows
        for name in re.findall(r"(\w+)`", names)
    }


def test_integrating__devnet_documents__every_key_named() -> None:
    code = (ROOT / "reporter" / "devnet" / "documents.py").read_text()
    code += (ROOT / "reporter" / "devnet" / "watch.py").read_text().split("def feed_summary")[1]
    keys = set(re.findall(r'"(\w+)":', code))

    assert len(keys) > 20
    assert {key for key in keys if not re.search(rf'[`"]{key}[`"]', PAGES["INTEGRATING"])} == set()
