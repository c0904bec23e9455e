"""Addresses before the contracts are there, and the deployment file."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from reporter.errors import ConfigError, UsageError
from scripts._management import creation
from scripts._management.abi import SAFE, bytecode, call_data, reason, types_of
from scripts._management.creation import create2_address, create_address, salt_of
from scripts._management.records import deployment_for, feed_entry, record_feed, write_document
from tests.unit.managing import Table

pytestmark = pytest.mark.unit

# Examples of https://eips.ethereum.org/EIPS/eip-1014
EIP_1014 = [
    ("0x" + "00" * 20, "00" * 32, "00", "0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"),
    ("0xdeadbeef" + "00" * 16, "00" * 32, "00", "0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3"),
    (
        "0x" + "00" * 16 + "deadbeef",
        "00" * 28 + "cafebabe",
        "deadbeef",
        "0x60f3f640a8508fC6a86d45DF051962668E1e8AC7",
    ),
]
# Where https://github.com/safe-global/safe-deployments lists version 1.5.0.
PUBLISHED = [
    ("SafeL2.sol/SafeL2", "0xEdd160fEBBD92E350D4D398fb636302fccd67C7e"),
    ("proxies/SafeProxyFactory.sol/SafeProxyFactory", "0x14F2982D601c9458F93bd70B218933A6f8165e7b"),
    (
        "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
        "0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4",
    ),
]


@pytest.mark.parametrize(("factory", "salt", "code", "address"), EIP_1014)
def test_create2_address__the_examples_of_the_eip__as_there(
    factory: str, salt: str, code: str, address: str
) -> None:
    assert create2_address(factory, bytes.fromhex(salt), bytes.fromhex(code)) == address


@pytest.mark.parametrize(("name", "address"), PUBLISHED)
def test_safe__bytecode_of_the_npm_package__gives_the_published_address(name: str, address: str) -> None:
    assert (
        create2_address(creation.SAFE_FACTORY, creation.NO_SALT, bytecode(f"{SAFE}/{name}.json")) == address
    )


def test_proxy__its_presigned_transaction__comes_from_its_maker_and_leads_to_it() -> None:
    maker = Account.recover_transaction("0x" + creation.PROXY_TRANSACTION.hex())

    assert maker == creation.PROXY_MAKER
    assert create_address(creation.PROXY_MAKER, 0) == creation.PROXY


def test_proxy_steps__maker_has_a_little__only_the_rest_is_paid() -> None:
    table = Table()
    node = table.node()
    ask = node.ask
    node.ask = lambda method, given: (
        {"result": hex(10**15)} if method == "eth_getBalance" else ask(method, given)
    )

    pay, make = creation.proxy_steps(node)

    assert (pay.to, pay.value, make.raw) == (creation.PROXY_MAKER, 9 * 10**15, creation.PROXY_TRANSACTION)


def test_proxy_steps__other_code_at_its_address__refused() -> None:
    table = Table()
    table.codes[creation.PROXY] = b"\x60"

    with pytest.raises(ConfigError, match=f"chain 1 has another contract at {creation.PROXY}"):
        creation.proxy_steps(table.node())


def test_maker__the_chain_has_the_proxy__address_without_the_nonce() -> None:
    table = Table()
    table.codes[creation.PROXY] = creation.PROXY_RUNTIME

    found = creation.maker(table.node()).make("a", b"\x60")

    assert found.address == create2_address(creation.PROXY, bytes(32), b"\x60")
    assert found.step is not None
    assert (found.step.to, found.step.data, found.step.trial) == (
        creation.PROXY,
        bytes(32) + b"\x60",
        (None, b"\x60"),
    )


@pytest.mark.parametrize(
    ("text", "salt"), [("one", b"one".ljust(32, b"\0")), ("0x" + "ab" * 32, b"\xab" * 32)]
)
def test_salt__text_or_hex__32_bytes(text: str, salt: bytes) -> None:
    assert salt_of(text) == salt


@pytest.mark.parametrize("text", ["", "x" * 33, "é", "0x" + "zz" * 32])
def test_salt__anything_else__refused_with_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        salt_of(text)

    assert str(caught.value) == f"{text!r} is not a salt"


def test_maker__without_salt__counts_the_nonce() -> None:
    node = Table().node()
    make = creation.Maker(node, None)

    first = make.make("a", b"\x60")
    make.skip()
    second = make.make("b", b"\x60")

    assert [first.address, second.address] == [create_address(node.sender, 5), create_address(node.sender, 7)]


def test_maker__code_is_there__no_step() -> None:
    table = Table()
    table.codes[create2_address(creation.PROXY, b"\x01" * 32, b"\x60")] = b"\x60"

    found = creation.Maker(table.node(), b"\x01" * 32).make("a", b"\x60")

    assert (found.step, found.fact) == (None, ("a", f"{found.address} (there already)"))


def test_call_data__a_struct_of_plain_fields__encoded_as_its_members() -> None:
    assert types_of("f(bytes32,(address,uint8))") == ["bytes32", "address", "uint8"]
    assert types_of("f()") == []
    assert len(call_data("f(bytes32,(address,uint8))", bytes(32), "0x" + "00" * 20, 1)) == 4 + 3 * 32


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("0x3f4ba83a", "with b'?K\\xa8:'"),
        ("0x54336609" + f"{5:064x}{60:064x}", "TimelockInsufficientDelay(delay=5, minDelay=60)"),
        ("0xb94abeec" + f"{3:064x}{4:064x}", None),
    ],
)
def test_reason__revert_data__in_words_or_as_it_is(data: str, words: str | None) -> None:
    found = reason(bytes.fromhex(data[2:]))

    assert found == words if words else found.startswith("with ")


# ---------------------------------------------------------------- the file

DOCUMENT = {
    "chainId": 1,
    "aggregator": creation.PROXY,
    "feeds": {},
    "funding": None,
    "market": None,
    "startBlock": 7,
    "gitCommit": "abc",
    "note": "kept",
}


def test_record_feed__another_feed__everything_else_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "deployments" / "1.json"
    write_document(path, DOCUMENT)

    record_feed(path, "SOL/USD", feed_entry(b"SOL/USD".ljust(32, b"\0"), creation.PROXY, 6))

    assert json.loads(path.read_text()) == {
        **DOCUMENT,
        "feeds": {
            "SOL/USD": {
                "feedId": "0x" + b"SOL/USD".hex().ljust(64, "0"),
                "address": creation.PROXY,
                "decimals": 6,
            }
        },
    }
    assert deployment_for(path, 1).feeds["SOL/USD"].decimals == 6


def test_write_document__fails_half_way__the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    write_document(path, DOCUMENT)

    with pytest.raises(TypeError):
        write_document(path, {**DOCUMENT, "bad": object()})

    assert json.loads(path.read_text()) == DOCUMENT


def test_deployment_for__another_chain__both_ids_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    write_document(path, DOCUMENT)

    with pytest.raises(ConfigError) as caught:
        deployment_for(path, 10)

    assert str(caught.value) == f"{path} is of chain 1, but the network is chain 10"
    assert caught.value.hint == "give --deployment deployments/10.json or another --network"
