"""METHODOLOGY.md's table of recorded markets, computed again."""

import re
from functools import lru_cache
from pathlib import Path

import pytest

from reporter.backtest.report import table_rows
from reporter.tapes.compared import Request, compare
from tests.unit.taping import DEPEG, GEMINI, require

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[2] / "METHODOLOGY.md").read_text(encoding="utf-8")
BOTH = "coinbase:BTC/USD,kraken:BTC/USD"
TAPES = {
    "USDC depeg, 2023-03-10 to 12": Request(DEPEG, "BTC/USD", BOTH),
    "the same without both BTC/USD markets": Request(DEPEG, "BTC/USD", BOTH, BOTH),
    "Gemini alone, 2025-10-10": Request(GEMINI, "BTC/USD"),
}
SAID = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in re.search(r"\| tape, feed .*?\n\n", PAGE, re.DOTALL)[0].splitlines()[2:]  # type: ignore[index]
    if line
]


@lru_cache
def computed(tape: str) -> list[tuple[str, ...]]:
    require(TAPES[tape].tape)
    return [row[:7] for row in table_rows(compare(TAPES[tape]).comparison)]


@pytest.mark.parametrize("tape", TAPES)
def test_methodology__the_table_of_a_tape__is_what_backtest_says(tape: str) -> None:
    said = [row[1:] for row in SAID if row[0] == tape]

    assert said == [row for row in computed(tape) if row[0] in {shown[0] for shown in said}]
    assert {"spotline", "median", "naive"} <= {shown[0] for shown in said}


def test_methodology__the_tapes_of_the_table__are_these() -> None:
    assert {row[0] for row in SAID} == set(TAPES)
