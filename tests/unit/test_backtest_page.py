"""README.md's table of recorded markets, computed again."""

from pathlib import Path

import pytest

from reporter.backtest.report import HEADS, table_rows
from reporter.tapes.compared import Request, compare
from tests.unit.taping import DEPEG, GEMINI, require

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BOTH = "coinbase:BTC/USD,kraken:BTC/USD"
SHOWN = (
    (Request(DEPEG, "BTC/USD", BOTH), ("mean error", "max error")),
    (Request(DEPEG, "BTC/USD", BOTH, BOTH), ("mean error", "max error", "min > 0.5 %")),
    (Request(GEMINI, "BTC/USD"), ("available", "stale used")),
)


def test_readme__the_table_of_methods__is_what_backtest_says() -> None:
    require(DEPEG)
    require(GEMINI)
    rows: dict[str, list[str]] = {}
    for request, heads in SHOWN:
        for row in table_rows(compare(request).comparison):
            rows.setdefault(row[0], [f"`{row[0]}`"]).extend(row[HEADS.index(head)] for head in heads)

    computed = "\n".join("| " + " | ".join(row) + " |" for row in rows.values())

    assert computed in PAGE, computed
