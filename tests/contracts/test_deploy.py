import subprocess

import pytest
from batches import BTC

from reporter.errors import ConfigError
from scripts._management.abi import ZERO
from scripts._management.creation import PROXY, create_address
from scripts._management.node import Reverted
from scripts._management.plan import Manner

pytestmark = pytest.mark.chain

REPORTERS = [f"0x{i:040x}" for i in range(1, 5)]
FEEDS = [{"name": "BTC/USD", "decimals": 8}, {"name": "BTC/USD-PERP", "decimals": 8}]
CONFIG = {"reporters": REPORTERS, "feeds": FEEDS}
MARKET = {"index": "BTC/USD", "mark": "BTC/USD-PERP"}
BOOK = {"impactBid": "BTC/USD-PERP", "impactAsk": "BTC/USD"}

SILENT = Manner(lambda _line: None, lambda _question: True)
PROXY_RUNTIME = (
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0360160008160208237803582823"
    "4f58015156039578182fd5b8082525050506014600cf3"
)

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
    ({"funding": [{**MARKET, "preset": "bitmex"}]}, "funding[0].preset"),
    ({"funding": [{**MARKET, "mark": 7}]}, "funding[0].mark"),
    ({"funding": [{**MARKET, "mark": {"impactBid": "BTC/USD-PERP"}}]}, "funding[0].mark"),
    ({"funding": [{**MARKET, "mark": {**BOOK, "impactAsk": "X"}}]}, "funding[0].mark.impactAsk"),
    ({"funding": [{**MARKET, "mark": {**BOOK, "maxAge": 0}}]}, "funding[0].mark.maxAge"),
    ({"maxage": 60}, "the configuration"),
]


def test_deploy__feeds_and_a_market__then_document_names_what_is_there(desk, owner, project, chain):
    desk.configure(REPORTERS, funding=[{**MARKET, "interval": 60, "maxIndexAge": 30}])

    found = desk.json("deploy", "--config", desk.config, "--out", desk.file)

    document = desk.document
    assert found["deployment"] == document
    assert desk.aggregator.config().quorum == 3
    assert desk.aggregator.owner() == owner
    feed = project.Feed.at(document["feeds"]["BTC/USD"]["address"])
    assert feed.description() == "BTC / USD"
    assert document["feeds"]["BTC/USD"]["feedId"] == "0x" + BTC.hex()
    params = project.PerpetualFunding.at(document["funding"]).params(BTC)
    assert (params.interval, params.maxIndexAge, params.maxRate) == (60, 30, 75 * 10**14)
    assert (document["chainId"], document["market"]) == (chain.chain_id, None)
    assert document["startBlock"] == found["transactions"][0]["block"] <= chain.blocks.height
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    assert document["gitCommit"] == (head.stdout.strip() or None)


def test_deploy__a_preset_and_a_book__then_both_are_in_the_market(desk, project):
    desk.configure(
        REPORTERS, funding=[{"index": "BTC/USD", "mark": BOOK, "preset": "kraken", "maxIndexAge": 90}]
    )

    desk.json("deploy", "--config", desk.config, "--out", desk.file)

    params = project.PerpetualFunding.at(desk.document["funding"]).params(BTC)
    assert tuple(params)[1:] == (3_600, 86_400, 90, 100, 10**18, 0, 0, 2 * 10**16)
    mark = project.ImpactMark.at(params.mark)
    assert (mark.indexId(), mark.askId(), mark.maxAge()) == (BTC, BTC, 90)


def test_deploy__no_funding__then_null(deployed):
    assert deployed.document["funding"] is None


def test_deploy__dry_run__then_addresses_and_nothing_sent(desk, owner):
    nonce = owner.nonce

    found = desk.json("deploy", "--config", desk.config, "--out", desk.file, "--dry-run")

    assert (found["status"], owner.nonce, desk.file.exists()) == ("dry run", nonce, False)
    assert found["deployment"]["aggregator"] == create_address(owner.address, nonce)


def test_deploy__contract_refuses_the_owner__then_decoded_and_nothing_sent(deploy_script, desk, owner):
    nonce = owner.nonce
    config = deploy_script.read_config(desk.config)
    node = deploy_script.connect("TEST::0")

    with pytest.raises(Reverted) as caught:
        deploy_script.deploy(config, node, SILENT, ZERO, desk.file)

    assert caught.value.reason == f"OwnableInvalidOwner(owner={ZERO})"
    assert owner.nonce == nonce


