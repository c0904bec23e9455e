"""Minutes of chaos from a seed, and a death at every named step: `make soak` does the same for longer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.system.devnets import ROOT

pytestmark = pytest.mark.system
SLOW_MACHINE = 3
"""Times are judged three times as mildly as by `make soak`: here other tests may have just ended, and CI is slow."""


def soak(folder: Path, *arguments: str, timeout_s: int) -> dict[str, Any]:
    """Run it and return what it wrote."""
    command = [sys.executable, "-m", "tests.soak", "--seed", "7", "--out", str(folder)]
    command += ["--patience", str(SLOW_MACHINE), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=timeout_s, check=False)
    assert (folder / "soak.json").exists(), done.stdout[-2_000:] + done.stderr[-2_000:]
    found: dict[str, Any] = json.loads((folder / "soak.json").read_text())
    assert done.returncode == bool(found["violations"])
    return found


def test_soak__several_faults_at_once__nothing_violated(tmp_path: Path) -> None:
    found = soak(tmp_path, "--minutes", "2.5", "--combine", timeout_s=600)

    assert found["violations"] == []
    assert found["rounds"] > 30
    assert len(found["episodes"]) >= 3


def test_kill__at_every_named_step__nothing_violated(tmp_path: Path) -> None:
    found = soak(tmp_path, "--steps", "1", timeout_s=900)

    assert found["violations"] == []
    assert len(found["episodes"]) == 13
