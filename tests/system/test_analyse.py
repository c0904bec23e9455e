"""``spotline analyse`` on what ``spotline record`` wrote from the market server, a perpetual among it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.system.devnets import spotline
from tests.system.test_market_server import running
from tests.system.test_record import configure

pytestmark = pytest.mark.system


def answer(*words: object) -> dict[str, Any]:
    ended = spotline(*map(str, words), "--json")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_analyse__a_tape_just_recorded__accuracy_basis_and_volatility_agree_with_it(tmp_path: Path) -> None:
    out = tmp_path / "made.jsonl.gz"
    with running("--seed", "7") as (_, _, base):
        config = configure(tmp_path, base)
        perpetual = '[[feeds]]\nname = "BTC/USD-PERP"\nmarkets = ["deribit:BTC/USD-PERP"]\nmin_venues = 1\n'
        venue = f'[venues.deribit]\nbase_url = "{base}/deribit"\npoll_ms = 250\nlabel = "SIMULATED"\n'
        config.write_text(config.read_text() + perpetual + venue)
        recorded = answer("record", "--config", config, "--out", out, "--duration", 6)

    accuracy = answer("analyse", "accuracy", out)
    basis = answer("analyse", "basis", out)
    volatility = answer("analyse", "volatility", out)

    assert recorded["venues"] == dict.fromkeys(("coinbase", "kraken", "bitstamp", "deribit"), "")
    assert set(accuracy["markets"]) == {f"{v}:BTC/USD" for v in ("coinbase", "kraken", "bitstamp")}
    assert all(abs(m["bias_ppm"]) < 2_000 for m in accuracy["markets"].values())
    assert accuracy["markets"]["kraken:BTC/USD"]["delay_median_ms"] is None  # its ticker carries no time
    assert basis["perpetual"] == "deribit:BTC/USD-PERP"
    assert basis["lowest"]["ppm"] <= basis["mean_ppm"] <= basis["highest"]["ppm"]
    assert basis["last"]["spread"] is not None
    assert volatility["returns"] >= 2
