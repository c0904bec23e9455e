"""Write reporter/abi/*.json from forge's build output, so that a reporter needs neither compiler nor ape.

    python tools/abi.py

Each file is a plain ABI array in a fixed order; tests/contracts/test_abi.py fails when one no longer matches its contract.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ("Aggregator", "Feed", "PerpetualFunding", "PerpetualMarket")


def sorted_abi(abi: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries by type, name and input types: overloads keep a fixed order whatever the compiler does."""
    return sorted(abi, key=lambda e: (e["type"], e.get("name", ""), [i["type"] for i in e.get("inputs", [])]))


def built_abi(contract: str) -> list[dict[str, Any]]:
    """The ABI of a contract as forge last built it."""
    artifact = ROOT / "build" / "forge" / "out" / f"{contract}.sol" / f"{contract}.json"
    return sorted_abi(json.loads(artifact.read_text())["abi"])


def abi_text(contract: str) -> str:
    """The exact text of ``reporter/abi/<contract>.json``."""
    return json.dumps(built_abi(contract), indent=1) + "\n"


def build() -> None:
    """Compile with forge; its messages go to stderr."""
    subprocess.run(["forge", "build", "--quiet"], cwd=ROOT, check=True, stdout=sys.stderr)  # noqa: S607


def main() -> None:
    """Build, write the files and name each one that changed."""
    build()
    for contract in CONTRACTS:
        path = ROOT / "reporter" / "abi" / f"{contract}.json"
        path.parent.mkdir(exist_ok=True)
        text = abi_text(contract)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stderr.write(f"wrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
