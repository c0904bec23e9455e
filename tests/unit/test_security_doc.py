"""SECURITY.md says what was tried: every test it names exists, and every attack that is tested is in it."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
A_TEST = re.compile(r"`((?:test|testFuzz|invariant)_\w+)`")
SOLIDITY = re.compile(r"function ((?:test|testFuzz|invariant)_\w+)\(")
PYTHON = re.compile(r"^def (test_\w+)\(", re.MULTILINE)


def written(folder: str, pattern: str, definition: re.Pattern[str]) -> set[str]:
    files = (ROOT / "tests" / folder).glob(pattern)
    return {name for path in files for name in definition.findall(path.read_text(encoding="utf-8"))}


def tried() -> list[str]:
    """The tests of "What was tried", row by row."""
    return A_TEST.findall(chapter("What was tried"))


def chapter(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_security__every_test_named__exists() -> None:
    known = written("solidity", "*.t.sol", SOLIDITY) | written("differential", "*.py", PYTHON)

    assert set(A_TEST.findall(PAGE)) - known == set()


def test_security__every_attack_that_is_tested__is_in_a_table() -> None:
    attacks = written("solidity", "Attacks*.t.sol", SOLIDITY)

    assert attacks - set(tried()) == set()


def test_security__each_row__as_many_attempts_as_tests() -> None:
    rows = [
        line.strip("| ").split(" | ")
        for line in chapter("What was tried").splitlines()
        if A_TEST.search(line)
    ]

    assert [row for row in rows if row[0].count("; ") + 1 != len(A_TEST.findall(row[2]))] == []


def test_security__what_was_tried__each_once_and_as_many_as_it_says() -> None:
    said = re.search(r"^(\d+) attempts", PAGE, re.MULTILINE)

    assert said is not None
    assert len(tried()) == len(set(tried())) == int(said[1]) >= 40


def test_security__invariants__all_eighteen() -> None:
    rows = chapter("Invariants of the aggregator")

    assert re.findall(r"^\| (A\d+) \|", rows, re.MULTILINE) == [f"A{i}" for i in range(1, 19)]
