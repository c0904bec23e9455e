"""What is known of each mutant, one JSON object a line, so that a run can be broken off and taken up again."""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.mutation.bench import Verdict
from tests.mutation.operators import Mutant


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    path: str
    line: int
    was: str
    becomes: str
    outcome: str
    by: str
    seconds: float


def key(mutant: Mutant) -> str:
    """The same for the same fault in the same source: any change of the contract's code makes all of its mutants new."""
    return hashlib.sha256(" ".join([mutant.path, *mutant.text.split()]).encode()).hexdigest()[:16]


class Ledger:
    """Append only; of two lines on one mutant the later one holds."""

    def __init__(self, file: Path) -> None:
        self.file = file
        lines = file.read_text().splitlines() if file.exists() else []
        self.entries = {e.key: e for e in (Entry(**json.loads(line)) for line in lines)}

    def add(self, mutant: Mutant, verdict: Verdict) -> Entry:
        m = mutant
        entry = Entry(key(m), m.path, m.line, m.was, m.becomes, verdict.outcome, verdict.by, verdict.seconds)
        self.entries[entry.key] = entry
        with self.file.open("a") as out:
            out.write(json.dumps(asdict(entry)) + "\n")
        return entry

    def of(self, mutants: Sequence[Mutant]) -> list[Entry]:
        known = (self.entries.get(key(m)) for m in mutants)
        return [e for e in known if e is not None]


def reasons(file: Path) -> dict[tuple[str, str, str], str]:
    """Why a survivor makes no difference: by path, line as it was, line as it became."""
    rows: list[dict[str, str]] = tomllib.loads(file.read_text()).get("mutant", []) if file.exists() else []
    return {(row["path"], row["was"], row["becomes"]): row["reason"] for row in rows}


def score(entries: list[Entry], why: dict[tuple[str, str, str], str]) -> dict[str, Any]:
    """Counts by outcome; ``killed_percent`` is of the valid ones, of which the explained survivors are part."""
    count = {o: sum(e.outcome == o for e in entries) for o in ("killed", "survived", "timeout", "invalid")}
    survivors = [e for e in entries if e.outcome == "survived"]
    unexplained = [e for e in survivors if (e.path, e.was, e.becomes) not in why]
    valid = count["killed"] + count["survived"] + count["timeout"]
    percent = round(100 * (valid - count["survived"]) / valid, 1) if valid else 100.0
    return {**count, "explained": len(survivors) - len(unexplained), "killed_percent": percent}
