"""Figures to reach, each beside its goal and its peer: ``python bench`` prints the table and writes build/bench.json.

python bench [SCRIPT...]    only these rows of the table; the others stay as they were in build/bench.json

A row: name, ours, goal, peer (null with a reason in note), floor, unit, runs; some have more: CPU, stations, load.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parts import ROOT, Row, load

OUT = ROOT / "build/bench.json"
SCRIPTS = ("change", "hot", "many", "stream", "memory", "signature", "poll")
TIMEOUT_S = 1_200


def run(script: str) -> list[Row]:
    """The rows of a script, run as a process of its own; one row that says why if it failed."""
    print(f"{script}: load {load()}", file=sys.stderr)
    command = [sys.executable, f"bench/{script}.py"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=True
        )
        rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as failed:
        nothing: dict[str, Any] = dict.fromkeys(("ours", "goal", "peer", "floor", "unit"))
        rows = [{"name": script, **nothing, "runs": 0, "note": f"failed: {failed}"}]
    return [{**each, "script": script, "load": load()} for each in rows]


def line(each: Row) -> str:
    """One row as text."""
    figures = "".join(f"{shown(each[key]):>10}" for key in ("ours", "goal", "peer", "floor"))
    return f"{each['name']:52}{figures}  {each['unit'] or '':7}{each['runs']:>5} runs, load {each['load']}"


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def main(scripts: list[str]) -> None:
    kept = [] if not scripts or not OUT.exists() else json.loads(OUT.read_text())
    found = {script: run(script) for script in scripts or SCRIPTS}
    for old in kept:
        if old["script"] not in scripts:
            found.setdefault(old["script"], []).append(old)
    rows = [each for script in SCRIPTS for each in found.get(script, [])]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores")
    print(f"{'':52}{'ours':>10}{'goal':>10}{'peer':>10}{'floor':>10}")
    for each in rows:
        print(line(each))
        for key in ("note", "stations"):
            if key in each:
                print(f"    {key}: {each[key]}")


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[1])
    main(sys.argv[1:])
