"""Out for a while, or until a person re-admits: outliers and the bias monitor."""

import pytest

from reporter.index.bias import barred
from reporter.index.state import FeedState
from reporter.models import SCALE, Status
from tests.unit.stepping import FEED, FLAT, Tape, kept, rules

pytestmark = pytest.mark.unit


def test_outlier__back_within_half_the_band_for_60_s__counts_again() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})

    seen = [kept(tape(FLAT | {"e": 100.2})) for _ in range(8)]

    assert seen == ["abcd"] * 6 + ["abcde"] * 2


def test_outlier__within_the_band_but_not_half_of_it__stays_out() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})

    seen = {kept(tape(FLAT | {"e": 100.4})) for _ in range(20)}

    assert seen == {"abcd"}


@pytest.mark.parametrize("interruption", [FLAT | {"e": 100.3}, dict.fromkeys("abcd", 100.0)])
def test_outlier__away_again_or_silent_before_60_s__starts_over(interruption: dict[str, float]) -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})
    for _ in range(6):
        tape(FLAT)
    tape(interruption)

    seen = [kept(tape(FLAT)) for _ in range(7)]

    assert seen == ["abcd"] * 6 + ["abcde"]


def test_outlier__nobody_looked_for_longer_than_60_s__was_not_continuous() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})
    tape(FLAT)

    assert kept(tape(FLAT, after_s=61)) == "abcd"
    assert kept(tape(FLAT, after_s=60)) == "abcde"


@pytest.mark.parametrize("e_price", [102, None])
def test_outlier__away_or_silent_while_too_few_were_left__starts_over(e_price: float | None) -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})
    for _ in range(4):
        tape(FLAT)
    few = {"a": 100.0, "b": 100.0} | ({"c": 102.0} if e_price is None else {"e": e_price})
    tape(few)

    seen = [kept(tape(FLAT)) for _ in range(7)]

    assert seen == ["abcd"] * 6 + ["abcde"]


def test_outlier__long_gap_and_then_too_few__was_not_continuous() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})
    tape(FLAT)
    tape({"a": 100, "b": 100, "e": 100}, after_s=200)

    assert kept(tape(FLAT)) == "abcd"


def test_outlier__could_not_be_dropped__is_not_excluded_from_then_on() -> None:
    tape = Tape(rules("abcde"))
    degraded = tape({"a": 100, "b": 100, "c": 102})

    assert (degraded.status, kept(degraded)) == (Status.DEGRADED, "abc")
    assert tape.memory[FEED].excluded == ()


LIGHT = (("a", 100), ("b", 100), ("c", 100), ("d", 1), ("e", 1), ("f", 1), ("g", 1))
"""Capped at 24 % each, three of seven venues have 72 % of the weight."""


def test_outlier__most_venues_with_little_weight__cannot_move_the_index_and_it_is_held() -> None:
    tape = Tape(rules("abcdefg", weights=LIGHT))

    index = tape(dict.fromkeys("abc", 100.0) | dict.fromkeys("defg", 103.0))

    assert (index.status, index.price) == (Status.HELD, None)
    assert index.reason == "most venues are at 103, most of the weight is at 100: more than 0.50 % apart"


def test_outlier__three_of_the_light_venues__are_dropped() -> None:
    tape = Tape(rules("abcdefg", weights=LIGHT))

    index = tape(dict.fromkeys("abcd", 100.0) | dict.fromkeys("efg", 103.0))

    assert (index.price, kept(index)) == (100 * SCALE, "abcd")


def test_outlier__most_of_the_weight_would_go__none_is_dropped() -> None:
    heavy = (("a", 100), ("b", 100), ("c", 10), *((venue, 13) for venue in "defghi"))
    tape = Tape(rules("abcdefghi", weights=heavy))

    index = tape({"a": 94, "b": 106, "c": 106} | dict.fromkeys("defghi", 100.0))

    assert (index.status, index.price, kept(index)) == (Status.DEGRADED, 100 * SCALE, "abcdefghi")
    assert index.reason.startswith("outliers among 9 venues")


