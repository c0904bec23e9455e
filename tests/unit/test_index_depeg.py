"""The index through USDC's depeg of March 2023, minute by minute, against the two USD markets."""

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from reporter.index import compute, plan
from reporter.models import SCALE, FeedRules, Index, Leg, Quote

pytestmark = pytest.mark.unit

TAPE = Path(__file__).parents[2] / "../shared/data/usdc_depeg_2023-03-10_12.csv.gz"
PPM = 1_000_000
BTC_LEGS = tuple(
    Leg(venue, symbol)
    for venue, symbol in (
        ("coinbase", "BTC/USD"),
        ("coinbase", "BTC/USDT"),
        ("kraken", "BTC/USD"),
        ("kraken", "BTC/USDT"),
        ("kraken", "BTC/USDC"),
        ("binanceus", "BTC/USDT"),
        ("binanceus", "BTC/USDC"),
    )
)
REFERENCE = (Leg("coinbase", "BTC/USD"), Leg("kraken", "BTC/USD"))


def require_tape() -> None:
    if not TAPE.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{TAPE} is absent")
        pytest.skip(f"the recorded tape {TAPE.name} is absent from ../shared/data")


def feed(name: str, legs: tuple[Leg, ...], min_venues: int) -> FeedRules:
    """Rules for minute bars: their ages are minutes where live quotes' are seconds."""
    return FeedRules(name, legs, min_venues, max_age_ms=300_000, fade_from_ms=120_000)


def feeds(btc_legs: tuple[Leg, ...]) -> tuple[FeedRules, ...]:
    # USDC/USD needs both its venues: it converts legs on two of the three venues of BTC/USD, and with one
    # venue behind it that venue alone would move them together.
    return plan(
        [
            feed("BTC/USD", btc_legs, 2),
            feed("USDT/USD", (Leg("coinbase", "USDT/USD"), Leg("kraken", "USDT/USD")), 2),
            feed("USDC/USD", (Leg("kraken", "USDC/USD"), Leg("binanceus", "USDC/USDT")), 2),
        ]
    )


def fixed(text: str) -> int:
    return int(Decimal(text) * SCALE)


def as_quote(row: dict[str, str]) -> Quote:
    at_ms = (int(row["minute"]) + 60) * 1000
    close = fixed(row["close"])
    return Quote(
        row["venue"], row["symbol"], close, close, close, at_ms, at_ms, at_ms, label="TAPE usdc-depeg"
    )


def minutes() -> Iterator[tuple[int, dict[Leg, Quote]]]:
    """Every minute with the newest quote per market; one without trades keeps its old quote and time."""
    by_time: dict[int, list[Quote]] = {}
    with gzip.open(TAPE, "rt") as lines:
        for row in csv.DictReader(lines):
            if Decimal(row["volume"]) > 0:
                quote = as_quote(row)
                by_time.setdefault(quote.received_at_ms, []).append(quote)
    newest: dict[Leg, Quote] = {}
    for at_ms in sorted(by_time):
        newest |= {Leg(q.venue, q.symbol): q for q in by_time[at_ms]}
        yield at_ms, newest


def run(btc_legs: tuple[Leg, ...]) -> tuple[list[int], list[dict[str, Index]]]:
    """Errors in ppm at the minutes that have an index, and all indices of all minutes."""
    require_tape()
    order = feeds(btc_legs)
    errors, rounds = [], []
    for at_ms, quotes in minutes():
        indices = compute(order, quotes, at_ms)
        rounds.append(indices)
        price = indices["BTC/USD"].price
        assert all(quotes[leg].received_at_ms == at_ms for leg in REFERENCE)
        reference = sum(quotes[leg].last or 0 for leg in REFERENCE) // 2
        if price is not None:
            errors.append(abs(price - reference) * PPM // reference)
    return errors, rounds


def test_compute__usdc_depeg_all_legs__stays_within_0_3_percent_at_every_minute() -> None:
    errors, rounds = run(BTC_LEGS)

    assert len(rounds) == 2_520
    assert len(errors) == 2_520
    assert max(errors) <= 3_000
    assert sum(errors) / len(errors) <= 300


def test_compute__usdc_depeg_without_the_usd_markets__stays_within_0_5_percent() -> None:
    errors, rounds = run(tuple(leg for leg in BTC_LEGS if leg not in REFERENCE))

    assert len(errors) >= 0.999 * len(rounds)
    assert max(errors) <= 5_000


def test_compute__usdc_depeg__never_takes_usdc_as_one() -> None:
    _, rounds = run(BTC_LEGS)

    usdc = [r["USDC/USD"].price for r in rounds]

    assert min(price for price in usdc if price is not None) < fixed("0.89")
    for indices in rounds:
        rate = indices["USDC/USD"].price
        for source in indices["BTC/USD"].sources:
            if source.kept and source.converted_by == "USDC/USD":
                assert rate is not None
                assert source.last is not None
                assert source.price == source.last * rate // SCALE


def test_compute__usdc_depeg_legs_reordered__same_bits() -> None:
    forward = feeds(BTC_LEGS)
    backward = plan([replace(r, legs=r.legs[::-1]) for r in forward[::-1]])
    require_tape()
    for count, (at_ms, quotes) in enumerate(minutes()):
        if count % 60 == 0:
            shuffled = dict(reversed(quotes.items()))
            assert compute(forward, quotes, at_ms) == compute(backward, shuffled, at_ms)
