"""Shares of the index: by hand, and what must hold for any weights."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.weights import (
    CAP_PPM,
    VOLUME_WINDOW_MS,
    Traded,
    capped_shares,
    raw_weights,
    window_volumes,
)

pytestmark = pytest.mark.unit

DAY = 24 * 3_600_000
many = settings(max_examples=1_500)
weights = st.one_of(st.integers(1, 20), st.integers(1, 10**6), st.integers(1, 10**30))
five_or_more = st.dictionaries(
    st.text("abcdefghij", min_size=1, max_size=3), weights, min_size=5, max_size=12
)
any_number = st.dictionaries(st.text("abcdefghij", min_size=1, max_size=3), weights, min_size=1, max_size=12)


def exact_shares(raw: dict[str, int], cap: Fraction) -> dict[str, Fraction]:
    """Water-filling on fractions: cap whoever is above, share out the rest, again until nobody is."""
    capped: set[str] = set()
    while True:
        left = 1 - cap * len(capped)
        total = sum(weight for venue, weight in raw.items() if venue not in capped)
        shares = {v: cap if v in capped else left * weight / total for v, weight in raw.items()}
        above = {v for v, share in shares.items() if share > cap}
        if not above:
            return shares
        capped |= above


def test_capped_shares__nobody_above__in_proportion() -> None:
    assert capped_shares({"a": 10, "b": 20, "c": 20, "d": 24, "e": 24, "f": 2}) == {
        "a": 100_000,
        "b": 200_000,
        "c": 200_000,
        "d": 240_000,
        "e": 240_000,
        "f": 20_000,
    }


def test_capped_shares__sixty_per_cent_on_one_venue__its_excess_goes_to_the_others_in_proportion() -> None:
    # 760,000 are left for 40: 19,000 each. Nobody else comes above 240,000.
    shares = capped_shares({"big": 60, "b": 12, "c": 12, "d": 8, "e": 8})

    assert shares == {"big": 240_000, "b": 228_000, "c": 228_000, "d": 152_000, "e": 152_000}


def test_capped_shares__the_excess_lifts_another_above__it_is_capped_too() -> None:
    # 760,000 for 50 would be 304,000 for b's 20: capped. 520,000 for 30.
    shares = capped_shares({"a": 50, "b": 20, "c": 12, "d": 9, "e": 9})

    assert shares == {"a": 240_000, "b": 240_000, "c": 208_000, "d": 156_000, "e": 156_000}


def test_capped_shares__thirds__largest_remainder_then_the_name() -> None:
    assert capped_shares({"c": 1, "b": 1, "a": 1}, 500_000) == {"c": 333_333, "b": 333_333, "a": 333_334}
    assert capped_shares({"a": 1, "b": 2, "c": 4}, 600_000) == {"a": 142_857, "b": 285_714, "c": 571_429}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_capped_shares__too_few_for_the_cap__equal_and_above_it(count: int) -> None:
    shares = capped_shares({name: 10**position for position, name in enumerate("abcd"[:count])})

    assert sum(shares.values()) == 1_000_000
    assert max(shares.values()) - min(shares.values()) <= 1
    assert min(shares.values()) > CAP_PPM


def test_capped_shares__a_speck__counts_for_one_ppm_that_the_largest_gives() -> None:
    shares = capped_shares({"a": 10**12, "b": 10**12, "c": 10**12, "d": 10**12, "e": 10**12, "f": 1})

    assert shares == {"a": 200_000, "b": 200_000, "c": 200_000, "d": 200_000, "e": 199_999, "f": 1}


def test_capped_shares__a_cap_that_leaves_less_than_a_ppm_each__still_nobody_has_nothing() -> None:
    shares = capped_shares({"a": 10**9, "b": 10**9, "c": 1, "d": 1, "e": 1, "f": 1}, 499_999)

    assert shares == {"a": 499_998, "b": 499_998, "c": 1, "d": 1, "e": 1, "f": 1}


def test_capped_shares__nobody__is_nothing() -> None:
    assert capped_shares({}) == {}


@pytest.mark.parametrize("weight", [0, -1])
def test_capped_shares__weight_not_positive__raises(weight: int) -> None:
    with pytest.raises(ValueError, match="weights are positive"):
        capped_shares({"a": 5, "b": weight})


@many
@given(five_or_more)
def test_capped_shares__five_or_more__sum_and_cap_hold_and_nobody_has_nothing(raw: dict[str, int]) -> None:
    shares = capped_shares(raw)

    assert sum(shares.values()) == 1_000_000
    assert min(shares.values()) >= 1
    assert max(shares.values()) <= CAP_PPM
    assert list(shares) == list(raw)


@many
@given(five_or_more, st.integers(200_001, 1_000_000))
def test_capped_shares__any_cap_that_can_hold__within_a_few_ppm_of_the_exact_shares(
    raw: dict[str, int], cap_ppm: int
) -> None:
    exact = exact_shares(raw, Fraction(cap_ppm, 1_000_000))

    shares = capped_shares(raw, cap_ppm)

    specks = sum(1 for share in exact.values() if share * 1_000_000 < 1)
    assert all(abs(shares[v] - exact[v] * 1_000_000) < 1 + specks for v in raw)


@many
@given(any_number, st.randoms(use_true_random=False), st.integers(1, 10**6))
def test_capped_shares__other_order_or_unit__the_same(raw: dict[str, int], random: object, unit: int) -> None:
    names = list(raw)
    random.shuffle(names)  # type: ignore[attr-defined]

    assert capped_shares({name: raw[name] * unit for name in names}) == capped_shares(raw)


@many
@given(five_or_more)
def test_capped_shares__heavier_raw__never_lighter_by_more_than_the_speck_it_gave(
    raw: dict[str, int],
) -> None:
    shares = capped_shares(raw)
    specks = sum(1 for share in shares.values() if share == 1)
    ordered = sorted(raw, key=lambda venue: raw[venue])

    for light, heavy in itertools.pairwise(ordered):
        assert shares[heavy] >= shares[light] - (raw[light] == raw[heavy]) - specks


def test_window_volumes__thirty_days__with_the_end_and_without_the_start() -> None:
    rows = [
        Traded("b", VOLUME_WINDOW_MS, 1),
        Traded("a", 0, 100),
        Traded("a", 1, 10),
        Traded("a", 5 * DAY, 20),
        Traded("a", VOLUME_WINDOW_MS + 1, 1_000),
        Traded("idle", DAY, 0),
    ]

    assert window_volumes(rows, VOLUME_WINDOW_MS) == {"a": 30, "b": 1}
    assert list(window_volumes(rows, VOLUME_WINDOW_MS)) == ["a", "b"]
    assert window_volumes(rows, VOLUME_WINDOW_MS, DAY) == {"b": 1}


def test_raw_weights__configured__go_before_measured_ones() -> None:
    assert raw_weights(["b", "a"], {"a": 3, "b": 5, "other": 9}, {"a": 100}) == {"a": 3, "b": 5}


def test_raw_weights__measured__shares_of_the_volume_and_at_least_one() -> None:
    assert raw_weights("abc", {}, {"a": 2, "b": 1, "other": 7}) == {"a": 666_666, "b": 333_333, "c": 1}


def test_raw_weights__nothing_known__equal() -> None:
    assert raw_weights("abc", {}, {}) == {"a": 333_333, "b": 333_333, "c": 333_333}
    assert raw_weights("", {}, {}) == {}


def test_raw_weights__configured_for_some__names_the_others() -> None:
    with pytest.raises(ValueError, match="no positive weight is configured for b, c"):
        raw_weights("abc", {"a": 3, "b": 0}, {})
