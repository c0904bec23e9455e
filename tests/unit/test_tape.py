"""The tape: what it shows at a time, and how that time meets the wall clock."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import TapeError, UsageError
from reporter.market.factory import open_market
from reporter.market.model import MarketQuote
from reporter.market.tape import Tape, TapeMarket, parse_start, utc_text
from reporter.models import SCALE

pytestmark = pytest.mark.unit

HEADER = "minute,venue,symbol,open,high,low,close,volume\n"
DEPEG = Path(__file__).parents[2] / "../shared/data/usdc_depeg_2023-03-10_12.csv.gz"
FIRST_MS = 1_678_471_200_000  # 2023-03-10T18:00Z
LAST_MS = FIRST_MS + 42 * 3_600_000  # 2023-03-12T12:00Z
EPOCH_MS = 1_800_000_000_123


def row(minute: int, venue: str, symbol: str, close: str, volume: str = "1.0") -> str:
    return f"{minute},{venue},{symbol},{close},{close},{close},{close},{volume}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "little.csv"
    path.write_text(text)
    return path


@pytest.fixture
def little(tmp_path: Path) -> Tape:
    """Two BTC/USD markets; kraken has no row in the third minute, coinbase a row without volume."""
    text = (
        row(600, "coinbase", "BTC/USD", "100.0")
        + row(600, "kraken", "BTC/USD", "100.000000000000000003")
        + row(600, "kraken", "BTC/USDC", "110.5")
        + row(660, "coinbase", "BTC/USD", "102", "5.5e-05")
        + row(660, "kraken", "BTC/USD", "103")
        + row(720, "coinbase", "BTC/USD", "999", "0.0")
        + row(720, "kraken", "BTC/USDC", "111")
    )
    return Tape.load(write(tmp_path, HEADER + text))


@pytest.fixture(scope="module")
def depeg() -> Tape:
    if not DEPEG.exists():
        assert not os.environ.get("CI"), f"CI needs {DEPEG}"
        pytest.skip("the recorded tape is not beside this checkout (../shared/data)")
    return Tape.load(DEPEG)


def test_series__before_the_first_minute_ends__has_no_quote(little: Tape) -> None:
    assert little.series["coinbase", "BTC/USD"].at(659_999) is None
    assert little.series["coinbase", "BTC/USD"].at(660_000) == (100 * SCALE, 660_000)


def test_series__row_without_volume__repeats_old_quote_with_old_time(little: Tape) -> None:
    assert little.series["coinbase", "BTC/USD"].at(780_000) == (102 * SCALE, 720_000)


def test_series__missing_row__repeats_old_quote_with_old_time(little: Tape) -> None:
    assert little.series["kraken", "BTC/USD"].at(900_000) == (103 * SCALE, 720_000)


def test_tape__little__has_name_and_range(little: Tape) -> None:
    assert (little.name, little.first_ms, little.last_ms) == ("little", 600_000, 780_000)


def test_reference__two_dollar_markets__is_floored_mean(little: Tape) -> None:
    assert little.reference_at("BTC/USD", 660_000) == 100 * SCALE + 1
    assert little.reference_at("BTC/USD", 720_000) == 1025 * SCALE // 10


@pytest.mark.parametrize("feed", ["BTC/USDC", "ETH/USD", "USD", "BTC/USD-PERP"])
def test_reference__no_dollar_market__is_none(little: Tape, feed: str) -> None:
    assert little.reference_at(feed, 780_000) is None


def test_reference__before_first_quote__is_none(little: Tape) -> None:
    assert little.reference_at("BTC/USD", 659_999) is None


def test_market__quote__is_close_as_bid_ask_last_at_mapped_time(little: Tape) -> None:
    market = TapeMarket(little, 660_000, EPOCH_MS, 60)

    quote = market.quote("coinbase", "BTC/USD", EPOCH_MS + 1_500)

    observed = EPOCH_MS + 1_000  # one tape minute later at 60 times the speed
    assert quote == MarketQuote(102 * SCALE, 102 * SCALE, 102 * SCALE, observed, observed)
    assert market.label == "TAPE little x60"
    assert market.source == "tape"


def test_market__quote_older_than_start__keeps_its_age_on_the_wall(little: Tape) -> None:
    market = TapeMarket(little, 720_000, EPOCH_MS, 1)

    quote = market.quote("kraken", "BTC/USDC", EPOCH_MS)

    assert quote is not None
    assert quote.book_at_ms == EPOCH_MS - 60_000


@pytest.mark.parametrize("key", [("kraken", "ETH/USD"), ("gemini", "BTC/USD")])
def test_market__unknown_market__has_no_quote(little: Tape, key: tuple[str, str]) -> None:
    assert TapeMarket(little, 660_000, EPOCH_MS, 1).quote(*key, EPOCH_MS) is None


def test_market__end__is_when_last_minute_is_over(little: Tape) -> None:
    market = TapeMarket(little, 720_000, EPOCH_MS, 60)

    assert not market.ended(EPOCH_MS + 999)
    assert market.ended(EPOCH_MS + 1_000)
    assert market.quote("kraken", "BTC/USD", EPOCH_MS + 10**7) is not None


@pytest.mark.parametrize("start_ms", [599_999, 780_001])
def test_market__start_outside__names_the_range(little: Tape, start_ms: int) -> None:
    with pytest.raises(TapeError, match="outside the tape little") as caught:
        TapeMarket(little, start_ms, EPOCH_MS, 1)
    assert caught.value.hint == "the tape runs from 1970-01-01T00:10:00Z to 1970-01-01T00:13:00Z"


@pytest.mark.parametrize("speed", [0, -1])
def test_market__speed_not_positive__is_refused(little: Tape, speed: int) -> None:
    with pytest.raises(TapeError, match=f"speed {speed} is not"):
        TapeMarket(little, 660_000, EPOCH_MS, speed)


@given(wall_ms=st.integers(0, 4 * 10**12), speed=st.integers(1, 10_000), start=st.integers(600_000, 779_999))
def test_mapping__any_wall_time__comes_back_exactly(wall_ms: int, speed: int, start: int) -> None:
    market = TapeMarket(Tape("t", 600_000, 780_000, {}), start, EPOCH_MS, speed)

    assert market.wall_ms(market.tape_ms(wall_ms)) == wall_ms
    assert market.tape_ms(wall_ms + 1) - market.tape_ms(wall_ms) == speed


@given(
    tape_ms=st.integers(0, 10**10),
    wall_ms=st.integers(EPOCH_MS - 10**6, EPOCH_MS + 10**6),
    speed=st.integers(1, 999),
)
def test_mapping__what_has_been_played__is_never_ahead_of_the_wall(
    tape_ms: int, wall_ms: int, speed: int
) -> None:
    market = TapeMarket(Tape("t", 600_000, 780_000, {}), 660_000, EPOCH_MS, speed)

    assert (market.wall_ms(tape_ms) <= wall_ms) == (tape_ms < market.tape_ms(wall_ms + 1))


@pytest.mark.parametrize(
    "text", ["2023-03-11T06:40", "2023-03-11T06:40Z", "2023-03-11T06:40:00", "2023-03-11T06:40:00Z"]
)
def test_start__every_spelling__is_the_same_utc_moment(text: str) -> None:
    assert parse_start(text) == 1_678_516_800_000
    assert utc_text(parse_start(text)) == "2023-03-11T06:40:00Z"


@pytest.mark.parametrize(
    "text", ["", "2023-03-11", "2023-02-30T06:40", "2023-03-11T06:40+01:00", "2023-03-11 06:40", "1678516800"]
)
def test_start__not_a_time__names_it(text: str) -> None:
    with pytest.raises(TapeError) as caught:
        parse_start(text)
    assert repr(text) in str(caught.value)
    assert "2023-03-11T06:40" in caught.value.hint


def test_open_market__start_without_tape__is_refused() -> None:
    with pytest.raises(UsageError, match="belong to a tape"):
        open_market(epoch_ms=EPOCH_MS, seed=1, start="2023-03-11T06:40")


def test_open_market__speed_zero__is_refused(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="speed 0"):
        open_market(
            epoch_ms=EPOCH_MS,
            seed=1,
            tape=write(tmp_path, HEADER + row(600, "kraken", "BTC/USD", "1.5")),
            speed=0,
        )


def test_open_market__no_start__begins_with_the_first_quotes(tmp_path: Path) -> None:
    text = HEADER + row(600, "kraken", "BTC/USD", "1.5") + row(660, "kraken", "BTC/USD", "2")

    market = open_market(epoch_ms=EPOCH_MS, seed=1, tape=write(tmp_path, text))

    quote = market.quote("kraken", "BTC/USD", EPOCH_MS)
    assert quote is not None
    assert (quote.last, quote.last_at_ms) == (3 * SCALE // 2, EPOCH_MS)


def test_depeg__loaded__has_eleven_markets_and_its_range(depeg: Tape) -> None:
    assert len(depeg.series) == 11
    assert (depeg.first_ms, depeg.last_ms) == (FIRST_MS, LAST_MS)
    assert depeg.name == "usdc_depeg_2023-03-10_12"


def test_depeg__zero_volume_rows__are_no_trades(depeg: Tape) -> None:
    assert len(depeg.series["kraken", "USDC/USD"].closes) == 2_487
    assert len(depeg.series["binanceus", "USDC/USDT"].closes) == 1_410


def test_depeg__usdc__fell_to_its_recorded_low(depeg: Tape) -> None:
    assert min(depeg.series["kraken", "USDC/USD"].closes) == 874 * SCALE // 1000


def test_depeg__reference__is_mean_of_coinbase_and_kraken(depeg: Tape) -> None:
    at_ms = FIRST_MS + 60_000  # the first minute has just ended: 19955.0 and 19955.2

    assert depeg.reference_at("BTC/USD", at_ms) == 199_551 * SCALE // 10
    assert depeg.reference_at("USDT/USD", at_ms) == 999_995 * SCALE // 10**6
    assert depeg.reference_at("USDC/USD", at_ms) == SCALE
