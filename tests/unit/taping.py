"""What the tests of tapes share: where the recorded ones are, and small ones that are made."""

import gzip
import os
from pathlib import Path

import pytest

from reporter.models import SCALE, Quote

DATA = Path(__file__).parents[2] / "../shared/data"
DEPEG = DATA / "usdc_depeg_2023-03-10_12.csv.gz"
GEMINI = DATA / "gemini_btcusd_ticks_2025-10-10.csv.gz"
T0_MS = 1_700_000_000_000


def require(tape: Path) -> Path:
    """The recorded tape; without it the test fails in CI and is skipped elsewhere."""
    if not tape.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{tape} is absent")
        pytest.skip(f"the recorded tape {tape.name} is absent from ../shared/data")
    return tape


def quote(
    venue: str = "kraken", price: int = 100, at_s: int = 0, *, late_s: int = 0, symbol: str = "BTC/USD"
) -> Quote:
    """A trade without a book, made ``at_s`` after T0, heard ``late_s`` later."""
    made_ms = T0_MS + at_s * 1000
    return Quote(venue, symbol, None, None, price * SCALE, None, made_ms, made_ms + late_s * 1000)


def write(folder: Path, text: str, name: str) -> Path:
    """A file of this text, packed if its name says so."""
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path
