"""Tapes of every form as one stream of quotes: what comes out, and what is refused with which words."""

from dataclasses import replace
from pathlib import Path

import pytest

from reporter.errors import TapeError
from reporter.models import SCALE, Leg, Quote
from reporter.tapes import TapeWriter, open_tape
from reporter.tapes.ticks import market
from tests.unit.taping import GEMINI, T0_MS, quote, require, write

pytestmark = pytest.mark.unit

BARS = "minute,venue,symbol,open,high,low,close,volume\n"
TICKS = "exchange,symbol,exchange_us,received_us,side,price,amount\n"
TICK = "gemini,BTCUSD,1760130486491000,1760130493629421,buy,114585.43,0.1\n"
HEAD = '{"spotline_tape": 1}\n'
LINE = (
    '{"venue":"kraken","symbol":"BTC/USD","bid":"1.5","ask":"1.75","last":null,"book_at":null,"last_at":null,'
    '"received_at":1700000000000,"label":""}\n'
)


def test_open_tape__bars__a_close_is_a_quote_at_the_end_of_its_minute(tmp_path: Path) -> None:
    text = BARS + "660,b,X/USD,1,1,1,2.5,1\n600,a,X/USD,1,1,1,1.5,1\n660,a,X/USD,1,1,1,1.5,0\n"

    tape = open_tape(write(tmp_path, text, "few.csv.gz"))

    first, second = tape.quotes()
    close = 3 * SCALE // 2
    assert first == Quote("a", "X/USD", close, close, close, 660_000, 660_000, 660_000, "TAPE few")
    assert (second.venue, second.received_at_ms) == ("b", 720_000)
    assert (tape.form, tape.count, tape.first_ms, tape.last_ms) == ("bars", 2, 660_000, 720_000)
    assert tape.markets == (Leg("a", "X/USD"), Leg("b", "X/USD"))


