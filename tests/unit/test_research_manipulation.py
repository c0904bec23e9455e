"""The price of moving an index, by hand and against trying everything."""

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.index.median import median_floor, weighted_median_floor
from reporter.index.weights import capped_shares
from reporter.models import SCALE
from reporter.research.liquidity import Level
from reporter.research.manipulation import (
    UNBOUNDED_PPM,
    Attack,
    Breakdown,
    Method,
    breakdown,
    breaks,
    least_cost,
)

pytestmark = pytest.mark.unit

EQUAL = dict.fromkeys("abcde", 100 * SCALE)
DEPTH = {
    v: [Level(1_000, 10 * n), Level(20_000, 10 * n), Level(50_000, 80 * n)] for n, v in enumerate("abcde", 1)
}


def plain(prices: Mapping[str, int]) -> int:
    return median_floor(prices.values())


def mean(prices: Mapping[str, int]) -> int:
    return sum(prices.values()) // len(prices)


def weighted(weights: Mapping[str, int]) -> Method:
    return lambda prices: weighted_median_floor([(price, weights[v]) for v, price in prices.items()])


def without_outliers(prices: Mapping[str, int]) -> int | None:
    """Drop what is over 5 % from the median; no number unless more than half is left."""
    middle = median_floor(prices.values())
    near = [price for price in prices.values() if abs(price - middle) * 20 <= middle]
    return median_floor(near) if 2 * len(near) > len(prices) else None


def test_least_cost__plain_median_by_one_per_cent__the_three_thinnest_books_up_to_the_target() -> None:
    # Nearer than 1 % lie 10 per n: 10 + 20 + 30 for a, b and c.
    attack = least_cost(EQUAL, DEPTH, plain, 10_000)

    assert attack == Attack(60, {"a": 10_000, "b": 10_000, "c": 10_000}, exact=True)


def test_least_cost__by_three_per_cent__the_next_levels_too() -> None:
    attack = least_cost(EQUAL, DEPTH, plain, -30_000)

    assert attack is not None
    assert (attack.cost, set(attack.distances_ppm)) == (120, set("abc"))


def test_least_cost__mean_by_one_per_cent__one_thin_book_at_five() -> None:
    # a alone to 5 % (10 + 10 taken) moves the mean of five by 1 %.
    assert least_cost(EQUAL, DEPTH, mean, 10_000) == Attack(20, {"a": 50_000}, exact=True)


def test_least_cost__mean_by_a_half__one_book_taken_altogether() -> None:
    assert least_cost(EQUAL, DEPTH, mean, 500_000) == Attack(100, {"a": UNBOUNDED_PPM}, exact=True)


def test_least_cost__uncapped_weight__the_heavy_venue_alone_and_capped_not() -> None:
    raw = {"a": 60, "b": 10, "c": 10, "d": 10, "e": 10}

    alone = least_cost(EQUAL, DEPTH, weighted(raw), 10_000)
    capped = least_cost(EQUAL, DEPTH, weighted(capped_shares(raw)), 10_000)

    assert alone == Attack(10, {"a": 10_000}, exact=True)
    assert capped is not None
    assert (capped.cost, set(capped.distances_ppm)) == (60, set("abc"))


def test_least_cost__a_venue_below_the_others__is_further_from_the_target() -> None:
    prices = {"a": 99 * SCALE, "b": 100 * SCALE, "c": 101 * SCALE}
    depth = {"a": [Level(0, 5), Level(15_000, 5)], "b": [Level(0, 7)], "c": [Level(0, 999)]}

    # c is above 100.5 already. b alone is 5,000 ppm away: 7. a is 15,152 away: 10.
    assert least_cost(prices, depth, plain, 5_000) == Attack(7, {"b": 5_000}, exact=True)
    dear = {**depth, "b": [Level(0, 11)]}
    assert least_cost(prices, dear, plain, 5_000) == Attack(10, {"a": 15_152}, exact=True)


def test_least_cost__outliers_dropped__at_will_is_not_what_an_attacker_wants() -> None:
    attack = least_cost(EQUAL, DEPTH, without_outliers, 30_000)

    assert attack is not None
    assert attack.cost == 120
    assert max(attack.distances_ppm.values()) < 60_000


def test_least_cost__a_method_that_nothing_moves__none() -> None:
    assert least_cost(EQUAL, DEPTH, lambda _: SCALE, 1) is None


def test_least_cost__venue_without_depth__costs_nothing() -> None:
    assert least_cost({"a": SCALE}, {}, plain, 10_000) == Attack(0, {"a": 10_000}, exact=True)


