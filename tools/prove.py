"""Run the proofs of tests/solidity/proofs under halmos; anything but a full proof is a failure.

prove.py [halmos options]. Needs the environment of requirements/proofs.txt, which `make prove` installs.

Every `check_` must be proved: no counterexample, no timeout, no cut loop, no path that halmos gave up, and none
missing from the run. Every `wrong_` is false and must be refuted by a counterexample: an engine that proves anything
is noticed.

`HalmosBitVec.mul` is replaced: the EVM's MUL, and MULMOD and EXP where they multiply. halmos takes a product of two
symbols for an unknown function and asks the solver; only when an answer depends on that function it asks once more
with the real product. The unknown function may be the product and much else, so what is proved of it is true. But it
hides two things, and `multiply` shows them again:

* x * flag, where flag is `If(condition, 1, 0)` or the reverse, becomes `If(condition, x, 0)`, the same number.
* x * y of two symbols becomes smaller * larger, so that x * y and y * x are one term. A product has no order: the real
  one is still among what the unknown function may be, so nothing false becomes provable. In the second question halmos
  defines that function as the product, so a counterexample is one of the real product.

z3 proves both for words of 256 and 512 bits before every run (`unsound`). A product with a constant is left to halmos.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from halmos.__main__ import _main as halmos
from halmos.bitvec import HalmosBitVec
from z3 import (
    ULE,
    Z3_OP_ITE,
    BitVec,
    BitVecVal,
    Bool,
    BoolVal,
    If,
    Not,
    is_app_of,
    is_bv_value,
    is_true,
    simplify,
    substitute,
)

PROOFS = Path(__file__).resolve().parent.parent / "tests" / "solidity" / "proofs"
# Of its own, because halmos wants syntax trees in it. forge lints elsewhere.
BUILD = {
    "FOUNDRY_PROFILE": "proofs",
    "FOUNDRY_OUT": "build/proofs/out",
    "FOUNDRY_CACHE_PATH": "build/proofs/cache",
}
# No garbage collection: halmos has threads, and one that frees a term while z3 works on another is not safe.
OPTIONS = ["--forge-build-out", "build/proofs/out", "--loop", "4096", "--no-status", "--disable-gc"]
LIMITS = ["--solver-timeout-assertion", "120s", "--solver-timeout-branching", "50ms"]
CLAIM = re.compile(r"^contract (\w+)|^    function ((?:check|wrong)_\w+)", re.M)
ATTEMPTS = 3
"""z3 4.12.6 died of a segmentation fault once in some twenty runs; a proof of 10 s took over 120 s in one of them."""
NO_ANSWER, UNDECIDED = "no answer in time", 2
PROVED, REFUTED, TIMED_OUT = 0, 1, 2  # halmos's exit codes of one test

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
    """A product as solvers like it; see above why it is the same."""
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


def _products(size: int) -> Iterator[tuple[Any, Any, Any]]:
    """Factors, and the condition that their product depends on."""
    x, y, holds = BitVec("x", size), BitVec("y", size), Bool("holds")
    one, zero = BitVecVal(1, size), BitVecVal(0, size)
    for flag in (If(holds, one, zero), If(holds, zero, one)):
        yield from ((flag, x, holds), (x, flag, holds))
    yield from ((x, y, ULE(x, y)), (y, x, ULE(y, x)), (x, x, ULE(x, x)), (x, BitVecVal(3, size), holds))


def _same(ours: Any, plain: Any, condition: Any) -> bool:
    """Whether two terms are equal where the condition holds, and where it does not."""
    cases = (substitute(ours == plain, (condition, BoolVal(holds))) for holds in (True, False))
    return all(is_true(simplify(case)) for case in cases)


def unsound() -> list[str]:
    """The products that `multiply` changes, by z3; none, or what follows is worth nothing."""
    wrong = []
    for size in (256, 512):
        for a, b, condition in _products(size):
            ours = multiply(HalmosBitVec(a, size=size), HalmosBitVec(b, size=size))
            if not _same(ours.as_z3(), a * b, condition):
                wrong.append(f"the product of {a} and {b} is another one now")
    return wrong


def claims() -> dict[str, set[str]]:
    """All that the sources claim, by contract: what halmos does not find is not proved."""
    found: dict[str, set[str]] = {}
    contract = ""
    for file in sorted(PROOFS.glob("*.sol")):
        for named, claim in CLAIM.findall(file.read_text("utf-8")):
            contract = named or contract
            if claim:
                found.setdefault(contract, set()).add(claim)
    return found


def verdict(results: dict[str, Any], expected: set[str]) -> list[str]:
    """What is not as it should be, and why."""
    told = {test["name"].split("(")[0]: test for tests in results["test_results"].values() for test in tests}
    wrong = [f"{name}: not run" for name in sorted(expected - told.keys())]
    for name, test in told.items():
        false = name.startswith("wrong_")
        if test["exitcode"] == TIMED_OUT:
            wrong.append(f"{name}: {NO_ANSWER}")
        elif test["exitcode"] != (REFUTED if false else PROVED):
            wrong.append(f"{name}: {'false, and not refuted' if false else 'not proved'}")
        elif test["num_bounded_loops"] and not false:
            wrong.append(f"{name}: a loop was cut")
    return wrong


def run_halmos(arguments: list[str], expected: set[str]) -> list[str]:
    """Run halmos in this process; return what is not proved."""
    HalmosBitVec.mul = multiply
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "results.json"
        halmos([*OPTIONS, *LIMITS, "--json-output", str(report), *arguments])
        if not report.exists():
            return ["nothing was run"]
        return verdict(json.loads(report.read_text("utf-8")), expected)


def prove_contract(contract: str) -> list[str]:
    """Prove one contract in a process of its own, again if z3 crashes or does not answer in time, as it happens on a busy
    machine: neither proves or refutes anything.
    """
    for _ in range(ATTEMPTS):
        command = [sys.executable, __file__, "--only", contract]
        code = subprocess.run(command, check=False).returncode  # noqa: S603 - this file
        if code in (0, 1):
            return [] if code == 0 else [contract]
        why = f"crashed (signal {-code})" if code < 0 else NO_ANSWER
        print(f"prove: the solver in {contract}: {why}", file=sys.stderr)
    return [f"{contract}: no verdict in {ATTEMPTS} attempts"]


def prove(arguments: list[str]) -> list[str]:
    """What is not proved: of every contract, or of what the options of halmos choose."""
    if arguments[:1] == ["--only"]:
        contract = arguments[1]
        chosen = ["--contract", contract, "--match-test", "^(check|wrong)_"]
        return [f"{contract}.{what}" for what in run_halmos(chosen, claims()[contract])]
    if arguments:
        return run_halmos(arguments, set())
    return [what for contract in claims() for what in prove_contract(contract)]


def main() -> int:
    os.environ.update(BUILD)
    began = time.monotonic()
    wrong = unsound() or prove(sys.argv[1:])
    what = " ".join(sys.argv[1:]) or "everything"
    took_s = time.monotonic() - began
    print(f"prove: {what}: {took_s:.0f} s; not as they should be: {', '.join(wrong) or 'none'}")
    if wrong and all(what.endswith(NO_ANSWER) for what in wrong):
        return UNDECIDED
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
