"""The commands on tapes and depths that README.md, METHODOLOGY.md and RESEARCH.md show, run as they stand."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from reporter.models import SCALE, Quote
from reporter.tapes import TapeWriter
from tests.unit.commands import spotline
from tests.unit.taping import DEPEG, T0_MS, quote, require, write

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
VERBS = ("replay", "backtest", "analyse", "convergence")


def shown(page: str) -> list[str]:
    """The lines of a page's blocks that start one of the verbs."""
    blocks = re.findall(r"```\w*\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(tuple(f"spotline {verb} " for verb in VERBS))]


COMMANDS = [line for page in ("README.md", "METHODOLOGY.md", "RESEARCH.md") for line in shown(page)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that the commands name; the depths are those of the page."""
    shutil.copy(require(DEPEG), tmp_path / "depeg.csv.gz")
    (depths,) = re.findall(
        r"```toml\n(.*?)```", (ROOT / "RESEARCH.md").read_text(encoding="utf-8"), re.DOTALL
    )
    write(tmp_path, depths, "depths.toml")
    for name in ("perpetual.csv", "index.csv"):
        write(tmp_path, "time,price\n" + "".join(f"{60 * i},{100 + i % 3}\n" for i in range(300)), name)
    with TapeWriter(tmp_path / "tape.jsonl.gz") as tape:
        for at_s in range(5):
            for venue in ("coinbase", "kraken"):
                tape.put(quote(venue, 10_000, at_s))
            at_ms = T0_MS + at_s * 1000
            perpetual = Quote(
                "deribit", "BTC/USD-PERP", 10_010 * SCALE, 10_014 * SCALE, None, at_ms, None, at_ms
            )
            tape.put(perpetual)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands__of_the_pages__are_found() -> None:
    said = " ".join(COMMANDS)

    assert len(COMMANDS) >= 14
    assert all(
        f"analyse {verb} " in said for verb in ("accuracy", "basis", "cost", "depth", "volatility", "weights")
    )


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_command__as_the_page_shows_it__runs(command: str, folder: Path) -> None:
    words = shlex.split(command, comments=True)[1:]

    ended = spotline(*words)

    assert (ended.exit_code, ended.exception) == (0, None)
    assert ended.stdout
    assert all((folder / word).exists() for word in words if word.endswith(".png"))
