"""Run every `check_` of tests/solidity/proofs under halmos; anything but a full proof is a failure.

prove.py [halmos options]. Needs the environment of requirements/proofs.txt, which `make prove` installs.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from halmos.__main__ import _main as halmos
from halmos.bitvec import HalmosBitVec
from z3 import ULE, Z3_OP_ITE, If, Not, is_app_of, is_bv_value

# Of its own, because halmos wants syntax trees in it. forge lints elsewhere.
BUILD = {"FOUNDRY_OUT": "build/proofs/out", "FOUNDRY_CACHE_PATH": "build/proofs/cache"}
OPTIONS = ["--forge-build-out", "build/proofs/out", "--function", "check_", "--loop", "4096", "--no-status"]
LIMITS = ["--solver-timeout-assertion", "120s", "--solver-timeout-branching", "50ms"]

_multiply = HalmosBitVec.mul


def _condition(word: HalmosBitVec) -> Any:
    """The condition of a word that is 1 where it holds and 0 elsewhere, or None."""
    term = word.value
    if word.is_concrete or not is_app_of(term, Z3_OP_ITE):
        return None
    yes, no = term.arg(1), term.arg(2)
    if not (is_bv_value(yes) and is_bv_value(no)):
        return None
    values = (yes.as_long(), no.as_long())
    return {(1, 0): term.arg(0), (0, 1): Not(term.arg(0))}.get(values)


def multiply(self: HalmosBitVec, other: HalmosBitVec, *, abstraction: Any = None) -> HalmosBitVec:
    """A product as solvers like it: x * flag is a choice, and x * y is y * x.

    halmos takes a product of two symbols for an unknown function first, of which neither can be seen.
    """
    for flag, x in ((self, other), (other, self)):
        condition = _condition(flag)
        if condition is not None:
            zero = HalmosBitVec(0, size=x.size)
            return HalmosBitVec(If(condition, x.as_z3(), zero.as_z3()), size=x.size)
    if self.is_concrete or other.is_concrete:
        return _multiply(self, other, abstraction=abstraction)
    x, y = self.as_z3(), other.as_z3()
    low, high = If(ULE(x, y), x, y), If(ULE(x, y), y, x)
    ordered = (HalmosBitVec(term, size=self.size) for term in (low, high))
    return _multiply(*ordered, abstraction=abstraction)


def verdict(results: dict[str, Any]) -> list[str]:
    """What is not proved, and why."""
    tests = [test for file in results["test_results"].values() for test in file]
    wrong = [f"{t['name']}: not proved" for t in tests if t["exitcode"] != 0]
    return wrong + [f"{t['name']}: a loop was cut" for t in tests if t["num_bounded_loops"]]


def prove(arguments: list[str]) -> list[str]:
    """Run halmos; return what is not proved."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "results.json"
        code = halmos([*OPTIONS, *LIMITS, "--json-output", str(report), *arguments]).exitcode
        if not report.exists():
            return ["nothing was run"]
        wrong = verdict(json.loads(report.read_text(encoding="utf-8")))
    return wrong or (["halmos failed"] if code else [])


def main() -> int:
    os.environ.update(BUILD)
    HalmosBitVec.mul = multiply
    began = time.monotonic()
    wrong = prove(sys.argv[1:])
    print(f"prove: {time.monotonic() - began:.0f} s; not proved: {', '.join(wrong) or 'nothing'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
