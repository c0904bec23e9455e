"""The book: newest and past quotes by exchange time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.book import Book
from reporter.models import Leg, Quote

pytestmark = pytest.mark.unit

T = 1_700_000_000_000
LEG = Leg("kraken", "BTC/USD")


def quote(at_ms: int, price: int = 1, *, received_at_ms: int | None = None, venue: str = "kraken") -> Quote:
    received = at_ms if received_at_ms is None else received_at_ms
    return Quote(venue, "BTC/USD", price, price, price, at_ms, at_ms, received)


def filled(*quotes: Quote) -> Book:
    book = Book()
    for one in quotes:
        book.put(one)
    return book


def test_put__newer__becomes_the_newest() -> None:
    book = Book()

    assert [book.put(quote(T)), book.put(quote(T + 500, 2))] == [True, True]
    assert book.newest() == {LEG: quote(T + 500, 2)}


def test_put__older__never_overwrites_but_is_known_to_the_past() -> None:
    book = filled(quote(T), quote(T + 2_000, 3))

    assert not book.put(quote(T + 1_000, 2, received_at_ms=T + 2_100))
    assert book.newest()[LEG] == quote(T + 2_000, 3)
    assert book.as_of(T + 1_500)[LEG].bid == 2


def test_put__same_time_other_prices__replaces() -> None:
    book = filled(quote(T, 1))

    assert book.put(quote(T, 2))
    assert book.newest()[LEG].bid == 2


def test_put__same_time_same_prices__ages_although_polls_succeed() -> None:
    book = filled(quote(T))

    assert not book.put(quote(T, received_at_ms=T + 20_000))
    assert book.newest()[LEG] == quote(T)


def test_put__same_book_time_newer_trade__replaces() -> None:
    book = filled(quote(T))
    traded = Quote("kraken", "BTC/USD", 1, 1, 1, T, T + 400, T + 500)

    assert book.put(traded)
    assert book.newest()[LEG] == traded


def test_as_of__between_quotes__gives_the_one_before() -> None:
    book = filled(quote(T, 1), quote(T + 1_000, 2), quote(T + 2_000, 3))

    assert [book.as_of(T + ms)[LEG].bid for ms in (0, 999, 1_000, 1_999, 2_000, 9_000)] == [1, 1, 2, 2, 3, 3]


def test_as_of__all_are_later__gives_the_oldest() -> None:
    book = filled(quote(T + 1_000, 1), quote(T + 2_000, 2))

    assert book.as_of(T)[LEG].bid == 1


def test_as_of__several_markets__gives_each_its_own() -> None:
    book = filled(quote(T, 1), quote(T + 900, 2, venue="gemini"))

    assert book.as_of(T + 1_000) == {
        LEG: quote(T, 1),
        Leg("gemini", "BTC/USD"): quote(T + 900, 2, venue="gemini"),
    }


def test_history__older_than_8_s__keeps_the_newest_before_that() -> None:
    book = filled(*(quote(T + 1_000 * n, n + 1) for n in range(21)))

    assert book.as_of(T + 12_000)[LEG].bid == 13
    assert book.as_of(T + 11_000)[LEG].bid == 13
    assert book.as_of(T)[LEG].observed_at_ms == T + 12_000


def test_history__quiet_market__is_never_forgotten() -> None:
    book = filled(quote(T, 1), quote(T + 60_000, 2))

    assert book.as_of(T + 59_000)[LEG].bid == 1


def test_history__fast_stream__is_bounded_and_exact_at_whole_seconds() -> None:
    book = filled(*(quote(T + ms, ms + 1) for ms in range(20_001)))

    assert book.as_of(T + 19_000)[LEG].bid == 19_001
    assert len({book.as_of(T + ms)[LEG].bid for ms in range(0, 20_001, 10)}) <= 82


def test_put__stamped_far_ahead__does_no_harm_to_right_quotes() -> None:
    wrong = quote(T + 3_600_000, 9, received_at_ms=T + 100)
    book = filled(quote(T, 1))

    assert not book.put(wrong)
    assert book.put(quote(T + 200, 2))
    assert book.as_of(T + 4_000_000)[LEG].bid == 2


def test_put__only_far_ahead__is_shown_until_a_right_one_comes() -> None:
    book = filled(quote(T + 3_600_000, 9, received_at_ms=T))

    assert book.as_of(T)[LEG].bid == 9
    assert book.put(quote(T + 3_600_500, 8, received_at_ms=T + 500))
    assert book.put(quote(T + 1_000, 1))
    assert book.newest()[LEG].bid == 1
    assert book.as_of(T + 3_700_000)[LEG].bid == 1


@given(
    st.lists(st.integers(0, 7_900), unique=True, min_size=1, max_size=30), st.randoms(use_true_random=False)
)
def test_as_of__whole_seconds_in_any_order_of_arrival__is_the_same(times: list[int], random: object) -> None:
    quotes = [quote(T + ms, ms + 1, received_at_ms=T + 8_000) for ms in times]
    shuffled = list(quotes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ordered, other = filled(*sorted(quotes, key=lambda q: q.observed_at_ms)), filled(*shuffled)

    for second in range(9):
        at_ms = T + 1_000 * second
        past = [q for q in quotes if q.observed_at_ms <= at_ms]
        assert other.as_of(at_ms)[LEG] == ordered.as_of(at_ms)[LEG]
        if past:
            assert other.as_of(at_ms)[LEG] == max(past, key=lambda q: q.observed_at_ms)


def test_put__our_clock_was_set_back__what_arrived_in_the_future_goes() -> None:
    ahead = [quote(T + 300_000 + n * 500, 9) for n in range(30)]
    book = filled(quote(T), *ahead)

    assert book.put(quote(T + 15_000, 2))
    assert book.put(quote(T + 15_500, 3))
    assert book.newest()[LEG].bid == 3
    assert book.as_of(T + 15_000)[LEG].bid == 2


def test_put__arrived_a_second_out_of_order__both_stay() -> None:
    book = filled(quote(T, received_at_ms=T + 1_500))

    book.put(quote(T + 100, 2, received_at_ms=T + 100))

    assert [book.as_of(T)[LEG].bid, book.newest()[LEG].bid] == [1, 2]
