"""A basis that leaves its band, and one that does not."""

from random import Random

import pytest

from reporter.decoupling import DecouplingRules, DecouplingWatch, Episode, decouplings

pytestmark = pytest.mark.unit
RULES = DecouplingRules(sigmas=4, lasting_s=300, window_s=36_000, least=50, fewest=30)


def calm(minutes: int, start: int = 0) -> list[tuple[int, int]]:
    """Between -20 and 20, a sample a minute."""
    noise = Random(5)
    return [(60 * (start + i), noise.randint(-20, 20)) for i in range(minutes)]


def away(minutes: int, basis: int, start: int) -> list[tuple[int, int]]:
    return [(60 * (start + i), basis) for i in range(minutes)]


def test_decouplings__calm_all_the_time__none() -> None:
    assert decouplings(calm(2_000), RULES) == []


def test_decouplings__away_for_ten_minutes__from_leaving_to_the_last_away() -> None:
    samples = [*calm(100), *away(9, -500, 100), (60 * 109, -900), *calm(50, 110)]

    assert decouplings(samples, RULES) == [Episode(6_000, 6_540, -900)]


def test_decouplings__away_for_less_than_it_must_last__none() -> None:
    assert decouplings([*calm(100), *away(5, 500, 100), *calm(50, 105)], RULES) == []


def test_decouplings__exactly_as_long_as_it_must_last__called() -> None:
    assert len(decouplings([*calm(100), *away(6, 500, 100), *calm(50, 106)], RULES)) == 1


def test_decouplings__still_away_at_the_end__ends_there() -> None:
    assert decouplings([*calm(100), *away(20, 500, 100)], RULES) == [Episode(6_000, 7_140, 500)]


def test_decouplings__twice__two() -> None:
    samples = [*calm(100), *away(10, 500, 100), *calm(100, 110), *away(10, -500, 210), *calm(9, 220)]

    assert [e.worst for e in decouplings(samples, RULES)] == [500, -500]


def test_decouplings__a_market_that_never_moved__needs_the_least_distance() -> None:
    still = [(60 * i, 0) for i in range(100)]

    assert decouplings([*still, *away(20, 50, 100)], RULES) == []
    assert len(decouplings([*still, *away(20, 51, 100)], RULES)) == 1


def test_watch__four_sigma_exactly__not_away() -> None:
    watch = DecouplingWatch(DecouplingRules(sigmas=4, lasting_s=0, window_s=36_000, least=0, fewest=30))
    for i in range(30):
        watch.see(i, 10 if i % 2 else -10)  # mean 0, sigma 10

    assert not watch.see(30, 40)
    assert DecouplingRules().sigmas == 4


def test_watch__just_beyond_four_sigma__away() -> None:
    watch = DecouplingWatch(DecouplingRules(sigmas=4, lasting_s=0, window_s=36_000, least=0, fewest=30))
    for i in range(30):
        watch.see(i, 10 if i % 2 else -10)

    assert watch.see(30, 41)


def test_watch__away_for_longer_than_the_window__learns_the_new_normal() -> None:
    watch = DecouplingWatch(RULES)
    for at_s, basis in [*calm(100), *away(600, 500, 100)]:
        watch.see(at_s, basis)

    assert watch.away_since_s is None


def test_watch__too_few_samples__never_away() -> None:
    watch = DecouplingWatch(RULES)
    called = [watch.see(60 * i, 0) for i in range(29)]

    assert not any([*called, watch.see(60 * 29, 10**9)])
    assert watch.away_since_s is None


def test_watch__a_wild_day_longer_ago_than_the_window__no_longer_widens_the_band() -> None:
    watch = DecouplingWatch(RULES)
    wild = [(60 * i, 5_000 if i % 2 else -5_000) for i in range(100)]
    for at_s, basis in [*wild, *calm(700, 100)]:
        watch.see(at_s, basis)

    watch.see(60 * 800, 200)

    assert watch.away_since_s == 60 * 800
