"""The parts of a devnet that need no process: its feeds, its files, its tools, its figures."""

import os
import tomllib

import pytest

from reporter.config import load_config
from reporter.devnet import preset
from reporter.devnet.ports import Ports
from reporter.devnet.tools import find_tools
from reporter.devnet.watch import FeedWatch, feed_summary, gas_summary
from reporter.errors import MissingTool
from reporter.index import plan
from reporter.market.simulated import SimulatedMarket

pytestmark = pytest.mark.unit
ADDRESSES = ("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
PORTS = Ports(8545, 8546, (8555, 8556), (8557, 8558))
DEPEG_MARKETS = (
    *(("binanceus", s) for s in ("BTC/USDC", "BTC/USDT", "USDC/USDT")),
    *(("coinbase", s) for s in ("BTC/USD", "BTC/USDT", "USDT/USD")),
    *(("kraken", s) for s in ("BTC/USD", "BTC/USDC", "BTC/USDT", "USDC/USD", "USDT/USD")),
    ("deribit", "BTC/USD-PERP"),
)


@pytest.mark.parametrize("markets", [DEPEG_MARKETS, SimulatedMarket(1, 0).markets, preset.LIVE_MARKETS])
def test_feed_tables__any_market__configuration_loads_and_plans(tmp_path, markets):
    feeds = preset.feed_tables(markets)
    document = preset.reporter_document(
        0, PORTS, ADDRESSES, feeds, {"kraken": {"base_url": "http://127.0.0.1:8546/kraken"}}
    )
    path = tmp_path / "spotline.toml"
    path.write_text(preset.toml_text(document))

    config = load_config(path)

    assert tomllib.loads(path.read_text()) == document
    assert [f.feed for f in plan([f.rules for f in config.feeds])]
    assert "BTC/USD" in config.published
    assert config.peers[0].address == ADDRESSES[1]


def test_feed_tables__depeg_tape__legs_by_feed():
    by_name = {f["name"]: f for f in preset.feed_tables(DEPEG_MARKETS)}

    assert len(by_name["BTC/USD"]["markets"]) == 7
    assert by_name["BTC/USD"]["min_venues"] == 3
    assert by_name["USDT/USD"]["markets"] == ["coinbase:USDT/USD", "kraken:USDT/USD"]
    assert by_name["USDC/USD"]["markets"] == ["binanceus:USDC/USDT", "kraken:USDC/USD"]
    assert by_name["BTC/USD-PERP"]["min_venues"] == 1
    assert "ETH/USD" not in by_name


def test_deploy_document__with_mark_feed__funding_market():
    document = preset.deploy_document(ADDRESSES, preset.feed_tables(DEPEG_MARKETS))

    assert [f["name"] for f in document["feeds"]] == ["BTC/USD", "BTC/USD-PERP"]
    assert document["funding"][0]["mark"] == "BTC/USD-PERP"
    assert preset.deploy_document(ADDRESSES, preset.feed_tables(DEPEG_MARKETS[:-1]))["funding"] == []


def test_toml_text__text_with_quotes__escaped():
    assert tomllib.loads(preset.toml_text({"t": {"a": 'x"y\\z', "b": [1, 2], "c": False}})) == {
        "t": {"a": 'x"y\\z', "b": [1, 2], "c": False}
    }


@pytest.mark.parametrize("kind", ["anvil", "hardhat"])
def test_find_tools__nothing_installed__named_with_what_to_do(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingTool, match=f"{kind} is not installed") as raised:
        find_tools(kind, root=tmp_path)

    assert raised.value.exit_code == 3
    assert "make setup" in raised.value.hint


def test_find_tools__own_toolchain__before_the_path(tmp_path, monkeypatch):
    for folder in (tmp_path / ".toolchain" / "bin", tmp_path / "other"):
        folder.mkdir(parents=True)
        for name in ("anvil", "ape"):
            (folder / name).touch()
            os.chmod(folder / name, 0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "other"))

    tools = find_tools("anvil", root=tmp_path)

    assert tools.chain == (str(tmp_path / ".toolchain" / "bin" / "anvil"),)
    assert "--max-persisted-states" in tools.chain_argv(1)


def test_feed_summary__no_rounds__nulls():
    assert feed_summary(FeedWatch(), 8)["max_error"] is None
    assert gas_summary({}) == {"update_median": None, "updates": 0}


def test_feed_summary__errors_in_parts_per_billion__ratios():
    summary = feed_summary(FeedWatch(errors=[1_000_000, 3_000_000], seen_errors=[5_000_000]), 8)

    assert summary["max_error"] == 0.003
    assert summary["mean_error"] == 0.002
    assert summary["seen_max_error"] == 0.005
