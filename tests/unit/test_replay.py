"""The virtual clock: what a moment knows, and at which pace moments go by."""

import pytest

from reporter.errors import UnknownFeed
from reporter.index import plan
from reporter.models import FeedRules, Leg, Status
from reporter.replay import moments, paced, replay
from reporter.tapes.plans import default_feeds, for_tape, needed, without
from tests.unit.taping import T0_MS, quote

pytestmark = pytest.mark.unit

KRAKEN = Leg("kraken", "BTC/USD")


def test_moments__a_late_quote__is_not_known_before_it_arrives() -> None:
    quotes = [quote(price=1), quote(price=2, at_s=1, late_s=2), quote(price=3, at_s=4)]

    found = [(at_ms - T0_MS, known[KRAKEN].last // 10**18) for at_ms, known in moments(quotes, 1000)]  # type: ignore[operator]

    assert found == [(0, 1), (1000, 1), (2000, 1), (3000, 2), (4000, 3)]


def test_moments__off_the_grid__are_whole_multiples_that_have_heard_it_all() -> None:
    first, last = quote(), quote(at_s=61)

    times = [at_ms for at_ms, _ in moments([first, last], 60_000)]

    assert all(at_ms % 60_000 == 0 for at_ms in times)
    assert times[0] >= first.received_at_ms > times[0] - 60_000
    assert times[-1] >= last.received_at_ms > times[-1] - 60_000


def test_moments__an_older_exchange_time_arriving_later__does_not_replace_a_newer() -> None:
    quotes = [quote(price=2, at_s=5), quote(price=1, at_s=0, late_s=6)]

    *_, (_, known) = moments(quotes, 1000)

    assert known[KRAKEN].last == 2 * 10**18


def test_moments__no_quotes__none() -> None:
    assert list(moments([], 1000)) == []


def test_replay__a_venue_that_stops__ages_out_by_exchange_time() -> None:
    order = plan([FeedRules("BTC/USD", (KRAKEN,), 1)])
    quotes = [quote(), quote("other", at_s=40)]

    found = [indices["BTC/USD"].status for indices in replay(moments(quotes, 1000), order)]

    assert found[:31] == [Status.DEGRADED] + [Status.REDUCED] * 30
    assert set(found[31:]) == {Status.INVALID}


def test_paced__speed_60__a_minute_takes_a_second() -> None:
    clock_ms = 5_000
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal clock_ms
        slept.append(seconds)
        clock_ms += round(seconds * 1000)

    list(paced([(T0_MS, {}), (T0_MS + 60_000, {}), (T0_MS + 180_000, {})], 60, lambda: clock_ms, sleep))

    assert slept == [1.0, 2.0]


def test_default_feeds__a_tape_of_three_quote_currencies__converts_without_a_circle() -> None:
    names = (
        "BTC/USD",
        "BTC/USDT",
        "BTC/USDC",
        "USDT/USD",
        "USDC/USDT",
        "USDT/USDC",
        "BTC/EUR",
        "BTC/USD-PERP",
    )
    markets = [Leg("a", name) for name in names] + [Leg("b", "BTC/USDT"), Leg("b", "USDC/USD")]

    found = {r.feed: ({str(leg) for leg in r.legs}, r.min_venues, r.pegged) for r in default_feeds(markets)}

    assert found == {
        "USDT/USD": ({"a:USDT/USD"}, 1, True),
        "USDC/USD": ({"a:USDC/USDT", "b:USDC/USD"}, 2, True),
        "BTC/USD": ({"a:BTC/USD", "a:BTC/USDT", "a:BTC/USDC", "b:BTC/USDT"}, 2, False),
    }
    assert [r.feed for r in for_tape(default_feeds(markets), "bars")][-1] == "BTC/USD"


def test_needed__a_feed__with_its_conversions_only() -> None:
    markets = [Leg("a", s) for s in ("BTC/USDC", "ETH/USDT", "USDC/USDT", "USDT/USD")]
    rules = default_feeds(markets)

    assert {r.feed for r in needed(rules, "BTC/USD")} == {"BTC/USD", "USDC/USD", "USDT/USD"}
    assert {r.feed for r in needed(rules, "ETH/USD")} == {"ETH/USD", "USDT/USD"}
    with pytest.raises(UnknownFeed, match="'SOL/USD'"):
        needed(rules, "SOL/USD")


def test_without__a_whole_venue__asks_for_no_more_venues_than_are_left() -> None:
    rules = default_feeds([Leg("a", "BTC/USD"), Leg("b", "BTC/USD")])

    (left,) = without(rules, "BTC/USD", [Leg("b", "BTC/USD")])

    assert (left.legs, left.min_venues) == ((Leg("a", "BTC/USD"),), 1)
