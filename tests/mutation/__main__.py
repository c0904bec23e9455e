"""python -m tests.mutation [options] CONTRACT...

Takes up where it was broken off; build/mutation/results.jsonl has what is known. The exit code is 1 when a mutant
survives for which equivalent.toml has no reason.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.bench import Bench, Verdict
from tests.mutation.ledger import Entry, Ledger, key, reasons, score
from tests.mutation.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "mutation"
REASONS = Path(__file__).with_name("equivalent.toml")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make mutation", description="Which small faults do no forge tests see?"
    )
    parser.add_argument("contracts", nargs="+", type=Path, help="contracts/Rounds.sol and so on")
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument(
        "--again", action="append", default=[], metavar="OUTCOME", help="judge the survived again"
    )
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2)
    parser.add_argument("--json", action="store_true", help="scores and survivors as JSON")
    return parser.parse_args()


def chosen(given: argparse.Namespace) -> list[Mutant]:
    paths = [file.resolve().relative_to(ROOT).as_posix() for file in given.contracts]
    every = [m for path in paths for m in mutants(path, (ROOT / path).read_text("utf-8"))]
    drawn = random.Random(given.seed).sample(every, len(every))[
        : given.sample
    ]  # a smaller sample is part of a larger one
    return sorted(drawn, key=lambda m: (m.path, m.start, m.new))


def copies(number: int) -> SimpleQueue[Bench]:
    free: SimpleQueue[Bench] = SimpleQueue()
    for n in range(number):
        bench = Bench(ROOT, WORK / f"worker{n}")
        bench.folder.mkdir(parents=True, exist_ok=True)
        bench.prepare()
        free.put(bench)
    return free


def judged(todo: list[Mutant], workers: int) -> Iterator[tuple[Mutant, Verdict]]:
    """Each in the next free copy, in order."""
    free = copies(workers)
    first = free.get()
    first.baseline({Path(m.path).stem for m in todo})
    free.put(first)

    def judge(mutant: Mutant) -> Verdict:
        bench = free.get()
        try:
            return bench.judge(mutant)
        finally:
            free.put(bench)

    with ThreadPoolExecutor(workers) as pool:
        yield from zip(todo, pool.map(judge, todo), strict=True)


def tell(entries: list[Entry], as_json: bool) -> int:
    """Print scores and survivors; the number of survivors without a reason."""
    why = reasons(REASONS)
    scores = {path: score(list(group), why) for path, group in groupby(entries, key=lambda e: e.path)}
    bare = [e for e in entries if e.outcome == "survived" and (e.path, e.was, e.becomes) not in why]
    if as_json:
        shown = [{"path": e.path, "line": e.line, "was": e.was, "becomes": e.becomes} for e in bare]
        print(json.dumps({"scores": scores, "without_a_reason": shown}, indent=1))
        return len(bare)
    for path, row in scores.items():
        print(path, ", ".join(f"{name} {value}" for name, value in row.items()))
    for e in bare:
        print(f"survived: {e.path}:{e.line}\n  - {e.was}\n  + {e.becomes}")
    return len(bare)


def main() -> int:
    given = options()
    WORK.mkdir(parents=True, exist_ok=True)
    wanted, ledger = chosen(given), Ledger(WORK / "results.jsonl")
    why = reasons(REASONS)
    known = {
        k
        for k, e in ledger.entries.items()
        if e.outcome not in given.again or (e.path, e.was, e.becomes) in why
    }
    todo = [m for m in wanted if key(m) not in known]
    for done, (mutant, verdict) in enumerate(judged(todo, given.workers) if todo else (), 1):
        e = ledger.add(mutant, verdict)
        sys.stderr.write(f"{done}/{len(todo)} {e.outcome:8} {e.seconds:5.1f} s {e.path}:{e.line} {e.by}\n")
    return 1 if tell(ledger.of(wanted), given.json) else 0


if __name__ == "__main__":
    sys.exit(main())
