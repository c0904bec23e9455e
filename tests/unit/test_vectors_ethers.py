"""The signed message against ethers, which wallets and most outside signers use. tests/solidity/EthersVectors.t.sol reads
the same file; ``tools/ethers_vectors.mjs`` writes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from reporter.keys import recover
from reporter.models import Report
from reporter.report import Domain, config_digest, report_digest, struct_hash, typed_data

pytestmark = pytest.mark.unit
VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "report_ethers.json").read_text())
CASES, NEGATIVE = VECTORS["cases"], VECTORS["negative"]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _domain(case: dict[str, Any]) -> Domain:
    return Domain(case["chainId"], case["verifyingContract"], _bytes(case["configDigest"]))


def _report(case: dict[str, Any]) -> Report:
    return Report(case["observedAt"], tuple(map(_bytes, case["feedIds"])), tuple(case["prices"]))


def _as_ethers_spells(document: dict[str, Any]) -> dict[str, Any]:
    """The same typed data with the chain id in hex, the contract in lower case and the message's integers as texts."""
    domain, message = document["domain"], document["message"]
    return document | {
        "domain": domain
        | {"chainId": hex(domain["chainId"]), "verifyingContract": domain["verifyingContract"].lower()},
        "message": message | {"observedAt": str(message["observedAt"])},
    }


def test_vectors__as_shipped__at_least_forty_with_every_edge() -> None:
    prices = {price for case in CASES for price in case["prices"]}

    assert len(CASES) >= 40
    assert {0, 1, 2**53 + 1, 2**63 - 1} <= prices
    assert {len(case["reporters"]) for case in CASES} >= {1, 31}
    assert {len(case["feedIds"]) for case in CASES} >= {1, 20}
    assert {_bytes(case["vs"])[0] >> 7 for case in CASES} == {0, 1}


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_digest__report_signed_by_ethers__equal_and_recovers(case: dict[str, Any]) -> None:
    domain, report = _domain(case), _report(case)

    digest = report_digest(domain.separator(), report)

    assert config_digest(case["configCount"], case["reporters"], case["quorum"]) == domain.config_digest
    assert domain.separator() == _bytes(case["domainSeparator"])
    assert struct_hash(report) == _bytes(case["structHash"])
    assert digest == _bytes(case["digest"])
    assert recover(digest, _bytes(case["r"]) + _bytes(case["vs"])) == case["signer"]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_typed_data__same_report__is_the_payload_that_ethers_gives_a_wallet(case: dict[str, Any]) -> None:
    document = typed_data(_domain(case), _report(case))

    assert _as_ethers_spells(document) == json.loads(case["payload"])


@pytest.mark.parametrize("case", [*CASES, *NEGATIVE], ids=range(len(CASES) + len(NEGATIVE)))
def test_payload__read_by_eth_account__gives_the_digest(case: dict[str, Any]) -> None:
    message = encode_typed_data(full_message=json.loads(case["payload"]))

    assert keccak(b"\x19" + message.version + message.header + message.body) == _bytes(case["digest"])


@pytest.mark.parametrize("case", NEGATIVE, ids=range(len(NEGATIVE)))
def test_digest__negative_price_that_ethers_signs__refused_by_ours(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"integer in 0..2\\^63-1, not {case['prices'][0]}$"):
        report_digest(_domain(case).separator(), _report(case))
