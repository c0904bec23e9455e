import json
import subprocess

import pytest
from batches import BTC

from reporter.errors import ConfigError

pytestmark = pytest.mark.chain

REPORTERS = [f"0x{i:040x}" for i in range(1, 5)]
FEEDS = [{"name": "BTC/USD", "decimals": 8}, {"name": "BTC/USD-PERP", "decimals": 8}]
CONFIG = {"reporters": REPORTERS, "feeds": FEEDS}
MARKET = {"index": "BTC/USD", "mark": "BTC/USD-PERP"}

# What is changed in a good configuration, and the key that the error names.
BAD = [
    ({"reporters": []}, "reporters"),
    ({"reporters": [REPORTERS[0], "0x12"]}, "reporters[1]"),
    ({"reporters": ["0x" + "0" * 40]}, "reporters[0]"),
    ({"reporters": [REPORTERS[0]] * 2}, "reporters"),
    ({"reporters": [f"0x{i:040x}" for i in range(1, 33)]}, "reporters"),
    ({"quorum": 2}, "quorum"),
    ({"quorum": 5}, "quorum"),
    ({"quorum": "3"}, "quorum"),
    ({"maxAge": 256}, "maxAge"),
    ({"maxAge": True}, "maxAge"),
    ({"feeds": []}, "feeds"),
    ({"feeds": FEEDS[:1] * 2}, "feeds"),
    ({"feeds": [{"name": "", "decimals": 8}]}, "feeds[0].name"),
    ({"feeds": [{"name": "BTC/USD", "decimals": 19}]}, "feeds[0].decimals"),
    ({"feeds": [{"name": "BTC/USD"}]}, "feeds[0]"),
    ({"funding": [{**MARKET, "mark": "ETH/USD-PERP"}]}, "funding[0].mark"),
    ({"funding": [{**MARKET, "interval": 1.5}]}, "funding[0].interval"),
    ({"funding": [MARKET, MARKET]}, "funding"),
    ({"maxage": 60}, "the configuration"),
]


def test_deploy__feeds_and_a_market__then_document_names_what_is_there(deploy_script, owner, project, chain):
    config = deploy_script.parse_config(
        {**CONFIG, "funding": [{**MARKET, "interval": 60, "maxIndexAge": 30}]}
    )

    document = deploy_script.deploy(config, owner)

    aggregator = project.Aggregator.at(document["aggregator"])
    assert aggregator.config().quorum == 3
    assert aggregator.owner() == owner
    feed = project.Feed.at(document["feeds"]["BTC/USD"]["address"])
    assert feed.description() == "BTC / USD"
    assert document["feeds"]["BTC/USD"]["feedId"] == "0x" + BTC.hex()
    params = project.PerpetualFunding.at(document["funding"]).params(BTC)
    assert (params.interval, params.maxIndexAge, params.maxRate) == (60, 30, 75 * 10**14)
    assert (document["chainId"], document["market"]) == (chain.chain_id, None)
    assert document["startBlock"] <= chain.blocks.height
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    assert document["gitCommit"] == (head.stdout.strip() or None)
    json.dumps(document)


def test_deploy__no_funding__then_null(deploy_script, owner):
    document = deploy_script.deploy(deploy_script.parse_config(CONFIG), owner)

    assert document["funding"] is None


def test_parse_config__each_bad_value__then_error_names_its_key(deploy_script):
    for change, key in BAD:
        with pytest.raises(ConfigError) as caught:
            deploy_script.parse_config({**CONFIG, **change})

        assert caught.value.key == key, change


def test_parse_config__index_and_mark_in_other_decimals__then_refused(deploy_script):
    feeds = [FEEDS[0], {"name": "BTC/USD-PERP", "decimals": 18}]

    with pytest.raises(ConfigError, match="different decimals"):
        deploy_script.parse_config({**CONFIG, "feeds": feeds, "funding": [MARKET]})


def test_read_config__no_file_or_no_json__then_says_which(deploy_script, tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        deploy_script.read_config(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ConfigError, match="is not JSON"):
        deploy_script.read_config(tmp_path / "bad.json")
