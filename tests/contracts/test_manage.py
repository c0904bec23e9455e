"""Changes by the accounts that may make them, on the way that an operator takes."""

import json
import subprocess
from types import SimpleNamespace

import ape
import pytest
from batches import BTC, Submitter
from conftest import REPORTERS, ROOT
from web3 import HTTPProvider, Web3

from reporter.errors import ChainError, ConfigError
from scripts._management import changes, session
from scripts._management.node import Proof, Reverted, Step
from scripts._management.plan import Manner, Plan, carry_out
from scripts._management.state import read_state

pytestmark = pytest.mark.chain

AS_OWNER = ("--account", "TEST::0")
AS_OTHER = ("--account", "TEST::1")
ONE = REPORTERS[0].address
NEW = [f"0x{i:040X}" for i in range(1, 4)]
SOL = b"SOL/USD".ljust(32, b"\0")


# ---------------------------------------------------------------- what each does


def test_rotate__two_leave_three_come__then_set_is_the_new_one_and_old_signatures_die(
    deployed, chain, anyone
):
    submitter = Submitter(deployed.aggregator, chain, REPORTERS, anyone)
    at = submitter.now()
    old = submitter.pack(at, [BTC], {0: [5], 1: [5], 2: [5]})
    kept = [reporter.address for reporter in REPORTERS[:2]]

    said = deployed.run("rotate", *AS_OWNER, *kept, *NEW)

    assert deployed.aggregator.reporters() == [*kept, *NEW]
    assert deployed.aggregator.config().quorum == 4
    assert "reporters            4 -> 5\n" in said
    assert [line.strip() for line in said.splitlines() if line.startswith(("    -", "    +"))] == [
        f"- {REPORTERS[2].address}",
        f"- {REPORTERS[3].address}",
        *(f"+ {each}" for each in NEW),
    ]
    assert "quorum               3 -> 4\n" in said
    assert "warning: signatures made under the present set die at once" in said
    assert "as planned: reporter set number: 2; reporters: " in said
    with ape.reverts():
        deployed.aggregator.update(at, 0b111, [BTC], old, sender=anyone)


def test_rotate__quorum_given__then_that_one(deployed):
    found = deployed.json("rotate", *AS_OWNER, *NEW, "--quorum", 2)

    assert deployed.aggregator.config().quorum == 2
    assert found["warnings"][1] == "a quorum below 3 bears fewer faulty reporters"


def test_quorum_and_max_age__new_values__then_as_said(deployed):
    deployed.run("quorum", *AS_OWNER, 4)
    deployed.run("max-age", *AS_OWNER, 90)

    config = deployed.aggregator.config()
    assert (config.quorum, config.maxAge, config.reporterCount) == (4, 90, 4)


def test_pause__by_the_pauser__then_paused_and_only_the_owner_allows_again(deployed, accounts):
    deployed.run("set-pauser", *AS_OWNER, accounts[1].address)
    deployed.run("pause", *AS_OTHER)

    refused = deployed.refusal("unpause", *AS_OTHER)

    assert deployed.aggregator.config().paused
    assert refused == (
        4,
        f"error: {accounts[1].address} may not allow updates again: {accounts[0].address} may\n"
        "hint:  choose that account with --account",
    )
    deployed.run("unpause", *AS_OWNER)
    assert not deployed.aggregator.config().paused


def test_set_pauser__nobody__then_none(deployed, accounts):
    deployed.run("set-pauser", *AS_OWNER, accounts[1].address)

    deployed.run("set-pauser", *AS_OWNER, "nobody")

    assert deployed.aggregator.pauser() == "0x" + "0" * 40


def test_add_feed__by_the_feed_manager__then_feed_contract_and_file_have_it(deployed, accounts, project):
    before = deployed.document
    deployed.run("set-feed-manager", *AS_OWNER, accounts[1].address)

    found = deployed.json("add-feed", *AS_OTHER, "SOL/USD", 6)

    entry = deployed.document["feeds"].pop("SOL/USD")
    assert entry == {"feedId": "0x" + SOL.hex(), "address": found["contracts"]["Feed"], "decimals": 6}
    assert deployed.document | {"feeds": before["feeds"]} == before
    assert project.Feed.at(entry["address"]).description() == "SOL / USD"
    assert deployed.aggregator.feedDecimals(SOL) == 6
    assert [path.name for path in deployed.file.parent.iterdir()] == [deployed.file.name]


def test_add_feed__registered_but_not_in_the_file__then_goes_on_from_there(deployed, owner, project):
    deployed.aggregator.addFeed(SOL, 6, sender=owner)

    found = deployed.json("add-feed", *AS_OTHER, "SOL/USD", 6)

    assert [step["does"] for step in found["steps"]] == ["create the Feed"]
    assert project.Feed.at(deployed.document["feeds"]["SOL/USD"]["address"]).decimals() == 6


def test_transfer_and_accept__an_account__then_it_owns(deployed, accounts):
    said = deployed.run("transfer", *AS_OWNER, accounts[1].address)
    deployed.run("accept", *AS_OTHER)

    assert "warning: the new owner is an account: one key changes everything" in said
    assert deployed.aggregator.owner() == accounts[1]


