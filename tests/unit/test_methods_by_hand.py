"""Index methods on numbers that a reader can check, from their sources where those give any."""

import pytest

from reporter.methods import METHODS, Exclusion, Result, Sample, State
from reporter.methods.bitmex import BitmexRules, bitmex
from reporter.methods.clamped import BINANCE_BTC_ETH, binance
from reporter.methods.plain import TrimRules, trimmed_mean
from reporter.methods.pyth import PythRules, pyth
from reporter.methods.stake import flare_quartiles, skip_price

pytestmark = pytest.mark.unit

PPM = 1_000_000
MINUTE = 60_000


def sample(
    venue: str, price: int, weight_ppm: int = PPM, half_spread: int = 0, age_ms: int = 0, volume: int = 0
) -> Sample:
    return Sample(venue, price, weight_ppm, half_spread, age_ms, volume)


def named(**prices: int) -> list[Sample]:
    return [sample(venue, price) for venue, price in prices.items()]


def run(name: str, samples: list[Sample]) -> Result:
    return METHODS[name](samples, State())[0]


def test_methods__names__then_those_of_the_comparison() -> None:
    assert list(METHODS) == [
        "median",
        "weighted_mean",
        "deribit",
        "binance",
        "bitmex",
        "trimmed_mean",
        "hyperliquid",
        "pyth",
    ]


@pytest.mark.parametrize("name", METHODS)
def test_methods__no_samples__then_no_price_and_a_reason(name: str) -> None:
    result = run(name, [])

    assert (result.price, result.confidence, result.kept) == (None, None, ())
    assert result.reason


@pytest.mark.parametrize(
    ("name", "max_age_ms"),
    [
        ("median", 30_000),
        ("weighted_mean", 30_000),
        ("deribit", 180_000),
        ("binance", 300_000),
        ("bitmex", 900_000),
        ("trimmed_mean", 180_000),
        ("hyperliquid", 30_000),
        ("pyth", 10_000),
    ],
)
def test_methods__one_just_stale__then_left_out(name: str, max_age_ms: int) -> None:
    old = [sample("a", 100_000, age_ms=max_age_ms), sample("b", 104_000, age_ms=max_age_ms + 1)]

    result = run(name, old)

    assert (result.price, result.kept) == (100_000, ("a",))


@pytest.mark.parametrize("name", ["weighted_mean", "deribit", "binance", "bitmex"])
def test_weighted_methods__no_weight_at_all__then_no_price(name: str) -> None:
    result = run(name, [sample("a", 100, 0), sample("b", 100, 0)])

    assert result.price is None
    assert "weight" in result.reason


def test_median__an_even_count__then_the_floor_mean_of_the_middle_two() -> None:
    assert run("median", named(a=4, b=1, c=2, d=9)) == Result(3, None, ("a", "b", "c", "d"), "")


def test_weighted_mean__cryptocompares_shares__then_three_quarters_of_a_and_a_quarter_of_b() -> None:
    by_volume = [sample("a", 1_000, 1, volume=75), sample("b", 2_000, PPM, volume=25)]

    assert run("weighted_mean", by_volume).price == 1_250


def test_weighted_mean__one_volume_unknown__then_it_has_no_say_and_without_any_the_weights_have() -> None:
    mixed = [sample("a", 1_000, volume=75), sample("b", 2_000)]
    unknown = [sample("a", 1_000, 250_000), sample("b", 2_000, 750_000)]

    assert run("weighted_mean", mixed) == Result(1_000, None, ("a",), "")
    assert run("weighted_mean", unknown) == Result(1_750, None, ("a", "b"), "")


def test_trimmed_mean__deribits_six_exchanges__then_highest_and_lowest_out_and_four_count_alike() -> None:
    six = named(bitstamp=600, gemini=604, bitfinex=700, itbit=602, gdax=606, kraken=100)

    assert run("trimmed_mean", six) == Result(603, None, ("bitstamp", "gdax", "gemini", "itbit"), "")


@pytest.mark.parametrize(("prices", "expected"), [([5], 5), ([5, 8], 6), ([5, 8, 90], 8)])
def test_trimmed_mean__few_exchanges__then_one_or_two_make_the_index(
    prices: list[int], expected: int
) -> None:
    assert run("trimmed_mean", [sample(str(i), p) for i, p in enumerate(prices)]).price == expected


def test_trimmed_mean__two_dropped_each__then_two_lies_on_one_side_go() -> None:
    five = named(a=100, b=102, c=104, d=900, e=901)

    assert trimmed_mean(five, State(), TrimRules(drop_each=2))[0].price == 104


def test_deribit__its_page_with_equal_weights__then_the_equal_mean_of_the_capped() -> None:
    """100.495, 101 and 101.505 in thousandths."""
    result = run("deribit", named(a=100_000, b=101_000, c=120_000))

    assert result.price == (100_495 + 101_000 + 101_505) // 3


