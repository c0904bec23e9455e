"""What must hold for any prices (METHODOLOGY.md, Properties)."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reporter.index import compute
from reporter.models import SCALE, FeedRules, Index, Leg, Quote

pytestmark = pytest.mark.unit

AT = 1_700_000_000_000
VENUES = "abcdefgh"
near = st.integers(9_900 * SCALE, 10_100 * SCALE)
anywhere = st.integers(1, 10**6 * SCALE)
price_lists = st.lists(st.one_of(near, anywhere), min_size=1, max_size=8)


def index_of(prices: list[int], *, reverse: bool = False) -> Index:
    """BTC/USD with one leg per venue, the quotes put in forwards or backwards."""
    legs = tuple(Leg(VENUES[i], "BTC/USD") for i in range(len(prices)))
    quotes = {
        leg: Quote(leg.venue, leg.symbol, price, price, price, AT, AT, AT)
        for leg, price in zip(legs, prices, strict=True)
    }
    given_quotes = dict(reversed(quotes.items())) if reverse else quotes
    return compute([FeedRules("BTC/USD", legs, 1)], given_quotes, AT)["BTC/USD"]


def kept(index: Index) -> list[str]:
    return [s.venue for s in index.sources if s.kept]


@given(price_lists)
def test_index__order_of_quotes__does_not_matter(prices: list[int]) -> None:
    assert index_of(prices) == index_of(prices, reverse=True)


@given(price_lists, st.randoms(use_true_random=False))
def test_index__prices_dealt_to_other_venues__same_price_and_status(
    prices: list[int], random: object
) -> None:
    dealt = list(prices)
    random.shuffle(dealt)  # type: ignore[attr-defined]
    one, other = index_of(prices), index_of(dealt)

    assert (one.price, one.status) == (other.price, other.status)


@given(price_lists, st.integers(0, 7), st.integers(1, 10**22))
def test_index__one_price_rises_and_the_same_survive__never_falls(
    prices: list[int], which: int, rise: int
) -> None:
    risen = list(prices)
    risen[which % len(prices)] += rise
    before, after = index_of(prices), index_of(risen)
    assume(before.price is not None and after.price is not None and kept(before) == kept(after))

    assert (after.price or 0) >= (before.price or 0)


@given(price_lists)
def test_index__result__is_within_its_survivors(prices: list[int]) -> None:
    index = index_of(prices)
    assume(index.price is not None)
    survivors = [s.price or 0 for s in index.sources if s.kept]

    assert min(survivors) <= (index.price or 0) <= max(survivors)


@given(st.lists(near, min_size=1, max_size=8), st.integers(2, 1_000))
def test_index__all_prices_scaled__scales_with_them(prices: list[int], factor: int) -> None:
    one, scaled = index_of(prices), index_of([price * factor for price in prices])
    assume(one.status is scaled.status and kept(one) == kept(scaled) and one.price is not None)

    assert 0 <= (scaled.price or 0) - (one.price or 0) * factor < factor


@given(st.lists(near, min_size=1, max_size=6), st.integers(0, 5), st.integers(1, 4))
def test_index__venue_repeats_its_price__changes_nothing(prices: list[int], which: int, times: int) -> None:
    index = index_of(prices)
    repeated = Leg(VENUES[which % len(prices)], "BTC/USD")
    legs = tuple(Leg(s.venue, "BTC/USD") for s in index.sources)
    quotes = {
        leg: Quote(leg.venue, leg.symbol, p, p, p, AT, AT, AT) for leg, p in zip(legs, prices, strict=True)
    }
    extra = [Leg(repeated.venue, f"BTC/C{n}") for n in range(times)]
    coins = [FeedRules(f"C{n}/USD", (Leg("coin", f"C{n}/USD"),), 1) for n in range(times)]
    quotes |= {leg: replace(quotes[repeated], symbol=leg.symbol) for leg in extra}
    quotes |= {c.legs[0]: Quote("coin", c.feed, SCALE, SCALE, SCALE, AT, AT, AT) for c in coins}

    after = compute([*coins, FeedRules("BTC/USD", (*legs, *extra), 1)], quotes, AT)["BTC/USD"]

    assert (after.price, after.status, after.venues_kept) == (index.price, index.status, index.venues_kept)


@given(st.lists(near, min_size=3, max_size=7), anywhere)
def test_index__one_venue_anywhere__stays_within_the_others(honest: list[int], lie: int) -> None:
    index = index_of([*honest, lie])

    assert index.price is not None
    assert min(honest) <= index.price <= max(honest)


@given(st.lists(near, min_size=5, max_size=5), anywhere, anywhere)
def test_index__captured_below_half__stays_within_the_honest(honest: list[int], one: int, two: int) -> None:
    index = index_of([*honest, one, two])

    assert index.price is not None
    assert min(honest) <= index.price <= max(honest)


@given(price_lists)
def test_index__any_prices__has_a_number_exactly_when_it_may_be_signed(prices: list[int]) -> None:
    index = index_of(prices)

    assert (index.price is not None) == index.status.signable
    assert index.price is None or index.price > 0
    assert sum(s.weight_ppm for s in index.sources) <= 1_000_000
    assert all(s.reason for s in index.sources)
