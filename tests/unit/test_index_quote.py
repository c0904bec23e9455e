"""One quote: its venue price, its faults, its age."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.index import freshness
from reporter.index.venue_price import fault, spread_limit_ppm, spread_ppm, venue_price
from reporter.models import SCALE, FeedRules, Leg, Quote

pytestmark = pytest.mark.unit

AT = 1_700_000_000_000
RULES = FeedRules("BTC/USD", (Leg("kraken", "BTC/USD"),))
QUOTE = Quote(
    "kraken", "BTC/USD", 99 * SCALE, 101 * SCALE, 100 * SCALE, book_at_ms=AT, last_at_ms=AT, received_at_ms=AT
)


def price(quote: Quote) -> int | None:
    made = venue_price(quote, RULES, AT)
    return made[0] if made else None


@pytest.mark.parametrize(("last", "expected"), [(100, 100), (90, 99), (110, 101), (99, 99)])
def test_venue_price__fresh_last__is_clamped_into_the_book(last: int, expected: int) -> None:
    assert price(replace(QUOTE, last=last * SCALE)) == expected * SCALE


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 2 * 10**6))
def test_venue_price__any_book_and_last__equals_the_median_of_three(bid: int, width: int, last: int) -> None:
    ask = bid + width

    assert price(replace(QUOTE, bid=bid, ask=ask, last=last)) == sorted([bid, ask, last])[1]


def test_venue_price__last_exactly_60_s_old__still_counts() -> None:
    quote = replace(QUOTE, last=99 * SCALE)

    assert price(replace(quote, last_at_ms=AT - 60_000)) == 99 * SCALE
    assert price(replace(quote, last_at_ms=AT - 60_001)) == 100 * SCALE


@pytest.mark.parametrize("change", [{"last_at_ms": None}, {"last": None}, {"last_at_ms": AT + 2_001}])
def test_venue_price__last_without_a_usable_time__is_the_mid(change: dict[str, int | None]) -> None:
    quote = replace(replace(QUOTE, bid=10, ask=13, last=10), **change)  # type: ignore[arg-type]

    assert venue_price(quote, RULES, AT) == (11, "mid")


def test_venue_price__no_book__is_the_last_trade_while_it_is_recent() -> None:
    bare = replace(QUOTE, bid=None, ask=None)

    assert venue_price(bare, RULES, AT) == (100 * SCALE, "last trade, no book")
    assert venue_price(replace(bare, last_at_ms=None), RULES, AT) == (100 * SCALE, "last trade, no book")
    old = venue_price(replace(bare, last_at_ms=AT - 60_001), RULES, AT)
    assert old == (0, "no book, and the last trade is old")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bid": 102 * SCALE}, "crossed book: bid 102 over ask 101"),
        ({"bid": 0}, "non-positive bid 0"),
        ({"ask": -SCALE // 2}, "non-positive ask -0.5"),
        ({"last": 0}, "non-positive last 0"),
        ({"bid": None}, "one-sided book"),
        ({"ask": None}, "one-sided book"),
        ({"bid": None, "ask": None, "last": None}, "no price in the quote"),
        ({}, ""),
        ({"bid": 101 * SCALE}, ""),
        ({"bid": None, "ask": None}, ""),
    ],
)
def test_fault__quote__says_what_is_wrong(change: dict[str, int | None], reason: str) -> None:
    assert fault(replace(QUOTE, **change)) == reason  # type: ignore[arg-type]


def test_spread__of_99_101__is_two_percent_of_the_mid() -> None:
    assert spread_ppm(QUOTE) == 20_000
    assert spread_ppm(replace(QUOTE, bid=None, ask=None)) == 0


def book(venue: str, half_spread_bps: int) -> tuple[str, int]:
    mid = 10_000 * SCALE
    quote = replace(QUOTE, bid=mid - half_spread_bps * SCALE, ask=mid + half_spread_bps * SCALE)
    return venue, spread_ppm(quote)


def test_spread_limit__calm__is_one_percent() -> None:
    assert spread_limit_ppm([book("a", 5), book("b", 5), book("c", 500)], RULES) == 10_000
    assert spread_limit_ppm([], RULES) == 10_000


def test_spread_limit__every_book_wide__opens_to_three_medians() -> None:
    assert spread_limit_ppm([book("a", 100), book("b", 150), book("c", 800)], RULES) == 90_000


def test_spread_limit__one_venue_with_many_wide_books__has_one_say() -> None:
    many = [book("a", 500) for _ in range(9)]

    assert spread_limit_ppm([*many, book("b", 50), book("c", 60)], RULES) == 36_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"book_at_ms": AT - 30_000}, ""),
        ({"book_at_ms": AT - 41_250}, "stale 41.2 s by exchange time"),
        (
            {"book_at_ms": None, "last_at_ms": AT - 30_001},
            "stale 30.0 s by exchange time of the last trade",
        ),
        (
            {"book_at_ms": None, "last_at_ms": None, "received_at_ms": AT - 31_000},
            "stale 31.0 s by receive time",
        ),
        ({"book_at_ms": AT + 2_000}, ""),
        ({"book_at_ms": AT + 3_100}, "ahead of clock by 3.1 s, more than 2.0 s"),
        ({"last_at_ms": AT - 90_000}, ""),
    ],
)
def test_freshness__time__says_what_is_wrong(change: dict[str, int | None], reason: str) -> None:
    assert freshness.fault(replace(QUOTE, **change), RULES, AT) == reason  # type: ignore[arg-type]


def test_freshness__arrived_now_but_stamped_long_ago__is_stale() -> None:
    late = replace(QUOTE, book_at_ms=None, last_at_ms=AT - 48_900, received_at_ms=AT)

    assert freshness.fault(late, RULES, AT) == "stale 48.9 s by exchange time of the last trade"


def test_freshness__stamped_an_hour_ahead__is_not_fresh_an_hour_later() -> None:
    wrong = replace(QUOTE, book_at_ms=AT, received_at_ms=AT - 3_600_000)

    assert freshness.fault(wrong, RULES, AT) == "ahead of clock by 3600.0 s, more than 2.0 s"


@pytest.mark.parametrize(
    ("age_ms", "weight"),
    [
        (-1_000, 1_000_000),
        (0, 1_000_000),
        (10_000, 1_000_000),
        (20_000, 500_000),
        (29_000, 50_000),
        (30_000, 1),
    ],
)
def test_freshness__age__fades_linearly_between_10_and_30_s(age_ms: int, weight: int) -> None:
    assert freshness.weight_ppm(replace(QUOTE, book_at_ms=AT - age_ms), RULES, AT) == weight


def test_freshness__no_fading_configured__full_weight_to_the_end() -> None:
    abrupt = replace(RULES, fade_from_ms=30_000)

    assert freshness.weight_ppm(replace(QUOTE, book_at_ms=AT - 30_000), abrupt, AT) == 1_000_000
