"""Transactions as endpoints take them, against eth-account's."""

import pytest
from coincurve import PrivateKey
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from reporter.chain.transaction import sign

pytestmark = pytest.mark.unit
WORD = st.integers(0, 2**256 - 1)
FIELDS = st.fixed_dictionaries(
    {
        "type": st.just(2),
        "chainId": st.integers(1, 2**63),
        "nonce": st.integers(0, 2**64 - 2),
        "to": st.binary(min_size=20, max_size=20).map(
            lambda raw: Account.from_key(raw.rjust(32, b"\1")).address
        ),
        "value": WORD,
        "data": st.binary(max_size=600),
        "gas": st.integers(0, 2**63),
        "maxFeePerGas": WORD,
        "maxPriorityFeePerGas": WORD,
    }
)


@given(fields=FIELDS, secret=st.integers(1, 2**250))
def test_sign__any_transaction__same_bytes_and_hash_as_eth_account(fields, secret):
    key = secret.to_bytes(32, "big")

    tx_hash, raw = sign(PrivateKey(key), fields)

    theirs = Account.from_key(key).sign_transaction(fields)
    assert (tx_hash, raw) == (theirs.hash.to_0x_hex(), bytes(theirs.raw_transaction))
