"""The signed message: our hashing against eth-account's (the vectors) and against eth-abi."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from reporter.keys import HALF_N, LocalSigner, recover
from reporter.models import Report, SignedReport, feed_id
from reporter.report import (
    Domain,
    check_report,
    config_digest,
    median_positions,
    pack_observations,
    report_digest,
    reporter_median,
    struct_hash,
    typed_data,
)

pytestmark = pytest.mark.unit
CASES = json.loads((Path(__file__).parent.parent / "vectors" / "report_hash.json").read_text())["cases"]
CURVE_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GOOD = Report(1_700_000_000, (feed_id("BTC/USD"), feed_id("ETH/USD")), (64_000_00000000, 0))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_digest__vector_of_an_outside_signer__equal_and_recovers(case):
    digest = config_digest(case["configCount"], case["reporters"], case["quorum"])
    domain = Domain(case["chainId"], case["verifyingContract"], digest)
    report = Report(case["observedAt"], tuple(map(_bytes, case["feedIds"])), tuple(case["prices"]))

    signed = report_digest(domain.separator(), report)

    assert digest == _bytes(case["configDigest"])
    assert domain.separator() == _bytes(case["domainSeparator"])
    assert struct_hash(report) == _bytes(case["structHash"])
    assert signed == _bytes(case["digest"])
    assert recover(signed, _bytes(case["r"]) + _bytes(case["vs"])) == case["signer"]


@given(
    count=st.integers(0, 2**32 - 1),
    reporters=st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=31),
    quorum=st.integers(0, 255),
)
def test_config_digest__any_set__equals_abi_encode(count, reporters, quorum):
    expected = keccak(encode(["uint32", "address[]", "uint8"], [count, reporters, quorum]))

    assert config_digest(count, ["0x" + r.hex() for r in reporters], quorum) == expected


@given(
    secret=st.binary(min_size=32, max_size=32).filter(lambda b: 0 < int.from_bytes(b, "big") < CURVE_N),
    prices=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5),
    observed_at=st.integers(1, 2**32 - 1),
)
def test_signature__any_report__equals_eth_accounts(secret, prices, observed_at):
    feeds = tuple(feed_id(f"F{i}") for i in range(len(prices)))
    report, domain = Report(observed_at, feeds, tuple(prices)), Domain(31337, "0x" + "12" * 20, b"\7" * 32)
    theirs = Account.sign_message(encode_typed_data(full_message=typed_data(domain, report)), secret)

    ours = LocalSigner(secret).sign(report_digest(domain.separator(), report))

    assert int.from_bytes(ours[:32], "big") == theirs.r
    assert int.from_bytes(ours[32:], "big") == theirs.s | (theirs.v - 27) << 255


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, observed_at="1700000000"),
        replace(GOOD, observed_at=0),
        replace(GOOD, observed_at=2**32),
        replace(GOOD, observed_at=True),
        replace(GOOD, feed_ids=()),
        replace(GOOD, feed_ids=(b"BTC/USD", b"ETH/USD")),
        replace(GOOD, feed_ids=(feed_id("A"), feed_id("A"))),
        replace(GOOD, prices=(1,)),
        replace(GOOD, prices=(1, -1)),
        replace(GOOD, prices=(1, 2**63)),
        replace(GOOD, prices=(1, 1.0)),
        replace(GOOD, prices=(1, "1")),
        replace(GOOD, prices=(1, True)),
    ],
)
def test_check_report__wrong_type_or_range__refused(bad):
    check_report(GOOD)
    with pytest.raises(ValueError, match=r"."):
        check_report(bad)


def test_recover__high_s_twin_or_wrong_length__none():
    digest = b"\1" * 32
    good = LocalSigner(b"\5" * 32).sign(digest)
    over = (HALF_N + 1).to_bytes(32, "big")

    assert recover(digest, good) is not None
    assert recover(digest, good[:32] + over) is None
    assert recover(digest, good[:63]) is None
    assert recover(digest, b"\0" * 64) is None
    assert recover(digest, b"\xff" * 64) is None


def test_local_signer__repr__shows_no_key():
    assert "05" * 8 not in repr(LocalSigner(b"\5" * 32))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=31))
def test_reporter_median__any_prices__ranks_as_the_contract_checks(prices):
    median, half = reporter_median(prices), len(prices) // 2

    assert median in prices
    assert sum(p < median for p in prices) <= half
    assert sum(p > median for p in prices) <= len(prices) - 1 - half


def test_pack_observations__abstention__position_names_a_price():
    feeds = (feed_id("A"), feed_id("B"))
    rows = [
        SignedReport(Report(1, feeds, p), bytes([i]) * 64, "0x")
        for i, p in enumerate([(5, 0), (9, 7), (7, 8)])
    ]

    packed = pack_observations(rows)

    assert median_positions(rows) == bytes([2, 2])
    assert len(packed) == 2 + 3 * (64 + 16)
    assert packed[2:66] == b"\0" * 64
    assert packed[66:82] == (5).to_bytes(8, "big") + bytes(8)
