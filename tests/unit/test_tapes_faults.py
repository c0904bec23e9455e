"""Faults: what each does to a quote, that a seed repeats, and what is refused."""

from pathlib import Path

import pytest

from reporter.errors import UsageError
from reporter.models import SCALE, Leg, Quote
from reporter.tapes.faults import faulty, parse_faults
from tests.unit.taping import T0_MS, quote, write

pytestmark = pytest.mark.unit

MARKETS = (Leg("coinbase", "BTC/USD"), Leg("kraken", "BTC/USD"), Leg("kraken", "USDT/USD"))
QUOTES = [
    q
    for second in range(6)
    for q in (quote("kraken", 100 + second, second), quote("coinbase", 200 + second, second))
]


def after(text: str, seed: int = 1) -> list[Quote]:
    return list(faulty(QUOTES, parse_faults(text, T0_MS, MARKETS), seed))


def kraken(text: str, seed: int = 1) -> list[Quote]:
    return [q for q in after(text, seed) if q.venue == "kraken"]


def lasts(quotes: list[Quote]) -> list[int]:
    return [(q.last or 0) // SCALE for q in quotes]


def test_faulty__none__changes_nothing() -> None:
    assert after("") == QUOTES


def test_faulty__any__leaves_other_venues_alone() -> None:
    text = "drop:kraken@1+1,freeze:kraken@2+1,spike:kraken@3+1*2,clock:kraken@4+1*9,delay:kraken@0+1*1"

    assert [q for q in after(text) if q.venue == "coinbase"] == [q for q in QUOTES if q.venue == "coinbase"]


def test_faulty__drop__nothing_arrives_in_the_window() -> None:
    assert lasts(kraken("drop:kraken@2+2")) == [100, 101, 104, 105]
    assert lasts(kraken("drop:kraken:USDT/USD@2+2")) == [100, 101, 102, 103, 104, 105]


def test_faulty__freeze__old_prices_and_times_keep_arriving() -> None:
    frozen = kraken("freeze:kraken@2+3")

    assert lasts(frozen) == [100, 101, 101, 101, 101, 105]
    assert [(q.observed_at_ms - T0_MS) // 1000 for q in frozen] == [0, 1, 1, 1, 1, 5]
    assert [(q.received_at_ms - T0_MS) // 1000 for q in frozen] == [0, 1, 2, 3, 4, 5]


def test_faulty__delay__late_and_in_order_of_arrival() -> None:
    found = after("delay:kraken@1+2*2.5")

    arrivals = [q.received_at_ms for q in found]
    assert arrivals == sorted(arrivals)
    assert sorted(q.observed_at_ms for q in found) == sorted(q.observed_at_ms for q in QUOTES)
    late = [q for q in found if q.received_at_ms != q.observed_at_ms]
    assert lasts(late) == [101, 102]
    assert {q.received_at_ms - q.observed_at_ms for q in late} == {2_500}


def test_faulty__clock__exchange_times_move_and_arrivals_do_not() -> None:
    ahead = kraken("clock:kraken@0+6*-40")

    assert {q.received_at_ms - q.observed_at_ms for q in ahead} == {40_000}


def test_faulty__spike__prices_times_the_factor() -> None:
    assert lasts(kraken("spike:kraken@2+1*1.5")) == [100, 101, 153, 103, 104, 105]


def test_faulty__noise__is_within_its_limit_and_the_seed_repeats_it() -> None:
    one, again, other = (kraken("noise:kraken@0+6*0.02", seed) for seed in (1, 1, 2))

    assert one == again != other
    for noisy, clean in zip(one, [q for q in QUOTES if q.venue == "kraken"], strict=True):
        assert noisy.last is not None
        assert clean.last is not None
        assert 0 < abs(noisy.last - clean.last) * 50 <= clean.last


def test_parse_faults__a_file__one_a_line_with_comments(tmp_path: Path) -> None:
    path = write(tmp_path, "# two\nfreeze:kraken@600+300\n\nspike:coinbase@1200+60*1.1 # up\n", "faults.txt")

    found = parse_faults(f"@{path}", T0_MS, MARKETS)

    assert [f.text for f in found] == ["freeze:kraken@600+300", "spike:coinbase@1200+60*1.1"]
    assert found == parse_faults("freeze:kraken@600+300,spike:coinbase@1200+60*1.1", T0_MS, MARKETS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("freeze", "'freeze' is not a fault"),
        ("freeze:kraken@1", "is not a fault"),
        ("freeze:kraken@-1+5", "is not a fault"),
        ("melt:kraken@1+5", "there is no fault 'melt'"),
        ("freeze:kraken@1+5*2", "freeze has no amount"),
        ("spike:kraken@1+5", "spike wants *amount, a factor"),
        ("spike:kraken@1+5*-1", "an amount of -1 is not possible"),
        ("noise:kraken@1+5*1", "an amount of 1 is not possible"),
        ("drop:okx@1+5", "the tape has no okx"),
        ("drop:coinbase:USDT/USD@1+5", "the tape has no coinbase:USDT/USD"),
        ("@absent.txt", "faults absent.txt cannot be read"),
    ],
)
def test_parse_faults__bad__one_sentence_with_the_value(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_faults(text, T0_MS, MARKETS)

    assert says in str(caught.value)
