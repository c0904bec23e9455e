"""Fees: room for the base fee, replacement by at least 12.5 %, never over the cap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.chain.fees import MIN_PRIORITY_FEE_WEI, FeeRules, Fees, OverCap, fees_for

pytestmark = pytest.mark.unit
CAP, TIP_CAP = 10**15, 10**10
RULES = FeeRules(CAP, TIP_CAP)
wei = st.integers(0, 10**18)


def test_fees__fresh_nonce__twice_the_base_fee_and_what_others_pay():
    assert fees_for(7, 10**9, None, RULES) == Fees(14 + 10**9, 10**9)


@pytest.mark.parametrize(
    ("others", "ours"), [(0, MIN_PRIORITY_FEE_WEI), (TIP_CAP + 1, TIP_CAP), (2**64, TIP_CAP)]
)
def test_fees__others_pay_nothing_or_too_much__within_our_limits(others, ours):
    assert fees_for(7, others, None, RULES).priority_fee == ours


@given(base=st.integers(0, 10**12), old=st.integers(1, 10**13), tip=st.integers(1, 10**12))
def test_fees__replacement__both_rise_by_an_eighth(base, old, tip):
    new = fees_for(base, 10**9, Fees(old, tip), RULES)

    assert new.max_fee * 8 >= old * 9
    assert new.priority_fee * 8 >= tip * 9 or new.priority_fee == new.max_fee
    assert new.max_fee >= 2 * base


def test_fees__replacement_at_the_cap__pays_the_cap_and_is_not_locked_out():
    assert fees_for(7, 10**9, Fees(CAP, CAP), RULES) == Fees(CAP, CAP)


@given(base=wei, others=wei, old=st.none() | st.integers(1, CAP).map(lambda f: Fees(f, f)))
def test_fees__any_input__never_over_the_cap_and_a_tip_that_fits(base, others, old):
    try:
        fees = fees_for(base, others, old, RULES)
    except OverCap:
        assert base + MIN_PRIORITY_FEE_WEI > CAP
        return
    assert 0 < fees.priority_fee <= fees.max_fee <= CAP
    assert fees.max_fee > base


def test_fees__room_for_less_than_double__the_cap():
    assert fees_for(CAP - 10**9, 10**9, None, RULES).max_fee == CAP


def test_fees__base_fee_over_the_cap__says_both_numbers():
    with pytest.raises(OverCap, match=f"the base fee is {CAP} wei, over the cap of {CAP} wei"):
        fees_for(CAP, 10**9, None, RULES)
