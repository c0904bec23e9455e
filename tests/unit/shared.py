"""Recorded and published data beside the project, never copied into it."""

import os
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "../shared/data"


def shared(name: str) -> Path:
    """The path of a data file; without it the test fails in CI and is skipped elsewhere."""
    path = DATA / name
    if not path.exists():
        reason = f"{name} is absent from ../shared/data"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return path
