"""What the index remembers from moment to moment besides exclusions: the last index, confidence, flags, weights."""

import pytest

from reporter.book import Book
from reporter.index import plan, step
from reporter.index.state import FeedState, Past
from reporter.models import SCALE, Status
from reporter.pricing import Pricer
from tests.unit.stepping import AT, FEED, FLAT, Tape, kept, quotes, rules

pytestmark = pytest.mark.unit


def test_weights__one_venue_with_most_of_the_volume__cannot_carry_the_median() -> None:
    volume = tuple(zip("abcdef", (60, 8, 8, 8, 8, 8), strict=True))
    prices = {"a": 0.97, "b": 0.98, "c": 0.99, "d": 1.0, "e": 1.01, "f": 1.02}

    index = Tape(rules("abcdef", weights=volume))(prices)

    assert kept(index) == "abcdef"
    assert index.price == 99 * SCALE // 100
    assert [s.weight_ppm for s in index.sources] == [240_000] + [152_000] * 5


def test_fallback__counts_only_to_reach_three() -> None:
    feed = rules("abcz", fallback=("z",))
    all_, two = dict.fromkeys("abcz", 100.0), dict.fromkeys("abz", 100.0)

    assert kept(Tape(feed)(all_)) == "abc"
    assert Tape(feed)(all_).sources[-1].reason == "fallback, not needed"
    assert kept(Tape(feed)(two)) == "abz"


def test_one_venue__against_the_last_index__reduced_held_or_degraded() -> None:
    tape = Tape(rules("a", min_venues=1))

    statuses = [tape({"a": price}, gap) for price, gap in ((100, 1), (101, 1), (103, 60), (103, 1))]

    assert [i.status for i in statuses] == [Status.DEGRADED, Status.REDUCED, Status.HELD, Status.DEGRADED]
    assert statuses[2].reason == "1 venue, more than 1.00 % from the last index: 103, 101"
    assert (statuses[2].price, statuses[2].held) == (None, (101 * SCALE, AT + 2_000))
    assert statuses[3].price == 103 * SCALE


def test_held__the_last_index_stays_in_view_for_60_s_with_its_own_time() -> None:
    tape = Tape(rules("ab", min_venues=2))
    good = tape({"a": 100, "b": 100})

    views = [tape({"a": 100, "b": 110}, 30).held for _ in range(3)]

    assert good.held is None
    assert views == [(100 * SCALE, good.at_ms)] * 2 + [None]


@pytest.mark.parametrize(
    ("half_percent", "status"), [(0.2, Status.OK), (0.7, Status.DEGRADED), (2.3, Status.HELD)]
)
def test_confidence__width_of_the_middle_half__sets_the_status(half_percent: float, status: Status) -> None:
    prices = {"a": 100 - half_percent, "b": 100 - half_percent, "c": 100.0}
    spread = prices | {"d": 100 + half_percent, "e": 100 + half_percent}

    index = Tape(rules("abcde"))(spread)

    assert index.status is status
    assert (index.confidence is None) == (status is Status.HELD)


def test_confidence__equal_prices__is_the_floor_of_one_basis_point() -> None:
    assert Tape(rules("abcde"))(FLAT).confidence == 100 * SCALE // 10_000


def test_volatile__over_two_percent_at_once_or_ten_in_five_minutes__is_flagged_and_followed() -> None:
    tape = Tape(rules("abcde"))
    tape(FLAT)

    jump = tape(dict.fromkeys("abcde", 97.9), 1)
    slide = [tape(dict.fromkeys("abcde", 97.9 - n * 0.5), 10) for n in range(1, 25)]

    assert (jump.price, jump.flags) == (979 * SCALE // 10, ("VOLATILE",))
    assert slide[0].flags == ()
    assert slide[-1].flags == ("VOLATILE",)
    assert slide[-1].price == 859 * SCALE // 10


def test_off_peg__a_stablecoin_outside_ten_percent__is_flagged_and_not_clamped() -> None:
    feed = rules("abcde", pegged=True)

    assert Tape(feed)(dict.fromkeys("abcde", 0.9)).flags == ()
    index = Tape(feed)(dict.fromkeys("abcde", 0.873))
    assert (index.price, index.flags) == (873 * SCALE // 1000, ("OFF_PEG",))


def test_step__same_state_twice__same_bits_and_the_state_is_untouched() -> None:
    feed, state = plan([rules("abcde")]), {FEED: FeedState(last=Past(AT, 100 * SCALE))}
    moment = quotes(FLAT | {"e": 102}, AT + 1000)

    first = step(feed, moment, AT + 1000, state)
    second = step(feed, dict(reversed(moment.items())), AT + 1000, state)

    assert first == second
    assert state == {FEED: FeedState(last=Past(AT, 100 * SCALE))}


def test_pricer__asked_again_for_a_past_second__answers_as_it_did() -> None:
    book = Book()
    pricer = Pricer(book, plan([rules("abcde")]))
    for quote in quotes(FLAT | {"e": 102}, AT).values():
        book.put(quote)
    pricer.at(AT)
    for quote in quotes(FLAT, AT + 1000).values():
        book.put(quote)

    first = pricer.at(AT + 1000)
    pricer.at(AT + 2000)

    assert kept(first[FEED]) == "abcd"
    assert pricer.at(AT + 1000) == first


def test_pricer__a_late_quote_of_a_second_priced_already__counts_at_the_next_look() -> None:
    book = Book()
    pricer = Pricer(book, plan([rules("abcde")]))
    for quote in quotes({venue: 100 for venue in "abcd"}, AT).values():
        book.put(quote)
    first = pricer.moment(AT)
    same = pricer.moment(AT)
    (late,) = quotes({"e": 100}, AT).values()
    book.put(late)

    assert same is first
    assert kept(pricer.at(AT)[FEED]) == "abcde"
