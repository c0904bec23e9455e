"""tests/vectors/funding.json is what the Python twin says today; the forge tests hold the contracts to the same file."""

import json

import pytest

from reporter.funding import formulas
from tools.funding_vectors import OUT, text

pytestmark = pytest.mark.unit


def test_vectors__made_again__the_same_text() -> None:
    assert OUT.read_text() == text()


def test_formulas__known_values__by_hand() -> None:
    assert formulas.premium(2, 3, formulas.ONE) == -333333333333333334
    assert formulas.book_premium(0, 99, 100, formulas.ONE) == -(10**16)
    assert formulas.max_rate_of(5 * 10**16, 3 * 10**16) == 75 * 10**14
    assert formulas.max_rate_of(3 * 10**15, 25 * 10**14) == 3 * 10**15
    assert formulas.max_rate_of(10**16, 10**16) == formulas.max_rate_of(1, 2) == 0
    assert formulas.payment(-1, 1, 1) == -1
    assert formulas.added(2**128 - 2, 5) == 2**128 - 1
    assert (formulas.settlement(3, 5), formulas.settlement(-3, 5)) == (-1, 0)


def test_vectors__histories__boundaries_pauses_and_new_parameters() -> None:
    document = json.loads(OUT.read_text())

    steps = [row for history in document["histories"] for row in history[1:]]
    states = [row for history in document["states"] for row in history]

    assert sum(len(row) > 6 for row in steps) >= 20
    assert sum(row[14] > 0 for row in states) >= 60
    assert sum(row[15] > 0 for row in states) >= 40
    assert sum(row[2] != 0 for row in states) >= 60