def test_least_cost__too_many_combinations__bound_for_a_mean_and_exact_for_a_median() -> None:
    quick = least_cost(EQUAL, DEPTH, mean, 10_000, most_states=10)
    median = least_cost(EQUAL, DEPTH, plain, 10_000, most_states=10)

    assert quick == Attack(100, {"a": UNBOUNDED_PPM}, exact=False)
    assert median is not None
    assert (median.cost, median.exact) == (60, False)


@pytest.mark.parametrize("move_ppm", [0, -1_000_000])
def test_least_cost__no_move_or_to_zero__raises(move_ppm: int) -> None:
    with pytest.raises(ValueError, match=f"by {move_ppm} ppm on 5 venues"):
        least_cost(EQUAL, DEPTH, plain, move_ppm)


def test_least_cost__no_honest_index__raises() -> None:
    with pytest.raises(ValueError, match="cannot move None"):
        least_cost(EQUAL, DEPTH, lambda _: None, 10)


books = st.lists(st.builds(Level, st.integers(0, 60_000), st.integers(1, 99)), max_size=2)
triples = st.tuples(books, books, books)


@settings(max_examples=1_000, deadline=None)
@given(
    st.tuples(*[st.integers(980, 1_020)] * 3), triples, st.sampled_from([plain, mean]), st.integers(1, 50_000)
)
def test_least_cost__any_three_books__nothing_cheaper_among_all_ways(
    given_prices: tuple[int, ...], levels: tuple[list[Level], ...], method: Method, move_ppm: int
) -> None:
    prices = {v: p * SCALE for v, p in zip("abc", given_prices, strict=True)}
    depth = dict(zip("abc", levels, strict=True))
    target = (method(prices) or 0) * (1_000_000 + move_ppm)

    attack = least_cost(prices, depth, method, move_ppm)

    # Every way: stop before one of the levels, or take all and go anywhere.
    cheapest = None
    for stops in product(*[range(len(book) + 1) for book in levels]):
        cost, moved = 0, {}
        for venue, stop in zip("abc", stops, strict=True):
            book = sorted(depth[venue], key=lambda level: level.distance_ppm)
            cost += sum(level.quote_amount for level in book[:stop])
            reach = 1_000_000 + book[stop].distance_ppm if stop < len(book) else 10**12
            moved[venue] = -(-prices[venue] * reach // 1_000_000)
        if (method(moved) or 0) * 1_000_000 >= target and (cheapest is None or cost < cheapest):
            cheapest = cost
    assert attack is not None
    assert attack.cost == cheapest


def test_breakdown__methods__as_the_theory_says() -> None:
    raw = {"a": 60, "b": 10, "c": 10, "d": 10, "e": 10}
    equal = dict.fromkeys("abcde", 200_000)
    capped = capped_shares(raw)
    as_ppm = {venue: weight * 10_000 for venue, weight in raw.items()}

    assert breakdown(EQUAL, equal, mean) == Breakdown(1, 200_000)
    assert breakdown(EQUAL, equal, plain) == Breakdown(3, 600_000)
    assert breakdown(EQUAL, equal, without_outliers) == Breakdown(3, 600_000)
    assert breakdown(EQUAL, as_ppm, weighted(raw)) == Breakdown(1, 600_000)
    assert breakdown(EQUAL, capped, weighted(capped)) == Breakdown(3, 570_000)
    assert breakdown(EQUAL, equal, lambda _: SCALE) is None


def test_breakdown__even_count__half_is_enough_for_a_median() -> None:
    prices = {v: SCALE for v in "abcd"}

    assert breakdown(prices, dict.fromkeys(prices, 250_000), plain) == Breakdown(2, 500_000)


def test_breakdown__too_many_venues__raises() -> None:
    prices = {str(n): SCALE for n in range(17)}

    with pytest.raises(ValueError, match="17 venues"):
        breakdown(prices, prices, plain)


@settings(max_examples=1_000)
@given(
    st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(1, 10**9), min_size=5),
    st.tuples(st.integers(0, 99), st.integers(0, 99)),
)
def test_capped_weights__any_two_venues_captured__do_not_break_the_weighted_median(
    raw: dict[str, int], which: tuple[int, int]
) -> None:
    prices = {venue: (100 + position) * SCALE for position, venue in enumerate(sorted(raw))}
    captured = {sorted(raw)[position % len(raw)] for position in which}

    assert not breaks(prices, captured, weighted(capped_shares(raw)))
