"""A perpetual's mark feed: the venues' mark prices, converted like every other price; the mid where a mark is old."""

import pytest

from reporter.index import compute, plan
from reporter.index.venue_price import venue_price
from reporter.models import SCALE, FeedRules, Leg, Quote, Status

pytestmark = pytest.mark.unit

NOW_MS = 1_800_000_000_000
RULES = FeedRules("BTC/USD-PERP", (Leg("deribit", "BTC/USD-PERP"),))


def perpetual(
    venue: str,
    symbol: str,
    mark: int | None,
    bid: int | None = None,
    age_ms: int | None = None,
    book_age_ms: int = 0,
) -> Quote:
    """Prices in hundredths; a book is a cent wide. ``age_ms``: of the mark, which has no time without it."""
    scaled = SCALE // 100
    ask = None if bid is None else (bid + 1) * scaled
    return Quote(
        venue,
        symbol,
        None if bid is None else bid * scaled,
        ask,
        None if mark is None else mark * scaled,
        None if bid is None else NOW_MS - book_age_ms,
        None if age_ms is None else NOW_MS - age_ms,
        NOW_MS,
    )


@pytest.mark.parametrize(
    ("mark", "bid", "age_ms", "price", "text"),
    [
        (6_500_500, 6_500_000, 0, 6_500_500, "mark price"),  # outside the book, and still the mark
        (6_500_500, 6_500_000, None, 6_500_500, "mark price"),
        (6_500_500, None, 60_000, 6_500_500, "mark price"),
        (6_500_500, 6_500_000, 60_001, None, "mid"),
        (None, 6_500_000, None, None, "mid"),
        (6_500_500, None, 60_001, 0, "no book, and the last trade is old"),
    ],
)
def test_venue_price__perpetual__its_mark_or_the_mid(
    mark: int | None, bid: int | None, age_ms: int | None, price: int | None, text: str
) -> None:
    quote = perpetual("deribit", "BTC/USD-PERP", mark, bid, age_ms)

    found = venue_price(quote, RULES, NOW_MS)

    middle = 6_500_000 * SCALE // 100 + SCALE // 200
    assert found == (middle if price is None else price * SCALE // 100, text)


def test_venue_price__spot_with_the_same_numbers__the_trade_stays_inside_the_book() -> None:
    quote = perpetual("kraken", "BTC/USD", 6_500_500, 6_500_000, 0)

    assert venue_price(quote, RULES, NOW_MS) == (6_500_001 * SCALE // 100, "median of bid, ask and last")


def test_mark_feed__marks_in_dollars_and_tether__all_count_in_dollars() -> None:
    legs = tuple(
        Leg(venue, "BTC/USD-PERP" if venue in ("bitmex", "deribit") else "BTC/USDT-PERP")
        for venue in ("binanceperp", "bitmex", "bybitperp", "deribit", "hyperliquid", "okxperp")
    )
    tether = tuple(Leg(venue, "USDT/USD") for venue in ("coinbase", "kraken"))
    feeds = plan([FeedRules("BTC/USD-PERP", legs), FeedRules("USDT/USD", tether, min_venues=2)])
    quotes = {
        leg: perpetual(*leg, 6_500_000 if "USDT" not in leg.symbol else 6_532_663, age_ms=0) for leg in legs
    }
    quotes |= {
        leg: Quote(*leg, 995 * SCALE // 1000, 995 * SCALE // 1000, None, NOW_MS, None, NOW_MS)
        for leg in tether
    }

    index = compute(feeds, quotes, NOW_MS)["BTC/USD-PERP"]

    assert index.status is Status.OK
    assert index.price is not None
    assert abs(index.price - 65_000 * SCALE) < SCALE // 100
    assert {source.reason for source in index.sources} == {"mark price", "mark price; USDT/USD is REDUCED"}
    assert {source.converted_by for source in index.sources} == {"", "USDT/USD"}


def test_mark_feed__one_venue_lies__dropped_as_any_outlier() -> None:
    venues = ("bitmex", "deribit", "okxperp", "krakenperp")
    legs = tuple(Leg(venue, "BTC/USD-PERP") for venue in venues)
    quotes = {
        leg: perpetual(*leg, 6_500_000 * (1_000 if leg.venue == "bitmex" else 1), age_ms=0) for leg in legs
    }

    index = compute(plan([FeedRules("BTC/USD-PERP", legs)]), quotes, NOW_MS)["BTC/USD-PERP"]

    assert index.price == 65_000 * SCALE
    assert [source.venue for source in index.sources if not source.kept] == ["bitmex"]
