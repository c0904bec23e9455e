"""What must hold for any prices: 1,000 examples of each property.

The index of a moment without a past, unless a property is about the past. Sources differ in price, width, age and
weight; a price is near the others, or anywhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reporter.index import State, compute, plan, step
from reporter.models import SCALE, FeedRules, Index, Leg, Quote
from tests.unit.index_cases import Sequence as Moments

pytestmark = pytest.mark.unit

AT = 1_700_000_000_000
FEED = "BTC/USD"
VENUES = "abcdefgh"
COINS = 3
PPM = 1_000_000
EXACT = 10**6
"""Prices that are multiples of this leave no remainder in any median, half or basis point."""

many = settings(max_examples=1_000)

near = st.integers(9_900 * SCALE, 10_100 * SCALE)
tight = st.integers(9_990 * SCALE, 10_010 * SCALE)
anywhere = st.integers(1, 10**6 * SCALE)


@st.composite
def sources(draw: st.DrawFn, price: st.SearchStrategy[int], least: int = 1, most: int = 8) -> list[Quote]:
    """One quote per venue; the book is as wide as 0 to 1 % of the price."""
    found = []
    for venue in VENUES[: draw(st.integers(least, most))]:
        middle = draw(price)
        half = middle * draw(st.sampled_from([0, 0, 0, 50, 300, 5_000])) // PPM
        time = AT - draw(st.sampled_from([0, 0, 0, 9_000, 15_000, 29_000, 30_000]))
        found.append(Quote(venue, FEED, middle - half, middle + half, middle, time, time, time))
    return found


weights = st.just(()) | st.lists(st.integers(1, 60), min_size=8, max_size=8).map(
    lambda each: tuple(zip(VENUES, each, strict=True))
)
mixed = sources(near) | sources(st.one_of(near, near, near, anywhere))


def index_of(quotes: Sequence[Quote], weights: tuple[tuple[str, int], ...] = ()) -> Index:
    legs = tuple(Leg(quote.venue, quote.symbol) for quote in quotes)
    order = plan([FeedRules(FEED, legs, 1, weights=weights)])
    return compute(order, dict(zip(legs, quotes, strict=True)), AT)[FEED]


def moved(quote: Quote, times: int = 1, plus: int = 0) -> Quote:
    """The quote with all its prices times a factor, or that much higher."""
    bid, ask, last = (price * times + plus for price in (quote.bid, quote.ask, quote.last))
    return replace(quote, bid=bid, ask=ask, last=last)


def kept(index: Index) -> list[str]:
    return [s.venue for s in index.sources if s.kept]


def is_plain(index: Index) -> bool:
    """Whether the median was the plain one of all, because outliers could not be dropped."""
    return len({s.weight_ppm for s in index.sources if s.kept}) == 1


@many
@given(mixed, weights, st.randoms(use_true_random=False))
def test_index__order_of_legs_and_quotes__does_not_matter(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...], random: Random
) -> None:
    shuffled = random.sample(quotes, len(quotes))
    heavy = tuple(random.sample(weights, len(weights)))

    assert index_of(quotes, weights) == index_of(shuffled, heavy)


@many
@given(mixed, st.randoms(use_true_random=False))
def test_index__quotes_dealt_to_other_venues__same_numbers(quotes: list[Quote], random: Random) -> None:
    names = random.sample([quote.venue for quote in quotes], len(quotes))
    dealt = [replace(quote, venue=venue) for quote, venue in zip(quotes, names, strict=True)]
    one, other = index_of(quotes), index_of(dealt)

    assert (one.price, one.status, one.confidence) == (other.price, other.status, other.confidence)


@many
@given(mixed, weights, st.integers(0, 7), st.integers(1, 10**22) | st.integers(1, 10**20))
def test_index__one_price_rises_and_the_same_survive__never_falls(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...], which: int, rise: int
) -> None:
    position = which % len(quotes)
    risen = [*quotes[:position], moved(quotes[position], plus=rise), *quotes[position + 1 :]]
    before, after = index_of(quotes, weights), index_of(risen, weights)
    assume(before.price is not None and after.price is not None and kept(before) == kept(after))
    assume(is_plain(before) == is_plain(after))

    assert after.price >= before.price


@many
@given(mixed, weights)
def test_index__result__is_within_its_survivors(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...]
) -> None:
    index = index_of(quotes, weights)
    assume(index.price is not None)
    survivors = [s.price for s in index.sources if s.kept]

    assert min(survivors) <= index.price <= max(survivors)


@many
@given(sources(tight, 2), sources(st.one_of(near, anywhere), 1, 7), st.booleans())
def test_index__fewer_captured_than_honest_venues__stays_within_the_honest(
    honest: list[Quote], captured: list[Quote], together: bool
) -> None:
    """Of equal weight and age. The honest are within 0.2 % of each other, so that the band keeps them."""
    captured = [captured[0] if together else quote for quote in captured[: len(honest) - 1]]
    fresh = [
        replace(quote, venue=venue, book_at_ms=AT, last_at_ms=AT, received_at_ms=AT)
        for venue, quote in zip("abcdefghijklmnop", [*honest, *captured], strict=False)
    ]
    index = index_of(fresh)
    prices = [quote.last for quote in honest]

    assert index.price is None or min(prices) <= index.price <= max(prices)


@settings(max_examples=4_000)
@given(
    sources(tight, 5, 8),
    st.lists(st.integers(1, 60), min_size=8, max_size=8),
    st.sets(st.sampled_from(VENUES), min_size=1, max_size=5),
    st.lists(st.one_of(near, near, anywhere), min_size=8, max_size=8),
    st.booleans(),
)
def test_index__captured_below_half_of_the_weight__stays_within_the_honest(
    quotes: list[Quote], each: list[int], captured: set[str], lies: list[int], together: bool
) -> None:
    """Also where they are most of the venues. The honest are within 0.2 % of each other, so that the band keeps them."""
    heavy = tuple(zip(VENUES, each, strict=True))
    shares = {s.venue: s.weight_ppm for s in index_of(quotes, heavy).sources}
    assume(2 * sum(shares.get(venue, 0) for venue in captured) < sum(shares.values()) - 2 * len(shares))
    told = [lies[0] if together else lies[VENUES.index(quote.venue)] for quote in quotes]
    index = index_of(
        [
            replace(quote, bid=lie, ask=lie, last=lie) if quote.venue in captured else quote
            for quote, lie in zip(quotes, told, strict=True)
        ],
        heavy,
    )
    honest = [s.price for s in index.sources if s.venue not in captured and s.price]

    assert index.price is None or min(honest) <= index.price <= max(honest)


@many
@given(sources(st.one_of(tight, near), 1), weights, st.sets(st.sampled_from(VENUES)))
def test_index__captured_below_half_of_the_survivors_weight__stays_within_the_honest_survivors(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...], captured: set[str]
) -> None:
    index = index_of(quotes, weights)
    counted = [s for s in index.sources if s.kept and index.price is not None]
    share = sum(s.weight_ppm for s in counted if s.venue in captured)
    assume(counted and 2 * share < sum(s.weight_ppm for s in counted))
    honest = [s.price for s in counted if s.venue not in captured]

    assert min(honest) <= index.price <= max(honest)


@many
@given(sources(st.integers(9_900 * 10**12, 10_100 * 10**12).map(lambda n: n * EXACT)), weights, st.data())
def test_index__prices_without_remainders_scaled__every_number_scales_exactly(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...], data: st.DataObject
) -> None:
    factor = data.draw(st.integers(2, 10**6))
    one = index_of(quotes, weights)
    scaled = index_of([moved(quote, times=factor) for quote in quotes], weights)

    assert (scaled.status, kept(scaled)) == (one.status, kept(one))
    assert [s.weight_ppm for s in scaled.sources] == [s.weight_ppm for s in one.sources]
    assert scaled.price == (None if one.price is None else one.price * factor)
    assert scaled.confidence == (None if one.confidence is None else one.confidence * factor)


@many
@given(sources(near), weights, st.integers(2, 1_000))
def test_index__any_prices_scaled_and_the_same_survive__scales_up_to_one_floor(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...], factor: int
) -> None:
    """The index floors once, before it is scaled or after: the second keeps up to ``factor - 1`` more."""
    one, scaled = index_of(quotes, weights), index_of([moved(q, times=factor) for q in quotes], weights)
    assume(one.price is not None and scaled.price is not None and kept(one) == kept(scaled))

    assert 0 <= scaled.price - one.price * factor < factor


@many
@given(sources(near), weights, st.integers(0, 7), st.integers(1, COINS))
def test_index__venue_repeats_itself__changes_nothing(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...], which: int, times: int
) -> None:
    said = quotes[which % len(quotes)]
    legs = {Leg(quote.venue, FEED): quote for quote in quotes}
    again = {Leg(said.venue, f"BTC/C{n}"): replace(said, symbol=f"BTC/C{n}") for n in range(times)}
    coins = {Leg("coin", f"C{n}/USD"): SCALE for n in range(times)}
    ones = {leg: Quote(*leg, one, one, one, AT, AT, AT) for leg, one in coins.items()}
    feeds = [FeedRules(leg.symbol, (leg,), 1) for leg in coins]
    feeds.append(FeedRules(FEED, (*legs, *again), 1, weights=weights))

    before, after = index_of(quotes, weights), compute(plan(feeds), legs | again | ones, AT)[FEED]

    assert (after.price, after.status, after.confidence) == (before.price, before.status, before.confidence)
    assert set(kept(after)) == set(kept(before))


@many
@given(st.integers(0, 2**32))
def test_step__state_handed_on_twice__same_bits(seed: int) -> None:
    sequence = Moments(seed)
    state: State = {}
    for at_ms, quotes in sequence.moments(6):
        told = repr(state)

        first = step(sequence.plan, quotes, at_ms, state)
        second = step(sequence.plan, dict(reversed(quotes.items())), at_ms, dict(reversed(state.items())))

        assert repr(first) == repr(second)
        assert repr(state) == told
        state = first[1]


@many
@given(mixed, weights)
def test_index__any_prices__has_a_number_exactly_when_it_may_be_signed(
    quotes: list[Quote], weights: tuple[tuple[str, int], ...]
) -> None:
    index = index_of(quotes, weights)

    assert (index.price is not None) == index.status.signable
    assert (index.price is not None) == (index.confidence is not None)
    assert index.price is None or index.price > 0
    assert sum(s.weight_ppm for s in index.sources) <= PPM + len(index.sources)  # a speck counts for 1
    assert all(s.weight_ppm > 0 for s in index.sources if s.kept and index.price is not None)
    assert all(s.reason for s in index.sources)
