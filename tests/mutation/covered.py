"""What of contracts/ the forge tests reach: `make coverage`.

Compiled anew for it, without the optimizer and through the IR, because without either the assembly of Ranking does not
compile. forge then loses track of assembly: what it calls missed there says nothing, and `make mutation` has to. A line
or branch outside assembly that no test reaches is named, and fails.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.__main__ import ROOT, WORK
from tests.mutation.bench import Bench
from tests.mutation.operators import assemblies
from tests.mutation.plan import EXHAUSTIVE, FIGURES, TESTS

# Reached by tests that fail without them, and still not counted: the IR leaves no trace of them.
LOST = ('require(r.roundId != 0, "No data present");', "return feed;")
ROW = re.compile(r"^\| (?:contracts/\S+|File) .*$", re.M)
RECORD = re.compile(r"^(DA|BRDA):(\d+),(?:\d+,\d+,)?(\d+|-)$", re.M)


def run(folder: Path) -> str:
    """forge's table; its tracefile is left in the folder."""
    command = ["forge", "coverage", "--ir-minimum", "--report", "summary", "--report", "lcov"]
    done = subprocess.run(
        [
            *command,
            "--no-match-path",
            f"{TESTS}/{{{EXHAUSTIVE},{FIGURES},AttacksGas}}.t.sol",
            "--no-match-test",
            "_accrue__gas_",
        ],
        cwd=folder,
        env=os.environ | {"FOUNDRY_PROFILE": "coverage"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout[-4000:] + done.stderr[-4000:])
    return "\n".join(ROW.findall(done.stdout))


def missed(tracefile: str, sources: Path) -> Iterator[str]:
    """Lines and branches outside assembly that no test reached."""
    for record in tracefile.split("end_of_record"):
        name = re.search(r"^SF:(contracts/.*)$", record, re.M)
        if name is None:
            continue
        source = (sources / name[1]).read_text("utf-8")
        spans, lines = list(assemblies(source)), source.splitlines()
        for kind, line, hits in RECORD.findall(record):
            assembly = any(first <= int(line) <= last for first, last in spans)
            if hits in ("0", "-") and not assembly and lines[int(line) - 1].strip() not in LOST:
                yield f"{name[1]}:{line}: {'no line' if kind == 'DA' else 'not every branch'} reached"


def main() -> int:
    bench = Bench(ROOT, WORK.parent / "coverage")
    bench.folder.mkdir(parents=True, exist_ok=True)
    bench.prepare()
    print(run(bench.folder))
    wrong = list(missed((bench.folder / "lcov.info").read_text("utf-8"), ROOT))
    print("\n".join(wrong) or "outside assembly: every line and every branch")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