def test_binance__its_two_examples_at_once__then_each_counts_at_its_limit() -> None:
    """+7 % and -6 % around 20,000 USDT count at 20,600 and 19,400; volumes 3, 1 and 1."""
    three = [
        sample("a", 21_400, volume=3),
        sample("b", 18_800, volume=1),
        sample("c", 20_000, volume=1),
    ]

    assert binance(three, State())[0].price == (3 * 20_600 + 19_400 + 20_000) // 5
    assert binance(three, State(), BINANCE_BTC_ETH)[0].price == (3 * 20_200 + 19_800 + 20_000) // 5


def test_binance__back_within_the_limit__then_counted_at_its_own_price() -> None:
    assert run("binance", named(a=20_000, b=20_000, c=20_599)).price == (20_000 + 20_000 + 20_599) // 3


def test_hyperliquid__its_eight_venues__then_weights_3_2_2_and_1() -> None:
    """12 votes: five small venues are below Bybit, the five of Binance and OKX above; a plain median gives 103."""
    eight = named(
        binance=200, okx=200, bybit=110, kraken=100, kucoin=101, gate=102, mexc=103, hyperliquid=104
    )

    assert run("hyperliquid", eight).price == 110


@pytest.mark.parametrize(
    ("venue", "weight"),
    [
        ("binance", 3),
        ("okx", 2),
        ("bybit", 2),
        ("kraken", 1),
        ("kucoin", 1),
        ("gate", 1),
        ("mexc", 1),
        ("hyperliquid", 1),
        ("unlisted", 1),
    ],
)
def test_hyperliquid__as_many_others_as_the_venue_weighs__then_half_way(venue: str, weight: int) -> None:
    others = [sample(str(i), 100) for i in range(weight)]

    assert run("hyperliquid", [sample(venue, 200), *others]).price == 150


def test_hyperliquid__exactly_half__then_the_floor_mean_of_the_neighbours() -> None:
    assert run("hyperliquid", named(binance=101, okx=100, coinbase=90)).price == 100
    assert run("hyperliquid", named(okx=100, kraken=103, unlisted=104)).price == 101


def test_pyth__the_posts_two_publishers__then_about_52500_and_500() -> None:
    """ "$52000 +- 10 and $53000 +- 20 may combine to $52500 +- 500"; the program's own arithmetic gives 52495 and 505."""
    two = [sample("a", 52_000, half_spread=10), sample("b", 53_000, half_spread=20)]

    assert pyth(two, State(), PythRules(min_confidence_ppm=0))[0] == Result(52_495, 505, ("a", "b"), "")


def test_pyth__the_posts_goals__then_robust_and_closer_to_the_surer() -> None:
    one_low = [*(sample(v, 10_000, half_spread=10) for v in "abcd"), sample("e", 8_000, half_spread=10)]
    unequal = [sample("a", 10_100, half_spread=100), sample("b", 11_000, half_spread=1_000)]

    assert run("pyth", one_low).price == 10_000
    assert run("pyth", unequal).price == 10_150


def test_pyth__too_few_publishers__then_no_price() -> None:
    result, _ = pyth(named(a=100, b=100), State(), PythRules(min_publishers=3))

    assert result == Result(None, None, (), "2 of at least 3 publishers")


def test_pyth__no_spread_known__then_a_basis_point() -> None:
    assert run("pyth", named(a=20_000)) == Result(20_000, 2, ("a",), "")


def test_bitmex__its_example_of_2017__then_c_is_removed_and_the_index_stays() -> None:
    """Equal weights at 100, C changes to 50: the index is that of A and B."""
    result, state = bitmex(named(a=100, b=100, c=50), State(), BitmexRules(exclude_ppm=250_000))

    assert result == Result(100, None, ("a", "b"), "")
    assert state == State(0, 100, (Exclusion("c", None),))


@pytest.mark.parametrize(("price", "kept"), [(109, 3), (110, 2), (91, 3), (90, 2)])
def test_bitmex__of_three__then_ten_percent_or_more_is_out(price: int, kept: int) -> None:
    assert len(run("bitmex", named(a=100, b=100, c=price)).kept) == kept


def test_bitmex__two_constituents_disagree__then_the_last_price_until_they_agree() -> None:
    """Five percent of the median of 2000 is 100."""
    before = State(0, 1_990)

    held, state = bitmex(named(a=1_900, b=2_100), before)
    agreed, _ = bitmex(named(a=1_901, b=2_099), state)

    assert held == Result(1_990, None, ("a", "b"), "held: two constituents disagree")
    assert agreed == Result(2_000, None, ("a", "b"), "")


def test_bitmex__two_far_apart__then_held_and_neither_is_out() -> None:
    held, state = bitmex(named(a=1_000, b=1_300), State(0, 1_000))

    assert (held.price, held.kept, state.exclusions) == (1_000, ("a", "b"), ())