def test_transfer_and_accept__of_funding__then_it_alone_changes_hands(desk, accounts, project):
    desk.configure([ONE], funding=[{"index": "BTC/USD", "mark": "BTC/USD-PERP"}])
    desk.run("deploy", "--config", desk.config, "--out", desk.file)

    offered = desk.json("transfer", *AS_OWNER, accounts[1].address, "--contract", "funding")
    desk.run("accept", *AS_OTHER, "--contract", "funding")

    assert offered["left"] == [
        f"{accounts[1].address} must accept ownership: manage accept --contract funding"
    ]
    assert project.PerpetualFunding.at(desk.document["funding"]).owner() == accounts[1]
    assert desk.aggregator.owner() == accounts[0]


def test_show__after_a_pause__then_every_setting(deployed, accounts):
    deployed.run("pause", *AS_OWNER)

    found = deployed.json("show")

    assert found == {
        "aggregator": deployed.document["aggregator"],
        "chainId": 31337,
        "ownerKind": "account",
        "owner": accounts[0].address,
        "pendingOwner": "0x" + "0" * 40,
        "pauser": "0x" + "0" * 40,
        "feedManager": "0x" + "0" * 40,
        "configCount": 1,
        "reporters": [reporter.address for reporter in REPORTERS],
        "quorum": 3,
        "maxAge": 60,
        "paused": True,
        "feeds": {"BTC/USD": 8, "BTC/USD-PERP": 8},
    }


# ---------------------------------------------------------------- how it talks


def test_dry_run__any_change__then_simulated_and_nothing_sent(deployed, owner):
    nonce = owner.nonce

    said = deployed.run("max-age", *AS_OWNER, 90, "--dry-run")

    assert owner.nonce == nonce
    assert "max age     60 s -> 90 s\n" in said
    assert said.endswith("simulated: it works\n")


def test_asking__no__then_nothing_sent(deployed, owner):
    nonce = owner.nonce

    refused = deployed.refusal("pause", *AS_OWNER, yes=False, answer="n\n")

    assert refused == (4, "error: not confirmed: nothing was sent\nhint:  --yes confirms in advance")
    assert owner.nonce == nonce


def test_asking__yes__then_sent(deployed):
    deployed.run("pause", *AS_OWNER, yes=False, answer="y\n")

    assert deployed.aggregator.config().paused


def test_json__a_change__then_one_document_with_calldata_and_transaction(deployed, owner, chain):
    found = deployed.json("max-age", *AS_OWNER, 90)

    assert found["status"] == "done"
    assert (found["chainId"], found["sender"], found["final"]) == (chain.chain_id, owner.address, True)
    assert found["changes"] == [{"what": "max age", "before": "60 s", "after": "90 s"}]
    data = deployed.aggregator.setMaxAge.encode_input(90).hex()
    assert found["steps"] == [
        {
            "does": "change the max age to 90 s",
            "to": deployed.document["aggregator"],
            "value": 0,
            "data": "0x" + data.removeprefix("0x"),
        }
    ]
    receipt = chain.provider.get_receipt(found["transactions"][0]["transaction"])
    assert (receipt.block_number, receipt.gas_used) == (
        found["transactions"][0]["block"],
        found["transactions"][0]["gasUsed"],
    )


def test_json__a_refusal__then_a_document_too(deployed):
    result = deployed.try_("max-age", *AS_OWNER, 60, "--json")

    assert result.exit_code == 4
    assert json.loads(result.stdout) == {
        "status": "refused",
        "error": "max age is 60 s already: nothing to change",
        "hint": "",
    }


def test_command_line__as_a_process__then_stdout_is_json_alone_and_nobody_answering_is_no(
    deployed, owner, chain
):
    """The real ``ape run``: its own messages must not get between the results."""
    url = chain.provider.web3.provider.endpoint_uri
    command = [
        "ape",
        "run",
        "manage",
        "pause",
        "--network",
        url,
        "--deployment",
        deployed.file,
        *AS_OWNER,
        "--json",
    ]
    nonce = owner.nonce

    asked = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=ROOT, check=False
    )
    tried = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, cwd=ROOT, check=False)

    assert (asked.returncode, json.loads(asked.stdout)["error"]) == (4, "nobody answered: nothing was sent")
    assert (tried.returncode, json.loads(tried.stdout)["status"]) == (0, "dry run")
    assert owner.nonce == nonce


# ---------------------------------------------------------------- what it refuses

