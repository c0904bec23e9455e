"""Figures to reach, each beside its goal and its peer: ``python bench`` prints the table and writes build/bench.json.

python bench [SCRIPT...]    only these rows of the table; the others stay as they were in build/bench.json

A row: name, ours, goal, peer (null with a reason in note), floor, unit, runs; some have more: CPU, stations. On a loaded
machine everything takes longer: load and loop_us (a fixed loop of bench/index.py, before and after) say by how much.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index import cost, fixed_loop
from parts import ROOT, Row, load

OUT = ROOT / "build/bench.json"
SCRIPTS = ("change", "hot", "stream", "memory", "signature", "poll", "many")
TIMEOUT_S = 2_400


def run(script: str) -> list[Row]:
    """The rows of a script, run as a process of its own; one row that says why if it failed."""
    print(f"{script}: load {load()}", file=sys.stderr)
    command, before = [sys.executable, f"bench/{script}.py"], cost(fixed_loop, 50, 20)[0]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=True
        )
        rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as failed:
        nothing: dict[str, Any] = dict.fromkeys(("ours", "goal", "peer", "floor", "unit"))
        rows = [{"name": script, **nothing, "runs": 0, "note": f"failed: {failed}"}]
    loop_us = round((before + cost(fixed_loop, 50, 20)[0]) / 2, 1)
    return [{**each, "script": script, "load": load(), "loop_us": loop_us} for each in rows]


def line(each: Row) -> str:
    """One row as text."""
    figures = "".join(f"{shown(each[key]):>10}" for key in ("ours", "goal", "peer", "floor"))
    when = f"load {each['load']}, loop {each['loop_us']} us"
    return f"{each['name']:52}{figures}  {each['unit'] or '':7}{each['runs']:>5} runs, {when}"


def shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def keep(script: str, found: list[Row]) -> list[Row]:
    """Put a script's rows in place of its old ones in build/bench.json; all that it has now."""
    old = json.loads(OUT.read_text()) if OUT.exists() else []
    rows = [*(each for each in old if each["script"] != script), *found]
    rows.sort(key=lambda each: SCRIPTS.index(each["script"]))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=2) + "\n")
    return rows


def main(scripts: list[str]) -> None:
    if unknown := set(scripts) - set(SCRIPTS):
        sys.exit(f"no script {', '.join(sorted(unknown))}; there are {', '.join(SCRIPTS)}")
    rows = [keep(script, run(script)) for script in scripts or SCRIPTS][-1]
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
