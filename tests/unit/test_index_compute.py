"""The whole index by hand: statuses, outliers, conversions, and a trace of every leg."""

from dataclasses import replace

import pytest

from reporter.index import compute, plan
from reporter.index.aggregate import aggregate, shares_ppm, venue_prices, venue_weights
from reporter.index.convert import Rate, convert, fault, route
from reporter.index.outliers import Screening, band_ppm, screen
from reporter.index.row import Row
from reporter.index.state import NEW
from reporter.models import SCALE, FeedRules, Index, Leg, Quote, SourceTrace, Status

pytestmark = pytest.mark.unit

AT = 1_700_000_000_000
FULL = 1_000_000
A, B, C, D, E, F = (Leg(venue, "BTC/USD") for venue in "abcdef")
ANY = FeedRules("BTC/USD", (A, B))


def quote(leg: Leg, price: int, *, age_ms: int = 0) -> Quote:
    time = AT - age_ms
    return Quote(leg.venue, leg.symbol, price, price, price, time, time, time)


def rules(feed: str, *legs: str, min_venues: int = 1) -> FeedRules:
    return FeedRules(feed, tuple(Leg(*leg.split(":")) for leg in legs), min_venues)


def run(feeds: list[FeedRules], prices: dict[str, int], **ages_ms: int) -> dict[str, Index]:
    legs = {name: Leg(*name.split(":")) for name in prices}
    quotes = {leg: quote(leg, prices[n], age_ms=ages_ms.get(leg.venue, 0)) for n, leg in legs.items()}
    return compute(plan(feeds), quotes, AT)


def btc(prices: list[int], min_venues: int = 1) -> Index:
    """BTC/USD from one venue per price (whole USD): a, b, c, ..."""
    named = {f"{chr(97 + i)}:BTC/USD": price * SCALE for i, price in enumerate(prices)}
    return run([rules("BTC/USD", *named, min_venues=min_venues)], named)["BTC/USD"]


def judged(votes: list[Row], feed: FeedRules) -> Screening:
    return screen(votes, venue_prices(votes), feed, NEW, AT)


def source(index: Index, venue: str, symbol: str = "BTC/USD") -> SourceTrace:
    return next(s for s in index.sources if (s.venue, s.symbol) == (venue, symbol))


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


USDT = rules("USDT/USD", "a:USDT/USD", "b:USDT/USD")


def test_compute__usdt_at_0_95__converts_by_it_and_marks_the_leg() -> None:
    prices = {"a:BTC/USDT": 20_000, "a:USDT/USD": 1, "b:USDT/USD": 1}
    at_95 = {k: v * SCALE * (95 if "USDT/USD" in k else 100) // 100 for k, v in prices.items()}

    index = run([rules("BTC/USD", "a:BTC/USDT"), USDT], at_95)["BTC/USD"]

    leg = index.sources[0]
    assert (index.price, leg.price, leg.last) == (19_000 * SCALE, 19_000 * SCALE, 20_000 * SCALE)
    assert (leg.converted_by, leg.reason) == ("USDT/USD", "median of bid, ask and last; USDT/USD is REDUCED")


@pytest.mark.parametrize(
    ("coin", "reason"),
    [
        ({}, "conversion USDT/USD is INVALID"),
        ({"a:USDT/USD": SCALE, "b:USDT/USD": SCALE // 2}, "conversion USDT/USD is HELD"),
    ],
)
def test_compute__conversion_without_a_number__leg_is_unusable(coin: dict[str, int], reason: str) -> None:
    index = run([rules("BTC/USD", "a:BTC/USDT"), USDT], {"a:BTC/USDT": SCALE} | coin)["BTC/USD"]

    assert (index.status, index.sources[0].reason) == (Status.INVALID, reason)


def test_compute__conversion_of_old_quotes__leg_is_unusable() -> None:
    patient = replace(USDT, max_age_ms=300_000)
    prices = {"c:BTC/USDT": SCALE, "a:USDT/USD": SCALE, "b:USDT/USD": SCALE}

    old = run([rules("BTC/USD", "c:BTC/USDT"), patient], prices, a=61_000, b=90_000)["BTC/USD"]
    young = run([rules("BTC/USD", "c:BTC/USDT"), patient], prices, a=60_000, b=90_000)["BTC/USD"]

    assert old.sources[0].reason == "conversion USDT/USD is 61.0 s old"
    assert young.sources[0].kept


def test_compute__crossed_and_inverted_legs__become_the_feeds_price() -> None:
    feeds = [rules("ETH/USD", "a:ETH/BTC"), rules("BTC/USD", "a:BTC/USD"), rules("EUR/USD", "a:USD/EUR")]

    indices = run(feeds, {"a:ETH/BTC": SCALE // 10, "a:BTC/USD": 20_000 * SCALE, "a:USD/EUR": SCALE * 4 // 5})

    assert indices["ETH/USD"].price == 2_000 * SCALE
    assert indices["EUR/USD"].price == SCALE * 5 // 4


def test_compute__nothing_left_after_conversion__is_dropped() -> None:
    index = run([rules("EUR/USD", "a:USD/EUR")], {"a:USD/EUR": 10**37})["EUR/USD"]

    assert (index.price, index.sources[0].reason) == (None, "too small a price after conversion")


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


def test_convert__times__floors() -> None:
    rates = {"USDT/USD": Rate("USDT/USD", Status.OK, SCALE - 1, AT)}

    assert convert(3, route("BTC/USD", "BTC/USDT"), rates) == 2
    assert fault(route("BTC/USD", "BTC/USDT"), rates, AT + 60_000) == ""
    assert fault(route("BTC/USD", "BTC/USDT"), rates, AT + 60_001) == "conversion USDT/USD is 60.0 s old"


def test_band__mad__is_clamped() -> None:
    feed = rules("BTC/USD", "a:BTC/USD")

    assert band_ppm([10_000, 10_000, 10_000], 10_000, feed) == 5_000
    assert band_ppm([9_970, 10_000, 10_020], 10_000, feed) == 17_791
    assert band_ppm([9_000, 10_000, 11_000], 10_000, feed) == 50_000


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


def test_aggregate__min_venues_zero__still_needs_one() -> None:
    assert (
        aggregate({}, {}, rules("BTC/USD", "a:BTC/USD", min_venues=0), degraded=False).status
        is Status.INVALID
    )