def test_bitmex__two_disagree_and_a_third_is_near_their_median__then_it_comes_back() -> None:
    """Rule 4a goes by the median of the two, however far the held price is."""
    waiting = State(16 * MINUTE, 1_500, (Exclusion("c", 0),))

    result, _ = bitmex(named(a=1_900, b=2_100, c=2_000), waiting)

    assert result == Result(2_000, None, ("a", "b", "c"), "")


def test_bitmex__the_only_constituent_jumps__then_the_last_price() -> None:
    before = State(0, 1_000)

    assert bitmex(named(a=1_100), before)[0].price == 1_000
    assert bitmex(named(a=1_099), before)[0].price == 1_099


def test_bitmex__weights__then_those_that_are_in_share_the_weight() -> None:
    weighted = [sample("a", 100, 500_000), sample("b", 104, 250_000), sample("c", 200, 250_000)]

    assert run("bitmex", weighted).price == (100 * 2 + 104) // 3


def readmission(*c_prices: int) -> list[str]:
    """Who is in, every five minutes from C's exclusion on, while A and B stay at 1000."""
    _, state = bitmex(named(a=1_000, b=1_000, c=2_000), State())
    active = []
    for step, price in enumerate(c_prices):
        result, state = bitmex(named(a=1_000, b=1_000, c=price), state.at(step * 5 * MINUTE))
        active.append("".join(result.kept))
    return active


def test_bitmex__near_for_more_than_a_quarter_of_an_hour__then_back() -> None:
    assert readmission(1_020, 1_020, 980, 1_000, 1_020) == ["ab", "ab", "ab", "ab", "abc"]


def test_bitmex__away_for_a_moment__then_the_time_starts_again() -> None:
    assert readmission(1_000, 1_000, 1_021, 1_000, 1_000, 1_000, 1_000, 1_000) == ["ab"] * 7 + ["abc"]


def test_bitmex__stale_while_waiting__then_the_time_starts_again() -> None:
    near = State(15 * MINUTE, 100, (Exclusion("c", 0),))

    _, state = bitmex(named(a=100, b=100), near.at(16 * MINUTE))

    assert state.exclusions == (Exclusion("c", None),)


def test_bitmex__nobody_is_in__then_back_near_the_last_price() -> None:
    """Rule 4b: within 10 % of the index price, for the same quarter of an hour."""
    both_out = State(16 * MINUTE, 100, (Exclusion("a", 0), Exclusion("b", 0)))

    result, state = bitmex(named(a=109, b=111), both_out)

    assert result == Result(109, None, ("a",), "")
    assert state.exclusions == (Exclusion("b", None),)


def test_bitmex__nobody_is_in_before_the_first_price__then_nobody_stays_out() -> None:
    result, state = bitmex(named(a=100, b=100, c=200, d=200), State())

    assert (result.price, result.kept) == (None, ())
    assert state == State(0, None, ())


def test_skip_price__exactly_half__then_the_lower_neighbour() -> None:
    assert skip_price([(100, 1), (200, 1)], 2) == 100
    assert skip_price([], 2) is None


def test_skip_price__an_odd_stake__then_its_half_is_rounded_down() -> None:
    """A third of the stake is enough here, which is not what a median promises."""
    assert skip_price([(100, 1), (200, 2)], 3) == 100


def test_skip_price__quorum__then_two_thirds_to_the_third_decimal() -> None:
    assert skip_price([(100, 667)], 1_000) == 100
    assert skip_price([(100, 666)], 1_000) is None


def test_flare_quartiles__two_voters_of_its_own_test__then_the_average_rounded_down() -> None:
    assert flare_quartiles([(3, 1), (4, 1)]) == (3, 3, 4)


def test_flare_quartiles__weights_that_grow_with_the_value__then_those_of_its_own_test() -> None:
    assert flare_quartiles([(n, n) for n in range(1, 101)]) == (71, 50, 87)


def test_flare_quartiles__no_voters__then_refused() -> None:
    with pytest.raises(ValueError, match="positive weights"):
        flare_quartiles([])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("median", 10_000),
        ("weighted_mean", 7_900),
        ("deribit", 9_970),
        ("binance", 9_820),
        ("trimmed_mean", 10_000),
        ("hyperliquid", 10_000),
        ("pyth", 9_999),
        ("bitmex", 10_000),
    ],
)
def test_methods__one_venue_with_most_of_the_weight_falls_by_35_percent__then_as_far_as_its_clamp(
    name: str, expected: int
) -> None:
    """The shape of USDe on Binance, 2025-10-10: 0.65 where 60 % of the volume is, 1.00 elsewhere.

    Pyth's 1 is the lower vote of a venue at 10,000: its confidence of 1 bp.
    """
    rest = [sample("a", 10_000, 200_000), sample("b", 10_000, 100_000), sample("c", 10_000, 100_000)]

    assert run(name, [sample("x", 6_500, 600_000), *rest]).price == expected
