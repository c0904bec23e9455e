"""The figures of a backtest, against cases computed by hand."""

import pytest

from reporter.backtest import Answer, Seen, backtest, contestants
from reporter.backtest.jumps import Jump, JumpFinder
from reporter.backtest.report import comparison_document, table_lines
from reporter.backtest.tally import Tally, nearest_rank
from reporter.backtest.truth import Prices, Truth
from reporter.index import plan
from reporter.models import SCALE, FeedRules, Leg, Quote
from reporter.replay import moments
from tests.unit.taping import T0_MS, quote

pytestmark = pytest.mark.unit

A, B, C = (Leg(venue, "BTC/USD") for venue in "abc")
THREE = plan([FeedRules("BTC/USD", (A, B, C), 2)])
MINUTE_MS = 60_000


def tally(*answers: tuple[int, int | None, int | None]) -> Tally:
    """Of (second, price, truth)."""
    made = Tally()
    for second, price, truth in answers:
        made.add(T0_MS + second * 1000, Answer(price), truth, frozenset())
    return made


def test_tally__errors__mean_worst_and_minutes_over_half_a_percent() -> None:
    # 0, 1 %, 0.5 % exactly (not over), 0.6 % in the same minute as the 1 %
    start = -(-T0_MS // MINUTE_MS) * 60 - T0_MS // 1000
    made = tally(
        (start, 1000, 1000), (start + 1, 990, 1000), (start + 60, 1005, 1000), (start + 2, 994, 1000)
    )

    figures = made.figures()

    assert figures.mean_error == (0 + 10 + 5 + 6) * SCALE // 1000 // 4
    assert figures.max_error == SCALE // 100
    assert figures.max_error_at_ms == T0_MS + (start + 1) * 1000
    assert figures.minutes_over_50bp == 1


def test_tally__no_price_and_no_reference__availability_counts_them_and_errors_do_not() -> None:
    figures = tally((0, None, 1000), (1, 1000, None), (2, 1001, 1000), (3, None, None)).figures()

    assert figures.availability == SCALE // 2
    assert figures.mean_error == figures.p99_error == figures.max_error == SCALE // 1000


def test_tally__nothing_measured__has_no_errors() -> None:
    figures = tally((0, None, 1000)).figures()

    assert (figures.mean_error, figures.p99_error, figures.max_error, figures.lag_ms) == (None,) * 4
    assert figures.availability == 0


def test_tally__honest_venues__rejected_only_where_there_is_a_price() -> None:
    made = Tally()
    made.add(T0_MS, Answer(1000, frozenset("ab")), 1000, frozenset("abc"))
    made.add(T0_MS + 1, Answer(1000, frozenset("abc")), 1000, frozenset("a"))
    made.add(T0_MS + 2, Answer(None), 1000, frozenset("abc"))

    assert made.figures().honest_rejected == SCALE // 4


def test_tally__jump__lag_is_until_the_error_is_a_quarter_of_it() -> None:
    made = Tally()
    made.expect(Jump(T0_MS, 40))
    for second, price in ((0, 1000), (1, 1029), (2, 1030), (3, 1000)):
        made.add(T0_MS + second * 1000, Answer(price), 1040, frozenset())
    made.expect(Jump(T0_MS + 4_000, 400))
    made.add(T0_MS + 4_000, Answer(1000), 1440, frozenset())

    figures = made.figures()

    assert (figures.lag_ms, figures.jumps_followed) == (2_000, 1)


@pytest.mark.parametrize(
    ("count", "expected"), [(1, 1), (2, 2), (99, 99), (100, 99), (101, 100), (1000, 990)]
)
def test_nearest_rank__the_99th__is_the_smallest_that_99_of_100_reach(count: int, expected: int) -> None:
    assert nearest_rank(range(1, count + 1), 99) == expected


def test_jump_finder__one_percent_in_a_minute__once_in_five() -> None:
    finder = JumpFinder()
    steps = (
        (0, 10_000),
        (30, 10_099),
        (60, 10_100),
        (90, 10_300),
        (370, 10_300),
        (400, 10_196),
        (421, 10_100),
    )

    found = [finder.look(T0_MS + second * 1000, price) for second, price in steps]

    assert [j and (j.at_ms - T0_MS, j.size) for j in found] == [
        None, None, (60_000, 100), None, None, (400_000, 104), None,
    ]  # fmt: skip


def test_jump_finder__the_same_move_in_more_than_a_minute__is_none() -> None:
    finder = JumpFinder()

    assert [finder.look(T0_MS + s * 1000, p) for s, p in ((0, 10_000), (61, 10_100), (122, 10_200))] == [
        None
    ] * 3


def test_truth__ticks_that_arrive_late__count_from_their_exchange_time() -> None:
    prices = Prices(lambda leg: leg == A)
    for one in (quote("a", 100), quote("b", 900), quote("a", 110, 5), quote("a", 105, 3, late_s=40)):
        prices.look(one)
    truth = Truth(prices.of([A]), 30_000)

    found = [truth(T0_MS + s * 1000, {}) for s in (-1, 0, 3, 4, 5, 35, 36)]

    assert found == [None, 100 * SCALE, 105 * SCALE, 105 * SCALE, 110 * SCALE, 110 * SCALE, None]


def test_truth__two_markets__the_mean_of_those_that_are_fresh() -> None:
    prices = Prices(lambda _: True)
    for one in (quote("a", 100), quote("b", 103), quote("b", 104, 20)):
        prices.look(one)
    truth = Truth(prices.of([A, B]), 30_000)

    assert truth(T0_MS, {}) == 203 * SCALE // 2
    assert truth(T0_MS + 31_000, {}) == 104 * SCALE


def test_backtest__one_venue_off_by_half__ours_and_the_median_by_hand() -> None:
    quotes = [quote(v, p, s) for s in range(3) for v, p in (("a", 1000), ("b", 1002), ("c", 1500))]

    found = backtest(moments(quotes, 1000), THREE, "BTC/USD", lambda *_: 1001 * SCALE, contestants())

    assert (found.moments, found.referenced) == (3, 3)
    assert found.track.prices["median"] == [1002 * SCALE] * 3
    assert found.figures["median"].max_error == SCALE // 1001
    assert found.figures["median"].honest_rejected == 0


def test_backtest__late_quotes__ours_never_counts_them_and_arrival_stamping_does() -> None:
    # Made at 0, heard at 40: forty seconds old, and the only quote there is.
    quotes = [quote("a", 1000, 0, late_s=40), quote("x", 1, 45)]
    one = plan([FeedRules("BTC/USD", (A,), 1)])

    found = backtest(moments(quotes, 1000), one, "BTC/USD", lambda *_: 1000 * SCALE, contestants())

    stale = {name: figures.stale_used for name, figures in found.figures.items()}
    assert (stale["spotline"], stale["median"], stale["naive"]) == (0, 0, 6)
    assert found.figures["spotline"].availability == 0


def test_backtest__a_depegged_coin__at_par_is_wrong_and_measured_is_right() -> None:
    legs = (Leg("a", "BTC/USDC"), Leg("b", "BTC/USDC"))
    order = plan(
        [
            FeedRules("BTC/USD", legs, 2),
            FeedRules("USDC/USD", (Leg("a", "USDC/USD"), Leg("b", "USDC/USD")), 2),
        ]
    )
    quotes = [quote(v, 1000, symbol="BTC/USDC") for v in "ab"] + [_cents(v, 90) for v in "ab"]

    found = backtest(moments(quotes, 1000), order, "BTC/USD", lambda *_: 900 * SCALE, contestants())

    prices = found.track.prices
    assert prices["spotline"] == prices["median"] == [900 * SCALE]
    assert prices["naive"] == [1000 * SCALE]
    assert found.figures["naive"].max_error == SCALE // 9


def _cents(venue: str, cents: int) -> Quote:
    price = cents * SCALE // 100
    return Quote(venue, "USDC/USD", price, price, price, T0_MS, T0_MS, T0_MS)


def test_backtest__a_contestant_of_ones_own__is_asked_once_a_moment_in_order() -> None:
    asked: list[int] = []

    def mine(seen: Seen) -> Answer:
        asked.append(seen.at_ms)
        return Answer(None)

    quotes = [quote("a", 1000, s) for s in range(3)]
    backtest(moments(quotes, 1000), THREE, "BTC/USD", lambda *_: None, {"mine": mine})

    assert asked == [T0_MS, T0_MS + 1000, T0_MS + 2000]


def test_comparison_document__every_method__has_the_promised_keys() -> None:
    quotes = [quote(v, 1000) for v in "abc"]

    found = backtest(moments(quotes, 1000), THREE, "BTC/USD", lambda *_: 1000 * SCALE, contestants())

    document = comparison_document(found)
    assert document["methods"]["spotline"] == {
        "mean_error": 0.0,
        "p99_error": 0.0,
        "max_error": 0.0,
        "max_error_at_ms": T0_MS,
        "minutes_over_50bp": 0,
        "availability": 1.0,
        "stale_used": 0,
        "honest_rejected": 0.0,
        "lag_s": None,
        "jumps_followed": 0,
    }
    assert next(iter(document["methods"])) == "spotline"
    assert len({len(line) for line in table_lines(found)[:-1]}) == 1
