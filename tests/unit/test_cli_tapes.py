"""The verbs on tapes as a person types them: documents, pictures, exit codes, sentences."""

import json
from pathlib import Path

import pytest

from reporter.tapes import open_tape
from tests.unit.commands import document, refusal, spotline
from tests.unit.taping import DEPEG, GEMINI, require, write

pytestmark = pytest.mark.unit

BOTH = "coinbase:BTC/USD,kraken:BTC/USD"
HEADER = "minute,venue,symbol,open,high,low,close,volume\n"


@pytest.fixture
def little(tmp_path: Path) -> Path:
    """Three minutes of two venues, one of them 0.2 % higher."""
    rows = [
        f"{minute},{venue},BTC/USD,{price},{price},{price},{price},1\n"
        for minute in (600, 660, 720)
        for venue, price in (("kraken", "1000"), ("coinbase", "1002"))
    ]
    return write(tmp_path, HEADER + "".join(rows), "little.csv")


def test_backtest__depeg__ours_within_0_3_percent_and_no_minute_over_0_5() -> None:
    found = document("backtest", require(DEPEG), "--feed", "BTC/USD", "--reference", BOTH)["methods"][
        "spotline"
    ]

    assert found["max_error"] <= 0.003
    assert found["minutes_over_50bp"] == 0
    assert found["availability"] == 1.0
    assert found["stale_used"] == 0
    assert found["honest_rejected"] == 0.0


def test_backtest__depeg_without_the_two_usd_markets__ours_within_0_5_percent() -> None:
    words = ("backtest", require(DEPEG), "--feed", "BTC/USD", "--reference", BOTH, "--without", BOTH)
    methods = document(*words)["methods"]

    assert methods["spotline"]["max_error"] <= 0.005
    assert methods["spotline"]["availability"] >= 0.999
    assert methods["naive"]["max_error"] > 0.06


def test_backtest__gemini_2025_10_10__nothing_stale_by_exchange_time_ever_counts() -> None:
    methods = document("backtest", require(GEMINI), "--feed", "BTC/USD")["methods"]

    assert methods["spotline"]["stale_used"] == 0
    assert 0.70 <= methods["spotline"]["availability"] <= 0.785
    assert methods["median"]["stale_used"] == 0
    assert 0.784 <= methods["median"]["availability"] <= 0.786
    assert 75 <= methods["naive"]["stale_used"] <= 85


def test_backtest__little__the_document_says_what_was_measured(little: Path) -> None:
    found = document(
        "backtest",
        little,
        "--feed",
        "BTC/USD",
        "--reference",
        "kraken:BTC/USD",
        "--faults",
        "drop:coinbase@600+60",
    )

    assert found["tape"] == "little"
    assert found["reference"] == ["kraken:BTC/USD"]
    assert found["faults"] == ["drop:coinbase@600+60"]
    assert (found["moments"], found["referenced"]) == (3, 3)
    assert found["methods"]["spotline"]["mean_error"] == 0.001


def test_backtest__for_a_person__a_table_with_every_method(little: Path) -> None:
    said = spotline("backtest", little, "--feed", "BTC/USD").stdout.splitlines()

    assert said[0] == "BTC/USD on little against coinbase:BTC/USD and kraken:BTC/USD"
    first = [line.split()[0] for line in said[1:-1]]
    assert first[:2] == ["method", "spotline"]
    assert {"median", "naive"} <= set(first)