def test_degraded__median_of_all__weighs_as_ever() -> None:
    flat = dict.fromkeys("abcdefg", 100.0)
    tape = Tape(rules("abcdefg", weights=(("a", 60), ("b", 1))))
    for out in ({"a": 102}, {"a": 102, "b": 102}, {"a": 102, "b": 102, "c": 102}):
        tape(flat | out)

    index = tape(flat | {"a": 100.3, "b": 100.3, "c": 100.3, "d": 102})

    assert (index.status, index.price) == (Status.DEGRADED, 1003 * SCALE // 10)
    assert [s.weight_ppm for s in index.sources] == [240_000] + [126_666] * 6


def test_one_venue__excluded_as_an_outlier__is_degraded_though_the_last_index_agrees() -> None:
    tape = Tape(rules("abcde", min_venues=1))
    tape(FLAT | {"e": 100.9})

    index = tape({"e": 100.9})

    assert (index.status, index.reason) == (Status.DEGRADED, "1 venue, an outlier until now")


def test_outlier__says_how_long_it_has_been_back() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT | {"e": 102})
    tape(FLAT | {"e": 101})

    away = tape(FLAT | {"e": 101}).sources[-1].reason
    tape(FLAT)
    back = tape(FLAT).sources[-1].reason

    assert away == "excluded as an outlier, now +1.00 %: not within half of 0.50 %"
    assert back == "excluded as an outlier, now +0.00 %: back for 10.0 s"


def test_bias__premium_of_two_percent__is_barred_within_the_hour_and_stays_so() -> None:
    tape = Tape(rules("abcde"))
    barred_after = next(m for m in range(120) if tape(FLAT | {"e": 102}, 60) and tape.memory[FEED].barred)

    index = tape(FLAT, 60)
    for _ in range(120):
        index = tape(FLAT, 60)

    assert 30 <= barred_after <= 33
    assert kept(index) == "abcd"
    assert index.sources[-1].reason == "excluded by the bias monitor until a person re-admits it"


def test_bias__premium_within_the_band_but_over_one_percent__is_barred() -> None:
    tape = Tape(rules("abcde"))
    for _ in range(70):
        tape({"a": 99, "b": 99.5, "c": 100, "d": 100.5, "e": 101.5}, 60)

    assert tape.memory[FEED].barred == ("e",)


def test_bias__a_premium_that_ends__is_forgotten_after_the_window() -> None:
    tape = Tape(rules("abcde"))
    for minute in range(200):
        tape(FLAT | {"e": 101.5 if minute % 100 < 30 else 100}, 60)

    assert tape.memory[FEED].barred == ()


@pytest.mark.parametrize("factor", [1_000, 0.001])
def test_bias__a_minute_a_thousand_times_off__bars_nobody(factor: float) -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT)
    for _ in range(6):
        tape(FLAT | {"e": 100 * factor})

    assert tape.memory[FEED].barred == ()


def test_bias__three_of_five_captured_for_ten_minutes__the_honest_two_are_not_barred() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT)
    for _ in range(60):
        tape(FLAT | dict.fromkeys("abc", 0.1))

    assert tape.memory[FEED].barred == ()


def test_bias__two_venues_that_disagree__neither_is_barred_and_they_agree_again() -> None:
    tape = Tape(rules("ab", min_venues=2))
    apart = [tape({"a": 100, "b": 82}) for _ in range(180)]

    again = tape({"a": 100, "b": 100})

    assert {index.status for index in apart} == {Status.HELD}
    assert tape.memory[FEED].barred == ()
    assert (again.status, again.price) == (Status.REDUCED, 100 * SCALE)


def test_bias__two_left_of_three__are_not_judged_by_each_other() -> None:
    tape = Tape(rules("abc", min_venues=2))
    tape({"a": 100, "b": 100, "c": 100})
    tape({"a": 100, "b": 100, "c": 100_000})
    for _ in range(200):
        tape({"a": 100, "b": 103, "c": 100_000}, 60)

    assert tape.memory[FEED].barred == ("c",)


def test_barred__exactly_at_the_limit__is_not_over_it() -> None:
    feed = rules("ab")
    limit = feed.bias_limit_ppm * feed.bias_window_ms

    assert barred((("a", ((0, limit),)),), feed, FeedState()) == ()
    assert barred((("a", ((0, -limit - 1),)),), feed, FeedState(barred=("b",))) == ("a", "b")
