"""``spotline analyse`` on tapes: accuracy, basis, volatility, each figure by hand."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.models import SCALE, Quote
from reporter.tapes import TapeWriter
from tests.unit.commands import document, refusal, spotline
from tests.unit.taping import DEPEG, GEMINI, T0_MS, quote, require, write

pytestmark = pytest.mark.unit
HEADER = "minute,venue,symbol,open,high,low,close,volume\n"
BOTH = "coinbase:BTC/USD,kraken:BTC/USD"


def bars(folder: Path, **closes: Iterable[int]) -> Path:
    """BTC/USD, a close a minute from 600 s on for each venue."""
    rows = [
        f"{600 + 60 * i},{venue},BTC/USD,1,1,1,{close},1\n"
        for venue, prices in closes.items()
        for i, close in enumerate(prices)
    ]
    return write(folder, HEADER + "".join(rows), "little.csv")


def recorded(folder: Path, quotes: Iterable[Quote]) -> Path:
    path = folder / "made.jsonl.gz"
    with TapeWriter(path) as writer:
        for one in sorted(quotes, key=lambda q: q.received_at_ms):
            writer.put(one)
    return path


def book(venue: str, symbol: str, bid: int, ask: int, at_s: int = 0) -> Quote:
    at_ms = T0_MS + at_s * 1000
    return Quote(venue, symbol, bid * SCALE, ask * SCALE, None, at_ms, None, at_ms)


def test_accuracy__a_venue_0_2_per_cent_dear__is_its_bias(tmp_path: Path) -> None:
    path = bars(tmp_path, kraken=(1000, 1000, 1000), coinbase=(1002, 1002, 1002))

    found = document("analyse", "accuracy", path, "--reference", "kraken:BTC/USD")

    assert (found["feed"], found["reference"]) == ("BTC/USD", ["kraken:BTC/USD"])
    assert found["markets"]["coinbase:BTC/USD"] == {
        "moments": 3,
        "bias_ppm": 2_000,
        "error_ppm": 2_000,
        "worst_ppm": 2_000,
        "lag_ms": None,
        "delay_median_ms": None,
        "delay_p99_ms": None,
        "delay_worst_ms": None,
        "uptime_ppm": 1_000_000,
    }
    assert found["markets"]["kraken:BTC/USD"]["bias_ppm"] == 0


def test_accuracy__no_reference__against_our_own_index(tmp_path: Path) -> None:
    path = bars(tmp_path, kraken=(1000, 1000), coinbase=(1002, 1002))

    found = document("analyse", "accuracy", path)

    # Of two venues the index is the mean, 1001: 1 / 1001 is 999.0 ppm.
    assert found["reference"] == ["index"]
    assert [m["bias_ppm"] for m in found["markets"].values()] == [999, -999]


def test_accuracy__a_market_in_another_currency__is_converted_first(tmp_path: Path) -> None:
    rows = (
        "600,kraken,USDT/USD,1,1,1,0.99,1\n600,kraken,BTC/USD,1,1,1,1000,1\n600,okx,BTC/USDT,1,1,1,1000,1\n"
    )
    path = write(tmp_path, HEADER + rows, "little.csv")

    found = document("analyse", "accuracy", path, "--feed", "BTC/USD", "--reference", "kraken:BTC/USD")

    assert found["markets"]["okx:BTC/USDT"]["bias_ppm"] == -10_000


def test_accuracy__late_trades__delay_and_uptime_by_the_exchange_s_clock(tmp_path: Path) -> None:
    late = [quote(at_s=0, late_s=1), quote(at_s=100, late_s=2), quote(at_s=200, late_s=5)]

    found = document("analyse", "accuracy", recorded(tmp_path, late))["markets"]["kraken:BTC/USD"]

    # From 1 s to 205 s. Fresh from 1 to 30.001 and from 102 to 130.001: 57.002 of 204 s.
    assert (found["delay_median_ms"], found["delay_p99_ms"], found["delay_worst_ms"]) == (2_000, 5_000, 5_000)
    assert found["uptime_ppm"] == 279_421


def test_accuracy__a_venue_without_a_clock__has_no_delay(tmp_path: Path) -> None:
    untimed = [replace(quote(at_s=at), last_at_ms=None) for at in (0, 1)]

    found = document("analyse", "accuracy", recorded(tmp_path, untimed))["markets"]["kraken:BTC/USD"]

    assert found["delay_median_ms"] is None


def test_accuracy__a_jump_told_seven_seconds_later__is_the_lag(tmp_path: Path) -> None:
    quotes = [
        quote(venue, 1000 if at < jump else 1005, at)
        for at in range(200)
        for venue, jump in (("kraken", 100), ("coinbase", 107))
    ]

    found = document("analyse", "accuracy", recorded(tmp_path, quotes), "--reference", "kraken:BTC/USD")

    assert found["markets"]["coinbase:BTC/USD"]["lag_ms"] == 7_000
    assert found["markets"]["kraken:BTC/USD"]["lag_ms"] == 0


def test_accuracy__the_recorded_crash__uptime_of_the_data_s_description() -> None:
    found = document("analyse", "accuracy", require(GEMINI))["markets"]["gemini:BTC/USD"]

    assert found["uptime_ppm"] == pytest.approx(785_000, abs=500)
    assert 48_800 <= found["delay_worst_ms"] <= 48_950


def test_accuracy__for_a_person__a_row_for_each_market_of_the_feed() -> None:
    said = spotline("analyse", "accuracy", require(DEPEG), "--reference", BOTH).stdout.splitlines()

    assert said[0] == "BTC/USD on usdc_depeg_2023-03-10_12 against coinbase:BTC/USD and kraken:BTC/USD"
    assert said[1].split()[:3] == ["market", "moments", "bias"]
    assert len(said) == 2 + 7 + 1


def test_volatility__ten_per_cent_up_twice__by_hand(tmp_path: Path) -> None:
    path = bars(tmp_path, kraken=(100, 110, 121), coinbase=(100, 110, 121))

    found = document("analyse", "volatility", path)

    # ln 1.1 = 0.0953101798...; its square twice in 120 s of a year of 31,536,000 s: 0.0953101798 x sqrt(525,600).
    assert found["annualised"].startswith("69.09823")
    assert (found["returns"], found["covered_ms"], found["every_ms"]) == (2, 120_000, 60_000)


def test_volatility__every_two_minutes__only_those_prices_count(tmp_path: Path) -> None:
    path = bars(
        tmp_path, kraken=(100, 999, 100, 999, 110, 999, 121)[1:], coinbase=(999, 100, 999, 110, 999, 121)
    )

    found = document("analyse", "volatility", path, "--every", "120")

    # Bars end at 660, 720, ... s: those of 720, 840 and 960 count, two returns of ln 1.1 in 240 s.
    assert found["annualised"].startswith("48.85983")
    assert (found["returns"], found["covered_ms"]) == (2, 240_000)


PERPETUAL = [
    book("kraken", "BTC/USD", 9_999, 10_001),
    book("deribit", "BTC/USD-PERP", 10_010, 10_014),
    book("kraken", "BTC/USD", 9_999, 10_001, 1),
    book("deribit", "BTC/USD-PERP", 9_998, 10_002, 1),
]


def test_basis__two_seconds_of_a_perpetual__by_hand(tmp_path: Path) -> None:
    found = document("analyse", "basis", recorded(tmp_path, PERPETUAL))

    # 12 of 10,000 are 1,200 ppm, 1,095 times a year. Sell at 10,010, buy at 10,001: 900; the other way -1,500.
    assert found["highest"] == {
        "at_ms": T0_MS,
        "absolute": str(12 * SCALE),
        "ppm": 1_200,
        "annualised_ppm": 1_314_000,
        "spread": {"mid_ppm": 1_200, "sell_ppm": 900, "buy_ppm": -1_500},
    }
    assert (found["last"]["ppm"], found["mean_ppm"], found["mean_annualised_ppm"]) == (0, 600, 657_000)
    assert (found["best_sell_ppm"], found["best_buy_ppm"]) == (900, -300)
    assert (found["perpetual"], found["spot"], found["moments"]) == (
        "deribit:BTC/USD-PERP",
        "kraken:BTC/USD",
        2,
    )


def test_basis__another_term__another_year(tmp_path: Path) -> None:
    found = document("analyse", "basis", recorded(tmp_path, PERPETUAL), "--term-hours", "24")

    assert found["highest"]["annualised_ppm"] == 1_200 * 365


def test_basis__a_perpetual_in_tether__is_converted_and_has_no_spread(tmp_path: Path) -> None:
    tether = Quote("kraken", "USDT/USD", None, None, 99 * SCALE // 100, None, T0_MS, T0_MS)
    quotes = [PERPETUAL[0], tether, book("okx", "BTC/USDT-PERP", 10_100, 10_100)]

    found = document("analyse", "basis", recorded(tmp_path, quotes), "--feed", "BTC/USD")

    # 10,100 x 0.99 = 9,999.
    assert (found["last"]["ppm"], found["spot"], found["last"]["spread"]) == (-100, None, None)


def test_basis__for_a_person__every_line(tmp_path: Path) -> None:
    said = spotline("analyse", "basis", recorded(tmp_path, PERPETUAL)).stdout.splitlines()

    assert said == [
        "deribit:BTC/USD-PERP against the index BTC/USD on made, 2 moments",
        "mean basis 0.06 %, 65.70 % a year at 8 h a period",
        "  lowest   2023-11-14T22:13:21Z  0.00  0.00 %",
        "  highest  2023-11-14T22:13:20Z  12.00  0.12 %",
        "  last     2023-11-14T22:13:21Z  0.00  0.00 %",
        "spread between the books of deribit:BTC/USD-PERP and kraken:BTC/USD, best of all moments: sell 0.09 %, "
        "buy -0.03 %",
    ]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("accuracy", "absent.csv"), 2, "no tape at absent.csv"),
        (("accuracy", "TAPE", "--feed", "SOL/USD"), 2, "unknown feed 'SOL/USD'"),
        (("accuracy", "TAPE", "--reference", "okx:BTC/USD"), 2, "--reference: the tape has no okx:BTC/USD"),
        (("accuracy", "TAPE", "--config", "absent.toml"), 3, "configuration absent.toml cannot be read"),
        (("volatility", "TAPE", "--every", "3600"), 6, "no index of BTC/USD at any moment of little"),
        (("volatility", "TAPE", "--every", "120"), 6, "BTC/USD: 1 prices 120 s apart make no volatility"),
        (("basis", "TAPE"), 2, "little: name one perpetual of BTC; it has none"),
        (("basis", "TAPE", "--perpetual", "kraken:BTC/USD"), 2, "name one perpetual of BTC"),
        (("basis", "TAPE", "--perpetual", "deribit"), 2, "--perpetual: 'deribit' is not VENUE:SYMBOL"),
    ],
)
def test_analyse__asked_wrongly__one_sentence_and_an_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    path = bars(tmp_path, kraken=(1000, 1000, 1000))

    found, said = refusal(monkeypatch, capsys, "analyse", *(path if w == "TAPE" else w for w in words))

    assert found == code
    assert says in said
    assert "Traceback" not in said


def test_basis__never_at_the_same_moment__exit_code_6(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quotes = [PERPETUAL[0], book("deribit", "BTC/USD-PERP", 10_010, 10_014, 60)]

    code, said = refusal(monkeypatch, capsys, "analyse", "basis", recorded(tmp_path, quotes))

    assert code == 6
    assert "BTC/USD and deribit:BTC/USD-PERP never have a price at the same moment" in said


def test_accuracy__our_index_never_there__exit_code_6(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bars(tmp_path, kraken=(1000,), coinbase=(1100,))

    code, said = refusal(monkeypatch, capsys, "analyse", "accuracy", path)

    assert code == 6
    assert "no index of BTC/USD" in said
