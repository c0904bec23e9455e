"""Reading a tape: what is refused, with which words, and how long it takes."""

import gzip
import os
import time
from pathlib import Path

import pytest

from reporter.errors import TapeError
from reporter.market.tape import Tape

pytestmark = pytest.mark.unit

HEADER = "minute,venue,symbol,open,high,low,close,volume\n"
DEPEG = Path(__file__).parents[2] / "../shared/data/usdc_depeg_2023-03-10_12.csv.gz"


def row(minute: int, venue: str, symbol: str, close: str, volume: str = "1.0") -> str:
    return f"{minute},{venue},{symbol},{close},{close},{close},{close},{volume}\n"


def write(folder: Path, text: str, name: str = "little.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_load__gzip_and_plain__are_the_same(tmp_path: Path) -> None:
    text = HEADER + row(600, "kraken", "BTC/USD", "1")

    plain, packed = Tape.load(write(tmp_path, text)), Tape.load(write(tmp_path, text, "little.csv.gz"))

    assert plain == packed


GOOD = row(600, "kraken", "BTC/USD", "1.5")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has the columns (none)"),
        ("minute,venue,price\n" + GOOD, "has the columns minute,venue,price"),
        (HEADER, "has no row with a trade"),
        (HEADER + row(600, "kraken", "BTC/USD", "1", "0"), "has no row with a trade"),
        (HEADER + GOOD + row(660, "kraken", "BTC/USD", "1e999"), "line 3: open is '1e999'"),
        (HEADER + row(600, "kraken", "BTC/USD", "-1"), "line 2: open is '-1'"),
        (HEADER + row(600, "kraken", "BTC/USD", "1", "NaN"), "line 2: volume is 'NaN'"),
        (HEADER + row(600, "kraken", "BTC/USD", "1_000"), "line 2: open is '1_000'"),
        (HEADER + row(600, "kraken", "BTC/USD", "0"), "line 2: close is '0'"),
        (HEADER + row(601, "kraken", "BTC/USD", "1"), "line 2: minute is '601'"),
        (HEADER + row(-60, "kraken", "BTC/USD", "1"), "line 2: minute is '-60'"),
        (HEADER + row(600, "", "BTC/USD", "1"), "line 2: venue is ''"),
        (HEADER + row(600, "kraken", "BTCUSD", "1"), "line 2: symbol is 'BTCUSD'"),
        (HEADER + row(600, "kraken", "/USD", "1"), "line 2: symbol is '/USD'"),
        (HEADER + "600,kraken,BTC/USD\n", "line 2: 3 values instead of 8"),
        (HEADER + '600,kra"ken,"x"y\n', "line 2: not CSV"),
        (HEADER + GOOD + GOOD, "minute 600 of kraken BTC/USD does not follow 600"),
    ],
)
def test_load__bad_text__says_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TapeError) as caught:
        Tape.load(write(tmp_path, text))
    assert says in str(caught.value)


def test_load__missing_file__names_it(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match=r"no tape at .*absent\.csv"):
        Tape.load(tmp_path / "absent.csv")


def test_load__folder__is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="cannot read the tape"):
        Tape.load(tmp_path)


@pytest.mark.parametrize("keep", [40, 10**6])
def test_load__not_whole_gzip__says_so(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "bad.csv.gz"
    packed = gzip.compress((HEADER + GOOD).encode())
    path.write_bytes(packed[:keep] if keep < len(packed) else HEADER.encode())

    with pytest.raises(TapeError, match="not a complete gzip file"):
        Tape.load(path)


def test_load__damaged_gzip__says_so(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv.gz"
    packed = bytearray(gzip.compress((HEADER + GOOD).encode()))
    packed[10] |= 0b110  # a deflate block of a kind that does not exist
    path.write_bytes(packed)

    with pytest.raises(TapeError, match="not a complete gzip file"):
        Tape.load(path)


def test_load__gzip_named_csv__hints_at_the_name(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(gzip.compress((HEADER + GOOD).encode()))

    with pytest.raises(TapeError, match="is not text") as caught:
        Tape.load(path)
    assert ".csv.gz" in caught.value.hint


def test_load__depeg__takes_less_than_half_a_second() -> None:
    if not DEPEG.exists():
        assert not os.environ.get("CI"), f"CI needs {DEPEG}"
        pytest.skip("the recorded tape is not beside this checkout (../shared/data)")

    def seconds() -> float:
        started = time.process_time()
        Tape.load(DEPEG)
        return time.process_time() - started

    assert min(seconds() for _ in range(3)) < 0.5
