"""What of contracts/ the forge tests reach: `make coverage`.

Compiled anew for it, without the optimizer and through the IR: without either the assembly of Ranking does not compile.
So the figures are of the source, not of the code that is deployed, and gas tests are left out.
"""

import os
import re
import subprocess
import sys

from tests.mutation.__main__ import ROOT, WORK
from tests.mutation.bench import Bench
from tests.mutation.plan import EXHAUSTIVE, TESTS

ROW = re.compile(r"^[|│] (?:contracts/\S+|Total|File) .*$", re.M)


def main() -> int:
    bench = Bench(ROOT, WORK.parent / "coverage")
    bench.folder.mkdir(parents=True, exist_ok=True)
    bench.prepare()
    run = subprocess.run(
        [
            "forge",
            "coverage",
            "--ir-minimum",
            "--no-match-path",
            f"{TESTS}/{{{EXHAUSTIVE},AttacksGas}}.t.sol",
        ],
        cwd=bench.folder,
        env=os.environ | {"FOUNDRY_PROFILE": "coverage"},
        capture_output=True,
        text=True,
        check=False,
    )
    rows = ROW.findall(run.stdout)
    print("\n".join(rows) if rows else run.stdout[-4000:] + run.stderr[-4000:])
    return 0 if rows and run.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
