"""The whole index by hand: statuses, legs, and a trace of every one."""

from dataclasses import replace

import pytest

from reporter.index import compute, plan
from reporter.index.aggregate import aggregate, shares_ppm, venue_prices, venue_weights
from reporter.index.row import Row
from reporter.models import SCALE, FeedRules, Leg, Quote, Status
from tests.unit.computing import ANY, AT, FULL, A, B, btc, quote, rules, run, source

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("prices", "min_venues", "status", "price", "reason"),
    [
        ([10000, 10001, 10002, 10003, 10004], 3, Status.OK, 10002, ""),
        ([10000, 10001, 10002, 10003], 3, Status.REDUCED, 10001, "4 venues"),
        ([1000, 1001, 1002], 3, Status.REDUCED, 1001, "3 venues"),
        ([10000, 10100], 2, Status.REDUCED, 10050, "2 venues"),
        ([10000, 10101], 2, Status.HELD, None, "2 venues more than 1.00 % apart: a 10000, b 10101"),
        ([10000, 5000], 1, Status.HELD, None, "2 venues more than 1.00 % apart: b 5000, a 10000"),
        ([10000], 1, Status.DEGRADED, 10000, "1 venue, and no recent index to compare it with"),
    ],
)
def test_compute__count_of_venues__gives_the_status(
    prices: list[int], min_venues: int, status: Status, price: int | None, reason: str
) -> None:
    index = btc(prices, min_venues)

    assert (index.status, index.reason) == (status, reason)
    assert index.price == (None if price is None else price * SCALE + (SCALE // 2 if len(prices) == 4 else 0))
    assert index.status.signable == (index.price is not None)


def test_compute__fewer_than_min_venues__is_invalid_and_says_how_many() -> None:
    feed = rules("BTC/USD", "a:BTC/USD", "b:BTC/USD", "c:BTC/USD", min_venues=3)

    index = run([feed], {"a:BTC/USD": SCALE, "b:BTC/USD": SCALE})["BTC/USD"]

    assert (index.status, index.price, index.reason) == (Status.INVALID, None, "2 of at least 3 venues")
    assert [s.weight_ppm for s in index.sources] == [0, 0, 0]
    assert source(index, "c").reason == "no quote yet"


def test_compute__no_quotes__is_invalid_with_every_leg_traced() -> None:
    index = compute(plan([rules("BTC/USD", "b:BTC/USD", "a:BTC/USD")]), {}, AT)["BTC/USD"]

    assert (index.status, index.reason) == (Status.INVALID, "0 of at least 1 venues")
    assert [(s.venue, s.kept, s.reason, s.price, s.clock) for s in index.sources] == [
        ("a", False, "no quote yet", None, ""),
        ("b", False, "no quote yet", None, ""),
    ]


def test_compute__several_legs__a_venue_has_one_vote() -> None:
    prices = {"a:BTC/USD": 100, "a:BTC/USDT": 104, "a:BTC/USDC": 104, "b:BTC/USD": 101, "c:BTC/USD": 102}
    coins = {f"{v}:{c}/USD": 1 for v in "xyz" for c in ("USDT", "USDC")}
    feeds = [
        replace(rules("BTC/USD", *prices), band_min_ppm=50_000),
        rules("USDT/USD", *(c for c in coins if "USDT" in c)),
        rules("USDC/USD", *(c for c in coins if "USDC" in c)),
    ]

    index = run(feeds, {k: v * SCALE for k, v in (prices | coins).items()})["BTC/USD"]

    assert index.price == 102 * SCALE
    assert [s.weight_ppm for s in index.sources] == [111_111] * 3 + [333_333] * 2
    assert [s.converted_by for s in index.sources] == ["", "USDC/USD", "USDT/USD", "", ""]


def test_compute__ageing_leg__counts_for_less_within_its_venue() -> None:
    votes = [Row(A, 100, FULL), Row(A, 300, FULL // 2), Row(B, 200, 1)]

    assert venue_prices(votes) == {"a": 100, "b": 200}
    assert shares_ppm(votes, venue_weights(votes, ANY)) == [333_333, 166_666, 500_000]


def test_compute__six_venues_one_exactly_30_s_old__still_counts_for_something() -> None:
    prices = {f"{venue}:BTC/USD": 100 * SCALE for venue in "abcdef"}

    index = run([rules("BTC/USD", *prices)], prices, f=30_000)["BTC/USD"]

    assert (index.status, index.price) == (Status.OK, 100 * SCALE)
    assert source(index, "f").weight_ppm == 1


def test_compute__venue_with_a_book_and_a_market_without__the_book_is_its_width() -> None:
    legs = {"a:BTC/USD": 100, "a:BTC/USDT": 100, "x:USDT/USD": 1}
    quotes = {Leg(*n.split(":")): quote(Leg(*n.split(":")), p * SCALE) for n, p in legs.items()}
    book, bare = Leg("a", "BTC/USD"), Leg("a", "BTC/USDT")
    quotes[book] = replace(quotes[book], bid=SCALE * 998 // 10, ask=SCALE * 1002 // 10)
    quotes[bare] = replace(quotes[bare], bid=None, ask=None)

    feeds = plan([rules("BTC/USD", "a:BTC/USD", "a:BTC/USDT"), rules("USDT/USD", "x:USDT/USD")])

    assert compute(feeds, quotes, AT)["BTC/USD"].confidence == SCALE * 2 // 10


def test_compute__stale_venue__is_dropped_with_its_age() -> None:
    feed = rules("BTC/USD", "a:BTC/USD", "b:BTC/USD", "c:BTC/USD")
    prices = {"a:BTC/USD": 100 * SCALE, "b:BTC/USD": 100 * SCALE, "c:BTC/USD": 100 * SCALE}

    index = run([feed], prices, c=41_250)["BTC/USD"]

    stale = source(index, "c")
    assert (stale.kept, stale.reason, stale.weight_ppm) == (False, "stale 41.2 s by exchange time", 0)
    assert (index.status, index.reason) == (Status.REDUCED, "2 venues")


def test_compute__no_book_and_an_old_trade__is_dropped() -> None:
    leg = Leg("a", "BTC/USD")
    bare = Quote("a", "BTC/USD", None, None, SCALE, AT, AT - 61_000, AT)

    index = compute([FeedRules("BTC/USD", (leg,), 1)], {leg: bare}, AT)["BTC/USD"]

    assert index.sources[0].reason == "no book, and the last trade is old"


def test_compute__simulated_quote__keeps_its_label() -> None:
    leg = Leg("a", "BTC/USD")

    index = compute(
        [FeedRules("BTC/USD", (leg,), 1)], {leg: replace(quote(leg, SCALE), label="SIMULATED")}, AT
    )

    assert index["BTC/USD"].sources[0].label == "SIMULATED"


def test_aggregate__min_venues_zero__still_needs_one() -> None:
    assert aggregate({}, {}, rules("BTC/USD", "a:BTC/USD", min_venues=0)).status is Status.INVALID
