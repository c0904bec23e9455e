"""What must hold of every index method for any samples. Each example goes through all of them."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.methods import METHODS, Exclusion, Sample, State
from reporter.models import SCALE

pytestmark = pytest.mark.unit

PPM = 1_000_000
GRAIN = 10**13
"""Prices in this grain are halved and multiplied by ppm without a remainder."""
AT = 1_700_000_000_000
VENUES = ("binance", "bitstamp", "bybit", "coinbase", "kraken", "mexc", "okx", "poloniex")
many = settings(max_examples=1_000)

near = st.integers(9_500 * SCALE // GRAIN, 10_500 * SCALE // GRAIN).map(lambda n: n * GRAIN)
anywhere = st.integers(1, 10**6 * SCALE // GRAIN).map(lambda n: n * GRAIN)
prices = st.one_of(near, anywhere)
spreads = st.integers(0, 200 * SCALE // GRAIN).map(lambda n: n * GRAIN)
ages = st.one_of(st.integers(0, 10_000), st.integers(0, 1_000_000))


@st.composite
def sample_lists(draw: st.DrawFn) -> list[Sample]:
    """One to eight venues, some stale, some without weight, volume or spread."""
    venues = draw(st.lists(st.sampled_from(VENUES), min_size=1, max_size=8, unique=True))
    weights, volumes = st.integers(0, PPM), st.one_of(st.just(0), st.integers(0, 10**24))
    return [
        Sample(venue, draw(prices), draw(weights), draw(spreads), draw(ages), draw(volumes))
        for venue in venues
    ]


@st.composite
def states(draw: st.DrawFn) -> State:
    """Any memory: a last price, and venues that are out for less or more than BitMEX's quarter of an hour."""
    out = draw(st.lists(st.sampled_from(VENUES), max_size=4, unique=True))
    since = st.one_of(st.none(), st.integers(AT - 2_000_000, AT))
    exclusions = tuple(Exclusion(venue, draw(since)) for venue in sorted(out))
    return State(AT, draw(st.one_of(st.none(), prices)), exclusions)


def times(samples: list[Sample], factor: int) -> list[Sample]:
    return [replace(s, price=s.price * factor, half_spread=s.half_spread * factor) for s in samples]


def equal_weights(values: list[int]) -> list[Sample]:
    """Venues of no table, so that each has one vote with every method."""
    return [Sample(f"venue {i}", value, PPM, 0, 0, 0) for i, value in enumerate(values)]


def price_of(name: str, samples: list[Sample]) -> int:
    price = METHODS[name](samples, State(AT))[0].price
    assert price is not None
    return price


@many
@given(sample_lists(), states(), st.randoms(use_true_random=False))
def test_methods__samples_in_another_order__then_same_result_and_state(
    samples: list[Sample], state: State, random: object
) -> None:
    dealt = list(samples)
    random.shuffle(dealt)  # type: ignore[attr-defined]

    for name, method in METHODS.items():
        assert method(dealt, state) == method(samples, state), name


@many
@given(sample_lists(), states(), st.integers(2, 1_000))
def test_methods__all_prices_scaled__then_the_result_scales(
    samples: list[Sample], state: State, factor: int
) -> None:
    last = None if state.last_price is None else state.last_price * factor

    for name, method in METHODS.items():
        one, _ = method(samples, state)
        scaled, _ = method(times(samples, factor), replace(state, last_price=last))
        assert (scaled.kept, scaled.reason) == (one.kept, one.reason), name
        assert 0 <= (scaled.price or 0) - (one.price or 0) * factor < factor, name
        assert scaled.confidence == (None if one.confidence is None else one.confidence * factor), name


@many
@given(sample_lists(), states())
def test_methods__any_samples__then_the_price_is_within_theirs_or_held(
    samples: list[Sample], state: State
) -> None:
    given_prices = [s.price for s in samples]

    for name, method in METHODS.items():
        result, _ = method(samples, state)
        if result.reason.startswith("held"):
            assert (name, result.price) == ("bitmex", state.last_price)
        elif result.price is None:
            assert result.reason, name
            assert result.kept == (), name
        else:
            assert min(given_prices) <= result.price <= max(given_prices), name


@many
@given(sample_lists(), states())
def test_methods__any_samples__then_those_kept_were_given_and_are_in_order(
    samples: list[Sample], state: State
) -> None:
    for name, method in METHODS.items():
        result, after = method(samples, state)
        assert set(result.kept) <= {s.venue for s in samples}, name
        assert all(one < other for one, other in pairwise(result.kept)), name
        if name == "bitmex":
            assert not {e.venue for e in after.exclusions} & set(result.kept)
        else:
            assert after == state, name


@many
@given(sample_lists(), prices)
def test_methods__all_agree__then_their_price(samples: list[Sample], price: int) -> None:
    agreed = [replace(s, price=price) for s in samples]

    for name, method in METHODS.items():
        assert method(agreed, State(AT))[0].price in {None, price}, name


@many
@given(st.lists(near, min_size=3, max_size=8), st.lists(anywhere, max_size=7))
def test_medians_and_clamps__fewer_lies_than_honest_prices__then_bounded_by_the_honest(
    honest: list[int], lies: list[int]
) -> None:
    samples = equal_weights([*honest, *lies[: len(honest) - 1]])
    low, high = min(honest), max(honest)

    for name in ("median", "hyperliquid", "pyth"):
        assert low - low // 10_000 <= price_of(name, samples) <= high + high // 10_000, name
    for name, limit_ppm in (("deribit", 5_000), ("binance", 30_000)):
        assert low - low * limit_ppm // PPM <= price_of(name, samples) <= high + high * limit_ppm // PPM, name


@many
@given(st.lists(near, min_size=2, max_size=7), anywhere)
def test_trimmed_mean__one_lie__then_within_the_honest(honest: list[int], lie: int) -> None:
    price = price_of("trimmed_mean", equal_weights([*honest, lie]))

    assert min(honest) <= price <= max(honest)


@many
@given(st.lists(st.tuples(near, spreads), min_size=1, max_size=8))
def test_pyth__any_spreads__then_confidence_is_wide_enough_for_half_of_the_votes(
    quotes: list[tuple[int, int]],
) -> None:
    samples = [Sample(str(i), price, 0, spread, 0, 0) for i, (price, spread) in enumerate(quotes)]
    result, _ = METHODS["pyth"](samples, State(AT))
    assert result.price is not None
    assert result.confidence is not None
    votes = [p + side * max(s, p // 10_000) for p, s in quotes for side in (-1, 0, 1)]

    inside = sum(abs(vote - result.price) <= result.confidence for vote in votes)

    assert result.confidence > 0
    assert 2 * inside >= len(votes)


@many
@given(st.lists(st.lists(anywhere, min_size=3, max_size=3), min_size=2, max_size=6))
def test_bitmex__any_history__then_nobody_is_back_before_a_quarter_of_an_hour(
    history: list[list[int]],
) -> None:
    state, out_at = State(AT), dict[str, int]()

    for step, row in enumerate(history):
        at_ms = AT + step * 300_000
        result, state = METHODS["bitmex"](equal_weights(row), state.at(at_ms))
        for venue in result.kept:
            assert at_ms - out_at.pop(venue, 0) > 900_000
        for exclusion in state.exclusions:
            out_at.setdefault(exclusion.venue, at_ms)