def test_open_tape__ticks__keeps_both_clocks_and_is_never_younger_than_it_was(tmp_path: Path) -> None:
    tape = open_tape(write(tmp_path, TICKS + TICK, "few.csv"))

    (found,) = tape.quotes()

    assert (found.book_at_ms, found.last_at_ms, found.received_at_ms) == (None, 1760130486491, 1760130493630)
    assert (found.bid, found.ask, found.last) == (None, None, 114_585_43 * SCALE // 100)
    assert tape.markets == (Leg("gemini", "BTC/USD"),)


def test_open_tape__gemini__has_every_tick_and_its_delay() -> None:
    tape = open_tape(require(GEMINI))

    late_ms = max(q.received_at_ms - q.observed_at_ms for q in tape.quotes())

    assert tape.count == 2_955
    assert 48_800 < late_ms < 49_000


@pytest.mark.parametrize(
    ("symbol", "ours"),
    [
        ("BTCUSD", "BTC/USD"),
        ("btcusdt", "BTC/USDT"),
        ("ETH-BTC", "ETH/BTC"),
        ("BTC_USD", "BTC/USD"),
        ("USD", ""),
        ("BTCXYZ", ""),
        ("A/B/C", ""),
        ("É/USD", ""),
        ("USD-USD", ""),
    ],
)
def test_market__spellings__are_ours_or_nothing(symbol: str, ours: str) -> None:
    assert market(symbol) == ours


def late(seconds: int, other: str = "") -> str:
    return TICK.replace("1760130493629421", f"{1760130493629421 + seconds * 1_000_000}").replace(
        "buy", other or "buy"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no tape: it begins with ''"),
        ("a,b\n1,2\n", "is no tape: it begins with 'a,b'"),
        (BARS, "has no row with a price"),
        (TICKS, "has no row with a price"),
        (TICKS + TICK + late(-1), "line 3: received_us is 1760130492629421, before the line above it"),
        (TICKS + late(0, "bought"), "line 2: side is 'bought'"),
        (TICKS + TICK.replace("BTCUSD", "BTCXXX"), "line 2: symbol is 'BTCXXX'"),
        (TICKS + TICK.replace("114585.43", "0.0"), "line 2: price is '0.0'"),
        (TICKS + TICK.replace("114585.43", "-1"), "line 2: price is '-1'"),
        (TICKS + TICK.replace("114585.43", "nan"), "line 2: price is 'nan'"),
        (TICKS + TICK.replace("0.1", "x"), "line 2: amount is 'x'"),
        (TICKS + TICK.replace("1760130486491000", "1760130486"), "line 2: exchange_us is '1760130486'"),
        (TICKS + TICK.replace("gemini", ""), "line 2: exchange is ''"),
        (TICKS + "gemini,BTCUSD\n", "line 2: 2 values instead of 7"),
        (HEAD, "has no row with a price"),
        ('{"spotline_tape": 2}\n', "is a tape of version 2"),
        (HEAD + "{\n", "line 2: not JSON: '{'"),
        (HEAD + "[1]\n", "line 2: not an object: '[1]'"),
        (HEAD + LINE.replace('"bid"', '"bit"'), "see 'bid'"),
        (HEAD + LINE.replace('"1.5"', "1.5"), "line 2: bid is 1.5, not a decimal number as text"),
        (HEAD + LINE.replace('"1.5"', '"NaN"'), "line 2: bid is 'NaN'"),
        (HEAD + LINE.replace("BTC/USD", "BTCUSD"), "line 2: symbol is 'BTCUSD'"),
        (HEAD + LINE.replace('"kraken"', "7"), "line 2: venue is 7"),
        (HEAD + LINE.replace("1700000000000", "true"), "line 2: received_at is True"),
        (HEAD + LINE.replace("1700000000000", "null"), "line 2: received_at is 'None'"),
        (
            HEAD + LINE + LINE.replace("1700000000000", "1699999999999"),
            "line 3: received_at is 1699999999999",
        ),
    ],
)
def test_open_tape__bad_text__says_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text, "bad.jsonl" if text.startswith("{") else "bad.csv")

    with pytest.raises(TapeError) as caught:
        open_tape(path)

    assert says in str(caught.value)


def test_tape_writer__written__reads_back_bit_for_bit_in_order_of_arrival(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl.gz"
    book = Quote("kraken", "BTC/USD", 7, SCALE, None, None, None, T0_MS + 500, "SIMULATED")
    late_one = quote("coinbase", 101)

    with TapeWriter(path) as writer:
        writer.put(book)
        writer.put(late_one)

    tape = open_tape(path)
    assert list(tape.quotes()) == [
        replace(late_one, label="TAPE made"),
        replace(book, label="TAPE made SIMULATED"),
    ]


def test_tape_writer__killed__leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl.gz"
    writer = TapeWriter(path)
    for second in range(40):
        writer.put(quote(at_s=second))

    left = open_tape(path).count

    assert 24 <= left < 40
    writer.close()
    assert open_tape(path).count == 40


def test_tape_writer__a_quote_from_before_what_is_written__is_refused_and_counted(tmp_path: Path) -> None:
    with TapeWriter(tmp_path / "made.jsonl.gz") as writer:
        for second in range(40):
            writer.put(quote(at_s=second))
        writer.put(quote(at_s=1))

        assert (writer.count, writer.late) == (40, 1)


def test_tape_writer__existing_or_misnamed__is_refused(tmp_path: Path) -> None:
    there = write(tmp_path, "x", "there.jsonl.gz")

    with pytest.raises(TapeError, match=r"there\.jsonl\.gz exists already"):
        TapeWriter(there)
    with pytest.raises(TapeError, match=r"tape\.csv is no name for a tape"):
        TapeWriter(tmp_path / "tape.csv")
    with pytest.raises(TapeError, match="cannot be written"):
        TapeWriter(tmp_path / "absent" / "tape.jsonl.gz")