REFUSED = [
    (("rotate", ONE, ONE), 2, f"error: reporter {ONE} is given twice\nhint:  leave one of them out"),
    (
        ("rotate", "0x12"),
        2,
        "error: reporter 1 is not an address: '0x12'\nhint:  0x and 40 hex digits with their checksum",
    ),
    (
        ("quorum", 2),
        2,
        "error: quorum 2 is not possible with 4 reporters\nhint:  3 to 4; 3 bears the most faulty ones",
    ),
    (("quorum", 3), 4, "error: these 4 reporters with quorum 3 are the present set: nothing to change"),
    (("max-age", 256), 2, "error: max age 256 s is not possible\nhint:  1 to 255 s"),
    (("unpause",), 4, "error: updates are allowed already: nothing to change"),
    (("accept",), 4, "error: nobody was offered ownership\nhint:  first: manage transfer"),
    (
        ("add-feed", "SOL/USD", 19),
        2,
        "error: 19 decimals are not possible\nhint:  0 to 18",
    ),
    (
        ("transfer", "0x" + "0" * 40),
        2,
        f"error: the new owner is not an address: '0x{'0' * 40}'\nhint:  0x and 40 hex digits with their checksum",
    ),
    (
        ("safe", "--owner", ONE, "--threshold", 2),
        2,
        "error: 2 of 1 owners is not possible\nhint:  owners differ; threshold 1 to their number",
    ),
    (
        ("accept", "--contract", "funding"),
        3,
        "error: {file} has no funding contract\nhint:  leave --contract out",
    ),
]


@pytest.mark.parametrize(
    ("words", "code", "message"), REFUSED, ids=[" ".join(map(str, r[0]))[:30] for r in REFUSED]
)
def test_refusal__each_bad_value__then_one_sentence_with_it(deployed, words, code, message):
    refused = deployed.refusal(*words, *AS_OWNER)

    assert refused == (code, message.replace("{file}", str(deployed.file)))


def test_refusal__feed_already_in_the_file__then_says_where(deployed):
    at = deployed.document["feeds"]["BTC/USD"]["address"]

    assert deployed.refusal("add-feed", *AS_OWNER, "BTC/USD", 8) == (
        4,
        f"error: BTC/USD is in {deployed.file} already, at {at}",
    )


def test_refusal__file_of_another_chain__then_both_ids(deployed):
    deployed.file.write_text(json.dumps({**deployed.document, "chainId": 1}))

    assert deployed.refusal("pause", *AS_OWNER) == (
        3,
        f"error: {deployed.file} is of chain 1, but the network is chain 31337\n"
        "hint:  give --deployment deployments/31337.json or another --network",
    )


def test_refusal__no_contract_there__then_the_address(deployed):
    deployed.file.write_text(json.dumps({**deployed.document, "aggregator": ONE}))

    assert deployed.refusal("pause", *AS_OWNER) == (
        3,
        f"error: there is no contract at {ONE} on chain 31337\nhint:  check --deployment and --network",
    )


def test_refusal__another_contract_there__then_not_an_aggregator(deployed):
    feed = deployed.document["feeds"]["BTC/USD"]["address"]
    deployed.file.write_text(json.dumps({**deployed.document, "aggregator": feed}))

    code, message = deployed.refusal("pause", *AS_OWNER)

    assert (code, message.split(":")[1]) == (3, f" {feed} is not an aggregator")


def test_refusal__unknown_account__then_names_it(deployed):
    assert deployed.refusal("pause", "--account", "nobody-here") == (
        3,
        "error: ape has no account 'nobody-here'\nhint:  see: ape accounts list",
    )


def test_refusal__test_account_on_a_public_chain__then_its_key_is_everybodys():
    with pytest.raises(ConfigError, match="TEST::0 is for local chains: everybody has its key"):
        session.load_account("TEST::0", chain_id=1)


def test_command_line__network_is_not_there__then_one_sentence(deployed):
    command = [
        "ape",
        "run",
        "manage",
        "show",
        "--network",
        "http://127.0.0.1:9",
        "--deployment",
        deployed.file,
    ]

    refused = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert (refused.returncode, refused.stdout) == (5, "")
    assert refused.stderr.startswith("error: the network cannot be reached: No (supported) node found")


def test_refusal__endpoint_goes_away__then_one_sentence():
    gone = SimpleNamespace(web3=Web3(HTTPProvider("http://127.0.0.1:9", exception_retry_configuration=None)))

    with pytest.raises(
        ChainError, match=r"^the chain does not answer eth_chainId: ConnectionError$"
    ) as caught:
        session.ask(gone, "eth_chainId", [])

    assert (caught.value.exit_code, caught.value.hint) == (5, "check --network")


def test_simulation__reverts__then_decoded_with_arguments_and_nothing_sent(deployed, owner, anyone):
    """The chain changes between reading and simulating; the node's answer decides, not our own checks."""
    node = session.connect("TEST::1")
    address = deployed.document["aggregator"]
    change = changes.set_max_age(read_state(node, address, []), 90)
    step = Step(change.does, address, change.data, Proof("", lambda: True))
    nonce = anyone.nonce

    with pytest.raises(Reverted) as caught:
        carry_out(Plan("t", (("a", "b"),), (step,)), node, Manner(lambda _line: None, lambda _question: True))

    assert caught.value.reason == f"OwnableUnauthorizedAccount(account={anyone.address.lower()})"
    assert caught.value.exit_code == 5
    assert anyone.nonce == nonce
