"""Fees: room for the base fee, replacement by at least 12.5 %, never over the cap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.chain.fees import PRIORITY_FEE_WEI, Fees, fees_for
from reporter.errors import ChainError

pytestmark = pytest.mark.unit
CAP = 10**15


def test_fees__fresh_nonce__twice_the_base_fee_and_a_tip():
    assert fees_for(7, None, CAP) == Fees(14 + PRIORITY_FEE_WEI, PRIORITY_FEE_WEI)


@given(base=st.integers(0, 10**12), old=st.integers(1, 10**13), tip=st.integers(1, 10**12))
def test_fees__replacement__both_rise_by_an_eighth(base, old, tip):
    new = fees_for(base, Fees(old, tip), CAP)

    assert new.max_fee * 8 >= old * 9
    assert new.priority_fee * 8 >= tip * 9 or new.priority_fee == new.max_fee
    assert new.max_fee >= 2 * base


def test_fees__replacement_at_the_cap__pays_the_cap_and_is_not_locked_out():
    assert fees_for(7, Fees(CAP, CAP), CAP) == Fees(CAP, CAP)


@given(base=st.integers(0, 10**18), old=st.none() | st.integers(1, 10**15).map(lambda f: Fees(f, f)))
def test_fees__any_input__never_over_the_cap(base, old):
    try:
        fees = fees_for(base, old, CAP)
    except ChainError:
        return
    assert fees.max_fee <= CAP


def test_fees__over_the_cap__says_both_numbers():
    with pytest.raises(
        ChainError, match=f"needs a fee of {2 * CAP + PRIORITY_FEE_WEI} wei, over the cap of {CAP} wei"
    ):
        fees_for(CAP, None, CAP)
