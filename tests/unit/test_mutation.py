"""The mutation test itself: which faults it makes, and how it reads forge's answer."""

import pytest

from tests.mutation.bench import HarnessFailed, Verdict, read
from tests.mutation.ledger import Ledger, key, reasons, score
from tests.mutation.operators import Mutant, mutants

pytestmark = pytest.mark.unit

SOURCE = """// a < b
import {X} from "./x1.sol";
contract C {
    function f(uint256 a, uint256 b) external onlyOwner returns (uint256 c) {
        if (a < b) revert Small(a, "a < b");
        c = a + 1; // c = 2
        emit Done(c);
        assembly ("memory-safe") {
            let d := shl(8, lt(a, b))
            c := and(d, 0xff)
            if iszero(d) { mstore(0x00, c) }
            if d { return(0x00, 0x20) }
        }
    }
}
"""


def lines(source: str = SOURCE) -> set[tuple[str, str]]:
    return {(m.was, m.becomes) for m in mutants("C.sol", source)}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('if (a < b) revert Small(a, "a < b");', 'if (a <= b) revert Small(a, "a < b");'),
        ('if (a < b) revert Small(a, "a < b");', 'if (false) revert Small(a, "a < b");'),
        ("c = a + 1; // c = 2", "c = a - 1; // c = 2"),
        ("c = a + 1; // c = 2", "c = a + 2; // c = 2"),
        ("c = a + 1; // c = 2", "// c = 2"),
        ("emit Done(c);", ""),
        ("let d := shl(8, lt(a, b))", "let d := shr(8, lt(a, b))"),
        ("let d := shl(8, lt(a, b))", "let d := shl(8, iszero(gt(a, b)))"),
        ("let d := shl(8, lt(a, b))", "let d := shl(9, lt(a, b))"),
        ("c := and(d, 0xff)", "c := or(d, 0xff)"),
        ("c := and(d, 0xff)", "c := and(d, 0x00)"),
        ("c := and(d, 0xff)", ""),
        ("if iszero(d) { mstore(0x00, c) }", "if d { mstore(0x00, c) }"),
        ("if iszero(d) { mstore(0x00, c) }", "if 1 { mstore(0x00, c) }"),
        ("if iszero(d) { mstore(0x00, c) }", "if iszero(d) { }"),
        ("if d { return(0x00, 0x20) }", "if 0 { return(0x00, 0x20) }"),
    ],
)
def test_mutants__a_line__then_this_fault_is_among_them(was, becomes):
    assert (was, becomes) in lines()


def test_mutants__comments_strings_and_imports__then_untouched():
    for mutant in mutants("C.sol", SOURCE):
        assert mutant.text.startswith(SOURCE[: SOURCE.index("contract")])
        assert '"a < b"' in mutant.text or "revert" not in mutant.text
        assert "// c = 2" in mutant.text


def test_mutants__any__then_each_differs_from_the_source_and_from_the_others():
    texts = [m.text for m in mutants("C.sol", SOURCE)]

    assert SOURCE not in texts
    assert len(texts) == len(set(texts)) > 20


@pytest.mark.parametrize(
    ("said", "code", "outcome"),
    [
        ("Suite result: ok. 3 passed", 0, ("survived", "")),
        ("[FAIL: NotEqualUint(1, 2)] test_x__y__z() (gas: 9)", 1, ("killed", "test_x__y__z")),
        (
            "[FAIL: NotTrue(1)]\n\t[Sequence]\n\t\tsender=0x4\n invariant_a() (runs: 0)",
            1,
            ("killed", "invariant_a"),
        ),
        ("Error: Compiler run failed:", 1, ("invalid", "")),
    ],
)
def test_read__forges_answer__then_its_meaning(said, code, outcome):
    assert read(said, code) == outcome


@pytest.mark.parametrize(("said", "code"), [("", 0), ("No tests to run", 1), ("Segmentation fault", 139)])
def test_read__neither_passed_nor_failed__then_no_verdict(said, code):
    with pytest.raises(HarnessFailed):
        read(said, code)


def test_ledger__opened_again__then_the_later_verdict_holds(tmp_path):
    mutant = Mutant("C.sol", SOURCE, 0, 1, "x")
    Ledger(tmp_path / "l").add(mutant, Verdict("survived", "", 1.0))
    Ledger(tmp_path / "l").add(mutant, Verdict("killed", "test_x", 1.0))

    (entry,) = Ledger(tmp_path / "l").of([mutant])

    assert (entry.key, entry.outcome, entry.by) == (key(mutant), "killed", "test_x")


def test_score__survivors_with_and_without_a_reason__then_both_lower_it(tmp_path):
    ledger = Ledger(tmp_path / "l")
    wanted = mutants("C.sol", SOURCE)[:6]
    outcomes = ("killed", "killed", "survived", "survived", "invalid", "timeout")
    for mutant, outcome in zip(wanted, outcomes, strict=True):
        ledger.add(mutant, Verdict(outcome, "", 1.0))
    one = wanted[2]
    file = tmp_path / "e.toml"
    file.write_text(
        f"[[mutant]]\npath = 'C.sol'\nwas = {one.was!r}\nbecomes = {one.becomes!r}\nreason = 'same'\n"
    )

    counted = score(ledger.of(wanted), reasons(file))

    assert counted == {
        "killed": 2, "survived": 2, "timeout": 1, "invalid": 1, "explained": 1, "killed_percent": 60.0,
    }  # fmt: skip
