"""Who is an outlier, and when nobody may be one."""

from dataclasses import replace

import pytest

from reporter.index import compute
from reporter.index.outliers import band_ppm
from reporter.index.row import Row
from reporter.models import SCALE, Leg, Status
from tests.unit.computing import AT, FULL, A, B, C, D, E, F, btc, judged, quote, rules, run, source

pytestmark = pytest.mark.unit


def test_compute__outlier_among_five__is_dropped_and_four_are_left() -> None:
    index = btc([10_000, 10_001, 10_002, 10_003, 10_234])

    out = source(index, "e")
    assert (out.kept, out.reason) == (False, "outlier +2.31 % beyond 0.50 %")
    assert (out.price, out.weight_ppm) == (10_234 * SCALE, 0)
    assert (index.status, index.price) == (Status.REDUCED, 10_001 * SCALE + SCALE // 2)
    assert [s.weight_ppm for s in index.sources] == [250_000] * 4 + [0]


def test_compute__outlier_among_three__drops_none_and_is_degraded() -> None:
    index = btc([10_000, 10_001, 9_940])

    assert (index.status, index.price) == (Status.DEGRADED, 10_000 * SCALE)
    assert index.reason == "outliers among 3 venues, too few would be left: none dropped"
    assert (
        source(index, "c").reason == "median of bid, ask and last; outlier -0.60 % beyond 0.50 %, not dropped"
    )
    assert all(s.kept and s.weight_ppm == 333_333 for s in index.sources)


def test_compute__half_are_far_away__is_held_because_nobody_can_be_sure() -> None:
    index = btc([10_000, 10_001, 10_002, 20_000, 20_001, 20_002])

    assert (index.status, index.price, index.confidence) == (Status.HELD, None, None)
    assert index.reason == "confidence 33.33 % over 2.00 %"


def test_compute__one_broken_leg__its_venue_stays_with_the_other() -> None:
    legs = {"a:BTC/USD": 100, "a:BTC/USDT": 90, "b:BTC/USD": 100, "c:BTC/USD": 100}
    coins = {"a:USDT/USD": 1, "b:USDT/USD": 1}

    index = run(
        [rules("BTC/USD", *legs, min_venues=3), rules("USDT/USD", *coins)],
        {k: v * SCALE for k, v in (legs | coins).items()},
    )["BTC/USD"]

    assert (index.status, index.price) == (Status.REDUCED, 100 * SCALE)
    assert not source(index, "a", "BTC/USDT").kept
    assert source(index, "a").weight_ppm == 333_333


def test_compute__wide_book__is_dropped_unless_all_are_wide() -> None:
    feed = rules("BTC/USD", "a:BTC/USD", "b:BTC/USD", "c:BTC/USD")
    wide = {leg: replace(quote(leg, 100 * SCALE), bid=98 * SCALE, ask=102 * SCALE) for leg in feed.legs}
    one = {leg: quote(leg, 100 * SCALE) for leg in feed.legs} | {feed.legs[0]: wide[feed.legs[0]]}

    assert source(compute([feed], one, AT)["BTC/USD"], "a").reason == "wide spread 4.00 % over 1.00 %"
    assert compute([feed], wide, AT)["BTC/USD"].venues_kept == 3


def test_band__mad__is_clamped() -> None:
    feed = rules("BTC/USD", "a:BTC/USD")

    def band(*prices: int) -> int:
        named = dict(zip("abc", prices, strict=True))
        return band_ppm(named, dict.fromkeys(named, 1), 10_000, feed)

    assert band(10_000, 10_000, 10_000) == 5_000
    assert band(9_970, 10_000, 10_020) == 17_791
    assert band(9_000, 10_000, 11_000) == 50_000


def test_screen__exactly_at_the_band__stays() -> None:
    feed = rules("BTC/USD", "a:BTC/USD")
    votes = [Row(leg, 10**6, FULL) for leg in (A, B, C, D)]

    at = judged([*votes, Row(E, 1_005_000, FULL)], feed)
    beyond = judged([*votes, Row(E, 1_005_001, FULL)], feed)

    assert (at.remarks, at.excluded) == ({}, ())
    assert beyond.remarks == {4: "outlier +0.50 % beyond 0.50 %"}
    assert beyond.excluded == ((E, None),)


def test_screen__exactly_half_would_be_left__drops_none() -> None:
    prices = [500, 800, 1_000, 1_000, 1_000, 2_000]
    votes = [Row(leg, price, FULL) for leg, price in zip((A, B, C, D, E, F), prices, strict=True)]

    screening = judged(votes, rules("BTC/USD", "a:BTC/USD"))

    assert (sorted(screening.remarks), screening.degraded) == ([0, 1, 5], True)


def test_screen__venue_with_many_legs__does_not_carry_the_median() -> None:
    evil = [Leg("evil", f"BTC/USD{n}") for n in range(5)]
    votes = [Row(leg, 2_000_000, FULL) for leg in evil] + [Row(leg, 1_000_000, FULL) for leg in (A, B, C)]

    screening = judged(votes, rules("BTC/USD", "a:BTC/USD"))

    assert sorted(screening.remarks) == [0, 1, 2, 3, 4]
    assert not screening.degraded
