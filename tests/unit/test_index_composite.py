"""Baskets: by hand, what is missing, and no jump when members change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.composite import Basket, composite, divisor_for, rebalance, worth
from reporter.models import SCALE, Index, Status

pytestmark = pytest.mark.unit

AT = 1_700_000_000_000
BASKET = Basket("TWO", {"BTC/USD": SCALE, "ETH/USD": 10 * SCALE}, 10 * 10**36)
many = settings(max_examples=1_000)
amounts = st.integers(10**15, 10**9 * SCALE)
prices = st.integers(10**15, 10**6 * SCALE)
members = st.dictionaries(st.sampled_from("ABCDEFGH"), amounts, min_size=1, max_size=6)


def index(feed: str, price: int | None, status: Status = Status.OK, *flags: str) -> Index:
    scaled = None if price is None else price * SCALE
    return Index(feed=feed, at_ms=AT, status=status, price=scaled, sources=(), flags=flags)


def indices(*those: Index) -> dict[str, Index]:
    return {i.feed: i for i in those}


def test_composite__by_hand__units_times_prices_over_the_divisor() -> None:
    both = indices(index("BTC/USD", 60_000), index("ETH/USD", 3_000), index("XRP/USD", 1))

    made = composite(BASKET, both, {}, AT)

    assert (made.price, made.status, made.reason, made.flags) == (9_000 * SCALE, Status.OK, "", ())
    assert made.prices == {"BTC/USD": 60_000 * SCALE, "ETH/USD": 3_000 * SCALE}


def test_composite__member_reduced_and_flagged__so_is_the_composite() -> None:
    both = indices(
        index("ETH/USD", 3_000, Status.DEGRADED, "VOLATILE"),
        index("BTC/USD", 60_000, Status.REDUCED, "A", "B"),
    )

    made = composite(BASKET, both, {}, AT)

    assert made.status is Status.DEGRADED
    assert made.flags == ("BTC/USD:A", "BTC/USD:B", "ETH/USD:VOLATILE")


@pytest.mark.parametrize("status", [Status.INVALID, Status.HELD])
def test_composite__member_without_a_number_holds_a_tenth__carried_and_flagged(status: Status) -> None:
    last = {"BTC/USD": 90_000 * SCALE, "ETH/USD": 1_000 * SCALE}
    both = indices(index("BTC/USD", 100_000), index("ETH/USD", None, status, "X"))

    made = composite(BASKET, both, last, AT)

    assert (made.price, made.status) == (11_000 * SCALE, Status.DEGRADED)
    assert made.flags == ("ETH/USD:X", "ETH/USD:CARRIED")
    assert made.reason == "carried at the last price: ETH/USD"
    assert made.prices == {"BTC/USD": 100_000 * SCALE, "ETH/USD": 1_000 * SCALE}


def test_composite__member_held_with_its_last_number__is_not_taken_as_new() -> None:
    last = {"BTC/USD": 90_000 * SCALE, "ETH/USD": 1_000 * SCALE}
    both = indices(index("BTC/USD", 100_000), index("ETH/USD", 500, Status.HELD))

    made = composite(BASKET, both, last, AT)

    assert (made.price, made.flags) == (11_000 * SCALE, ("ETH/USD:CARRIED",))


def test_composite__missing_hold_more_than_a_tenth__invalid_and_no_number() -> None:
    last = {"BTC/USD": 90_000 * SCALE - 1, "ETH/USD": 1_000 * SCALE}

    made = composite(BASKET, indices(index("BTC/USD", 10**6)), last, AT)

    assert (made.price, made.status) == (None, Status.INVALID)
    assert made.reason == "ETH/USD without a price, 10.00 % of the last value"
    assert made.prices == {"BTC/USD": 10**6 * SCALE, "ETH/USD": 1_000 * SCALE}


def test_composite__missing_member_never_had_a_price__invalid() -> None:
    made = composite(BASKET, indices(index("BTC/USD", 10**6)), {}, AT)

    assert (made.price, made.status, made.reason) == (None, Status.INVALID, "never had a price: ETH/USD")


def test_composite__all_missing__invalid() -> None:
    last = {"BTC/USD": SCALE, "ETH/USD": SCALE}

    assert composite(BASKET, {}, last, AT).status is Status.INVALID


def test_composite__prices_handed_on__a_returning_member_is_live_again() -> None:
    first = composite(BASKET, indices(index("BTC/USD", 90_000), index("ETH/USD", 900)), {}, AT)
    second = composite(BASKET, indices(index("BTC/USD", 91_000)), first.prices, AT + 1)
    third = composite(BASKET, indices(index("BTC/USD", 91_000), index("ETH/USD", 950)), second.prices, AT + 2)

    assert [c.price for c in (first, second, third)] == [9_900 * SCALE, 10_000 * SCALE, 10_050 * SCALE]
    assert third.status is Status.OK


def test_rebalance__by_hand__the_divisor_takes_up_the_change() -> None:
    now = {"BTC/USD": 60_000 * SCALE, "ETH/USD": 3_000 * SCALE, "SOL/USD": 150 * SCALE}

    after = rebalance(BASKET, {"BTC/USD": SCALE, "SOL/USD": 800 * SCALE}, now)

    assert after.divisor == 20 * 10**36
    assert worth(after, now) == worth(BASKET, now) == 9_000 * SCALE


@many
@given(members, members, st.lists(prices, min_size=8, max_size=8), st.integers(1, 10**6 * SCALE))
def test_rebalance__any_members__the_price_stays_to_the_last_digit(
    before: dict[str, int], after: dict[str, int], price_list: list[int], base: int
) -> None:
    now = dict(zip("ABCDEFGH", price_list, strict=True))
    basket = Basket("X", before, divisor_for("X", before, now, base))

    changed = rebalance(basket, after, now)

    assert worth(basket, now) == worth(changed, now) == base


@many
@given(members, st.lists(prices, min_size=8, max_size=8), st.integers(2, 1_000))
def test_worth__all_prices_scaled__scales_with_them(
    units: dict[str, int], price_list: list[int], factor: int
) -> None:
    now = dict(zip("ABCDEFGH", price_list, strict=True))
    basket = Basket("X", units)

    scaled = worth(basket, {feed: price * factor for feed, price in now.items()})

    assert 0 <= scaled - worth(basket, now) * factor < factor


def test_divisor_for__a_value_no_divisor_gives__raises() -> None:
    with pytest.raises(ValueError, match="no divisor"):
        divisor_for("X", {"A": 1}, {"A": 1}, 10**30)
    with pytest.raises(ValueError, match="no divisor"):
        divisor_for("X", {"A": 1}, {"A": 1}, 0)


@pytest.mark.parametrize(("units", "divisor"), [({}, 1), ({"A": 0}, 1), ({"A": 1}, 0)])
def test_basket__nothing_or_not_positive__cannot_be(units: dict[str, int], divisor: int) -> None:
    with pytest.raises(ValueError, match="positive units"):
        Basket("X", units, divisor)
