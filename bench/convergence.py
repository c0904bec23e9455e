"""How fast a perpetual returns to its index, by how it is funded: rewrites the tables of bench/convergence.md.

python bench/convergence.py [linear] [agents] [others] [many]    only these tables; without a name all, some ten minutes

A table is 720 h of every mode with paired seeds: 8 of the linear model, 8 and 8 more of the agents, 32 of the linear model.
"""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from reporter.convergence.agents import USUAL
from reporter.convergence.modes import MODES
from reporter.convergence.report import HEADS, cells
from reporter.convergence.run import AGENTS, LINEAR, Outcome, Plan, simulate
from reporter.tapes.progress import with_bar

PAGE = Path(__file__).with_name("convergence.md")
HOURS, FEE_BP, VOLATILITY_BP = 720, 5, 10.0
TABLES = {
    "linear": (LINEAR, 8, 1),
    "agents": (AGENTS, 8, 1),
    "others": (AGENTS, 8, 101),
    "many": (LINEAR, 32, 1),
}


def measured(name: str) -> str:
    """One table as Markdown."""
    model, seeds, first = TABLES[name]
    plan = Plan(model, MODES, HOURS, seeds, USUAL, FEE_BP, VOLATILITY_BP, first_seed=first)
    began = time.monotonic()
    found = simulate(plan, lambda runs, total: with_bar(runs, name, total, 1))
    return "\n".join([*markdown(found), f"\n{seeds} seeds, {time.monotonic() - began:.0f} s."])


def markdown(found: Mapping[str, Outcome]) -> list[str]:
    """A row a mode."""
    rows = [(mode, *cells(outcome.figures)) for mode, outcome in found.items()]
    return [f"| {' | '.join(row)} |" for row in (HEADS, ("---",) * len(HEADS), *rows)]


def put(page: str, name: str, table: str) -> str:
    """The page with this table between its marks."""
    before, rest = page.split(f"<!-- {name} -->\n", 1)
    return f"{before}<!-- {name} -->\n{table}\n<!-- end -->{rest.split('<!-- end -->', 1)[1]}"


def main(names: list[str]) -> None:
    for name in names or list(TABLES):
        table = measured(name)
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), name, table), encoding="utf-8")
        print(table, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