def test_deploy__for_another_owner__then_it_owns_and_accepts_funding(desk, accounts, project):
    desk.configure(REPORTERS, funding=[MARKET])

    found = desk.json("deploy", "--config", desk.config, "--out", desk.file, "--owner", accounts[1].address)
    desk.run("accept", "--contract", "funding", "--account", "TEST::1")

    assert found["left"] == [f"{accounts[1].address} must accept funding: manage accept --contract funding"]
    assert desk.aggregator.owner() == accounts[1]
    assert project.PerpetualFunding.at(desk.document["funding"]).owner() == accounts[1]


# ---------------------------------------------------------------- deterministic addresses


def test_salt__two_fresh_chains_and_deployers__then_the_address_that_was_predicted(desk, chain, accounts):
    chosen = ("--config", desk.config, "--out", desk.file, "--owner", accounts[2].address, "--salt", "one")
    predicted = desk.json("deploy", *chosen, "--dry-run")["deployment"]["aggregator"]
    fresh, addresses = chain.snapshot(), []

    for account in ("TEST::0", "TEST::1"):
        addresses.append(desk.json("deploy", *chosen, "--account", account)["deployment"]["aggregator"])
        assert desk.aggregator.owner() == accounts[2]
        chain.restore(fresh)
        fresh = chain.snapshot()

    assert addresses == [predicted] * 2
    assert not chain.provider.get_code(predicted)


def test_salt__another_salt_owner_or_set__then_other_addresses(desk, accounts):
    def predicted(*words):
        more = ("--config", desk.config, "--out", desk.file, "--dry-run")
        return desk.json("deploy", *more, *words)["deployment"]["aggregator"]

    found = {
        predicted("--salt", "one"),
        predicted("--salt", "two"),
        predicted("--salt", "one", "--owner", accounts[2].address),
    }
    desk.configure(REPORTERS[:3])
    found.add(predicted("--salt", "one"))

    assert len(found) == 4


def test_salt__second_run__then_everything_is_there_already_and_nothing_is_sent(desk, owner):
    desk.configure(REPORTERS, funding=[MARKET])
    chosen = ("--config", desk.config, "--out", desk.file, "--salt", "one")
    desk.run("deploy", *chosen)
    first, nonce = desk.document, owner.nonce

    said = desk.run("deploy", *chosen)

    assert owner.nonce == nonce
    assert said.count("(there already)") == 4
    assert desk.document == first


def test_salt__stopped_half_way__then_the_second_run_goes_on(desk):
    desk.configure(REPORTERS)
    chosen = ("--config", desk.config, "--out", desk.file, "--salt", "one")
    desk.run("deploy", *chosen)
    first = desk.document
    desk.configure(REPORTERS, funding=[MARKET])

    found = desk.json("deploy", *chosen)

    assert [step["does"] for step in found["steps"]] == [
        "create the PerpetualFunding",
        "create the FeedMark of BTC/USD-PERP",
        "add the market BTC/USD",
    ]
    assert desk.document == {**first, "funding": found["deployment"]["funding"]}


def test_salt__run_again_after_a_feed_was_added__then_the_file_keeps_it(desk):
    chosen = ("--config", desk.config, "--out", desk.file, "--salt", "one")
    desk.run("deploy", *chosen)
    desk.run("add-feed", "--account", "TEST::0", "SOL/USD", 8)
    before = desk.document

    desk.run("deploy", *chosen)

    assert desk.document == before


def test_deploy__file_names_another_aggregator__then_says_that_it_is_replaced(desk):
    desk.run("deploy", "--config", desk.config, "--out", desk.file)
    old = desk.document["aggregator"]

    said = desk.run("deploy", "--config", desk.config, "--out", desk.file)

    assert f"warning: {desk.file} is replaced: it names the aggregator {old}\n" in said
    assert desk.document["aggregator"] != old


def test_salt__chain_without_the_deployment_proxy__then_it_is_put_there(desk, chain):
    """Hardhat starts without it, Anvil with it; the presigned transaction leads to the same contract on both."""
    chain.provider.set_code(PROXY, "0x")

    found = desk.json("deploy", "--config", desk.config, "--out", desk.file, "--salt", "one")

    assert found["steps"][-4]["does"] == "send the maker's presigned transaction"
    assert chain.provider.get_code(PROXY).hex().removeprefix("0x") == PROXY_RUNTIME
    assert desk.aggregator.config().quorum == 3


@pytest.mark.parametrize("salt", ["é", "x" * 33, "0x" + "zz" * 32])
def test_salt__not_one__then_refused(desk, salt):
    code, message = desk.refusal("deploy", "--config", desk.config, "--out", desk.file, "--salt", salt)

    assert (code, message.splitlines()[0]) == (2, f"error: {salt!r} is not a salt")


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