def test_backtest__plot__is_a_picture(little: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"

    document("backtest", little, "--feed", "BTC/USD", "--plot", out)

    assert out.read_bytes().startswith(b"\x89PNG")


def test_backtest__plot_without_matplotlib__says_what_to_install(
    little: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reporter.backtest.plot.find_spec", lambda _: None)

    code, said = refusal(monkeypatch, capsys, "backtest", little, "--feed", "BTC/USD", "--plot", "out.png")

    assert code == 3
    assert "a plot needs matplotlib" in said
    assert "spotline[plot]" in said


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--feed", "SOL/USD"), 2, "unknown feed 'SOL/USD'"),
        (("--feed", "BTC/USD", "--reference", "okx:BTC/USD"), 2, "--reference: the tape has no okx:BTC/USD"),
        (("--feed", "BTC/USD", "--reference", "kraken"), 2, "--reference: 'kraken' is not VENUE:SYMBOL"),
        (
            ("--feed", "BTC/USD", "--without", "kraken:BTC/EUR"),
            2,
            "--without: the tape has no kraken:BTC/EUR",
        ),
        (("--feed", "BTC/USD", "--without", BOTH), 2, "--without leaves no market of BTC/USD"),
        (("--feed", "BTC/USD", "--plot", "out.gif"), 2, "out.gif is no name for a plot"),
        (("--feed", "BTC/USD", "--plot", "absent/out.png"), 2, "absent is no folder"),
        (("--feed", "BTC/USD", "--faults", "melt:kraken@0+1"), 2, "there is no fault 'melt'"),
        (("--feed", "BTC/USD", "--config", "absent.toml"), 3, "configuration absent.toml cannot be read"),
        (
            ("--feed", "BTC/USD", "--faults", "drop:kraken@0+600"),
            6,
            "no index of BTC/USD at any of 3 moments",
        ),
    ],
)
def test_backtest__bad_input__one_sentence_and_an_exit_code(
    little: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    found, said = refusal(monkeypatch, capsys, "backtest", little, *words)

    assert found == code
    assert says in said
    assert "Traceback" not in said


def test_backtest__no_tape__exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = refusal(monkeypatch, capsys, "backtest", "absent.csv", "--feed", "BTC/USD")

    assert code == 2
    assert "no tape at absent.csv" in said


def test_replay__little__counts_moments_by_status_and_writes_each_round(little: Path, tmp_path: Path) -> None:
    rounds = tmp_path / "rounds.jsonl"

    found = document("replay", little, "--rounds", rounds)

    assert found["feeds"] == {
        "BTC/USD": {
            "statuses": {"REDUCED": 3},
            "flags": {},
            **dict.fromkeys(("low", "high", "last"), f"1001{0:018d}"),
        }
    }
    assert (found["moments"], found["quotes"], found["form"]) == (3, 6, "bars")
    written = [json.loads(line) for line in rounds.read_text().splitlines()]
    assert [r["atMs"] for r in written] == [660_000, 720_000, 780_000]
    assert {source["venue"] for source in written[0]["sources"]} == {"coinbase", "kraken"}


def test_replay__a_speed__tells_every_moment(little: Path) -> None:
    said = spotline("replay", little, "--speed", "1000000").stdout.splitlines()

    assert said[0] == "1970-01-01T00:11:00Z  BTC/USD 1,001.0000 REDUCED"
    assert len(said) == 3 + 2


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "1.5", "9999999999999999999999"])
def test_replay__bad_speed__is_named(
    little: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], speed: str
) -> None:
    code, said = refusal(monkeypatch, capsys, "replay", little, f"--speed={speed}")

    assert code == 2
    assert f"--speed is '{speed}'" in said


def test_replay__a_tape_over_decades__is_refused_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "exchange,symbol,exchange_us,received_us,side,price,amount\n"
    rows = [f"kraken,BTCUSD,{us},{us},buy,1,1\n" for us in (1_500_000_000_000_000, 1_700_000_000_000_000)]
    tape = write(tmp_path, head + "".join(rows), "long.csv")

    code, said = refusal(monkeypatch, capsys, "replay", tape)

    assert code == 2
    assert "spans 200,000,001 moments" in said


def test_record__out_that_exists__is_refused(
    little: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = write(tmp_path, "kept", "old.jsonl")
    code, said = refusal(monkeypatch, capsys, "record", "--config", tmp_path / "absent.toml", "--out", out)

    assert code == 3
    assert "absent.toml cannot be read" in said
    assert out.read_text() == "kept"


def test_open_tape__the_recorded_ones__have_the_documented_markets() -> None:
    assert len(open_tape(require(DEPEG)).markets) == 11
