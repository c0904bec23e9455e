"""Copies of the project in which mutants are compiled and tested. The tree itself is never touched."""

import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutation.operators import Mutant
from tests.mutation.plan import Stage, stages

Outcome = Literal["killed", "survived", "invalid", "timeout"]
LIMIT_S = 300
# Runs given beside a test are for the real thing; here the profile's hold.
OWN_RUNS = re.compile(r"^.*forge-config: default\.(?:fuzz\.runs|invariant\.runs|invariant\.depth).*\n", re.M)
# A test's name follows the reason; an invariant's follows the calls that broke it.
FAILED = re.compile(r"\[FAIL[^\n]*\](?: (\w+)\(|\n.*?^ (\w+)\(\))", re.S | re.M)


class HarnessFailed(Exception):
    """forge said neither that the tests passed, nor that one failed, nor that the mutant does not compile."""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    by: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """One copy, for one mutant at a time. What forge compiled for the last one is used again."""

    root: Path
    folder: Path

    def prepare(self) -> None:
        """Copy what forge reads, anew. Links lead to what is large and never changes."""
        for name in ("contracts", "tests"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        skip = shutil.ignore_patterns(".cache", "proofs", "__pycache__")
        shutil.copytree(self.root / "contracts", self.folder / "contracts", ignore=skip)
        for name in ("tests/solidity", "tests/vectors"):
            shutil.copytree(self.root / name, self.folder / name, ignore=skip)
        for name in ("node_modules", "tools"):
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(self.root / name)
        shutil.copy(self.root / "foundry.toml", self.folder)
        for test in (self.folder / "tests/solidity").glob("*.sol"):
            test.write_text(OWN_RUNS.sub("", test.read_text()))

    def judge(self, mutant: Mutant) -> Verdict:
        """Put the fault in, run the stages, take it out."""
        file = self.folder / mutant.path
        began = time.monotonic()
        try:
            file.write_text(mutant.text)
            outcome, by = self._stages(Path(mutant.path).stem)
        finally:
            file.write_text(mutant.source)
        return Verdict(outcome, by, round(time.monotonic() - began, 1))

    def baseline(self, contracts: set[str]) -> None:
        """All stages must pass without a fault, or a kill would mean nothing."""
        for stage in dict.fromkeys(stage for contract in sorted(contracts) for stage in stages(contract)):
            outcome, by = self._forge(stage)
            if outcome != "survived":
                raise HarnessFailed(f"without a fault: {outcome} {by} in {' '.join(stage.arguments)}")

    def _stages(self, contract: str) -> tuple[Outcome, str]:
        for stage in stages(contract):
            outcome, by = self._forge(stage)
            if outcome != "survived":
                return outcome, by
        return "survived", ""

    def _forge(self, stage: Stage) -> tuple[Outcome, str]:
        process = subprocess.Popen(
            ["forge", "test", "--fail-fast", *stage.arguments],
            cwd=self.folder,
            env=os.environ | {"FOUNDRY_PROFILE": "mutation"} | dict(stage.environment),
            text=True,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        with process:
            try:
                said, _ = process.communicate(timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the compiler is a child of forge
                return "timeout", ""
        return read(said, process.returncode)


def read(said: str, code: int) -> tuple[Outcome, str]:
    """What forge's answer means, and the test that failed first."""
    if code == 0 and "Suite result: ok" in said:
        return "survived", ""
    if (failed := FAILED.search(said)) and "no matching artifact" not in said:
        return "killed", failed.group(1) or failed.group(2)
    if "Compiler run failed" in said or "Unable to resolve imports" in said:
        return "invalid", ""
    raise HarnessFailed(said[-2000:])
