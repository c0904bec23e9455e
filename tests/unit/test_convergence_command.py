"""The verb as a person types it: table, JSON, picture, refusals."""

import json
from math import inf
from pathlib import Path

import pytest

from reporter.convergence.chain import Beside, Difference
from reporter.convergence.command import OnChain, Simulated, plan_of
from reporter.convergence.metrics import Summary, Track
from reporter.convergence.play import State
from reporter.convergence.report import cells, summary_document
from reporter.convergence.stats import Interval
from reporter.errors import CheckFailed
from tests.unit.commands import document, refusal, spotline

pytestmark = pytest.mark.unit
SHORT = ("convergence", "--hours", 6, "--seeds", 2, "--mode", "off,hourly")


@pytest.mark.parametrize("model", ["agents", "linear"])
def test_convergence__two_modes__a_row_of_figures_for_each(model: str) -> None:
    ended = spotline(*SHORT, "--model", model)

    assert (ended.exit_code, ended.exception) == (0, None)
    lines = ended.stdout.splitlines()
    assert lines[1].split("  ")[0] == "funding"
    assert [line.split()[0] for line in lines[2:4]] == ["off", "hourly"]
    assert "6 h, 2 paired seeds" in lines[0]


def test_convergence__json__says_what_the_table_says_and_what_was_asked() -> None:
    found = document(*SHORT, "--agents", "noise=3,arbitrage=1")

    assert found["agents"] == {"noise": 3, "arbitrage": 1, "trend": 0}
    assert list(found["modes"]) == ["off", "hourly"]
    assert (found["model"], found["hours"], found["seeds"], found["feeBp"]) == ("agents", 6, 2, 5)
    tracking = found["modes"]["hourly"]["trackingBp"]
    assert tracking["low"] < tracking["mean"] < tracking["high"]
    assert found["modes"]["off"]["effectiveness"] is None


def test_convergence__plot__a_picture(tmp_path: Path) -> None:
    out = tmp_path / "out.png"

    ended = spotline(*SHORT, "--plot", out)

    assert (ended.exit_code, ended.exception) == (0, None)
    assert out.read_bytes().startswith(b"\x89PNG")
    assert out.stat().st_size > 20_000


def test_convergence__recorded_index__is_the_path(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text(
        "time,price\n" + "".join(f"{60 * i},{60_000 if i < 60 else 54_000}\n" for i in range(130))
    )

    found = document(
        "convergence", "--hours", 2, "--seeds", 1, "--mode", "off", "--agents", "noise=1", "--index", path
    )

    assert found["modes"]["off"]["worstBp"]["mean"] > 900


def test_convergence__a_recorded_pair__its_figures_and_alarms(tmp_path: Path) -> None:
    for name, jump in (("perp.csv", 1.01), ("index.csv", 1.0)):
        prices = [100 * (jump if 200 <= i < 260 else 1) + i % 2 / 1_000 for i in range(400)]
        (tmp_path / name).write_text(
            "time,price\n" + "".join(f"{60 * i},{p}\n" for i, p in enumerate(prices))
        )
    asked = ("convergence", "--tape", tmp_path / "perp.csv", "--index", tmp_path / "index.csv")

    found = document(*asked)
    said = spotline(*asked, "--plot", tmp_path / "tape.png").stdout

    (episode,) = found["decouplings"]
    assert (episode["start"], episode["end"]) == (12_000, 15_540)
    assert episode["worstBp"] == pytest.approx(100, abs=1)
    assert "decoupled from 1970-01-01T03:20:00Z for 59 min, worst +100 bp" in said
    assert (tmp_path / "tape.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--mode", "weekly"), "no funding mode 'weekly'"),
        (("--model", "chaos"), "no model 'chaos'"),
        (("--agents", "whales=1"), "--agents does not know 'whales=1'"),
        (("--tape", "x.csv"), "--tape is judged against an index"),
        (("--tape", "x.csv", "--chain"), "--chain means nothing beside --tape"),
        (("--chain", "--seeds", "2"), "--seeds means nothing beside --chain"),
        (("--chain", "--model", "linear"), "the linear model has no market"),
        (("--plot", "x.doc"), "x.doc is no name for a plot"),
        (("--index", "none.csv"), "none.csv cannot be read"),
    ],
)
def test_convergence__what_does_not_exist__exit_code_2_and_says_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    code, told = refusal(monkeypatch, capsys, "convergence", *words)

    assert code == 2
    assert says in told


def test_cells__a_half_life_without_an_end__never() -> None:
    found = Summary(
        8, Interval(30.0, 10.0, inf), None, Interval(1.0), Interval(2.0), Interval(0.5, 0.4, 0.6), None
    )

    assert cells(found) == ["30.0 (10.0..never)", "-", "1.0", "2", "50 % (40..60)", "-"]
    assert json.loads(json.dumps(summary_document(found)))["halfLifeH"] == {
        "mean": 30.0,
        "low": 10.0,
        "high": None,
    }


def test_equal_or_raise__one_step_differs__a_failed_check_that_names_it() -> None:
    state = State(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    track = Track(60, [1.0, 2.0], [0.0, 0.0])
    simulated = Simulated(plan_of("agents", "hourly", 2, 1, "", 5, 10, ""), {})
    good, bad = Beside(track, 1, []), Beside(track, 1, [Difference(7, state, state)])

    OnChain(simulated, {"hourly": good}).equal_or_raise()
    with pytest.raises(CheckFailed, match="hourly: the contracts and Python differ from step 7 on"):
        OnChain(simulated, {"hourly": bad}).equal_or_raise()
