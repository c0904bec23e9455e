"""Index methods on numbers that a reader can check, from their sources where those give any."""

import pytest

from reporter.methods import METHODS, Result, State
from reporter.methods.clamped import BINANCE_BTC_ETH, binance
from reporter.methods.plain import TrimRules, trimmed_mean
from reporter.methods.pyth import PythRules, pyth
from tests.unit.sampling import PPM, named, run, sample

pytestmark = pytest.mark.unit


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
