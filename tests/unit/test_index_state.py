"""What the index remembers from moment to moment, and what it makes of that."""

import pytest

from reporter.book import Book
from reporter.index import State, plan, step
from reporter.index.bias import barred
from reporter.index.state import FeedState, Past
from reporter.models import SCALE, FeedRules, Index, Leg, Quote, Status
from reporter.pricing import Pricer

pytestmark = pytest.mark.unit

AT = 1_700_000_000_000
FEED = "BTC/USD"


def rules(venues: str, **terms: object) -> FeedRules:
    return FeedRules(FEED, tuple(Leg(venue, FEED) for venue in venues), **terms)  # type: ignore[arg-type]  # any field


def quotes(prices: dict[str, float], at_ms: int) -> dict[Leg, Quote]:
    """One quote per venue, its book a single price; prices in units of 1e18 with six digits."""
    found = {}
    for venue, price in prices.items():
        value = round(price * 10**6) * SCALE // 10**6
        found[Leg(venue, FEED)] = Quote(venue, FEED, value, value, value, at_ms, at_ms, at_ms)
    return found


class Tape:
    """A feed that is priced moment after moment."""

    def __init__(self, feed: FeedRules) -> None:
        self._plan, self._state, self.at_ms = plan([feed]), {}, AT
        self.memory: State = {}

    def __call__(self, prices: dict[str, float], after_s: int = 10) -> Index:
        self.at_ms += after_s * 1000
        indices, self.memory = step(self._plan, quotes(prices, self.at_ms), self.at_ms, self.memory)
        return indices[FEED]


def kept(index: Index) -> str:
    return "".join(sorted(s.venue for s in index.sources if s.kept))


FLAT = dict.fromkeys("abcde", 100.0)


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


def test_degraded__median_of_all__the_shares_are_equal() -> None:
    flat = dict.fromkeys("abcdefg", 100.0)
    tape = Tape(rules("abcdefg", weights=(("a", 60), ("b", 1))))
    for out in ({"a": 102}, {"a": 102, "b": 102}, {"a": 102, "b": 102, "c": 102}):
        tape(flat | out)

    index = tape(flat | {"a": 100.3, "b": 100.3, "c": 100.3, "d": 102})

    assert (index.status, index.price) == (Status.DEGRADED, 1003 * SCALE // 10)
    assert [s.weight_ppm for s in index.sources] == [142_857] * 7


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
