"""No float comes near a price: checked on the source of every module that makes one."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

REPORTER = Path(__file__).parents[2] / "reporter"
DECIMAL = {"volatility.py"}
SIMULATED = ("agents.py", "amm.py", "modes.py", "play.py")
"""Of the model of convergence, what decides on sizes, prices and rates; its statistics and its noise are floats."""
MODULES = sorted(
    [
        *(path for package in ("index", "funding", "research") for path in (REPORTER / package).glob("*.py")),
        *(REPORTER / "convergence" / name for name in SIMULATED),
        REPORTER / "decoupling.py",
    ]
)


def floats(source: str, *, divides: bool = False) -> list[int]:
    """The lines with a float literal, ``float``, or a division that is not ``//``."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not divides)
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_module__that_makes_prices__has_no_float(module: Path) -> None:
    assert floats(module.read_text(encoding="utf-8"), divides=module.name in DECIMAL) == []


@pytest.mark.parametrize("source", ["a = 1.5", "a = float(b)", "a = b / c", "a /= b"])
def test_floats__each_kind__is_found(source: str) -> None:
    assert floats(source) == [1]
