"""``spotline backtest --scenario``: the incidents as a person plays them."""

import json
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import CheckFailed
from reporter.scenario import compared, load, names
from reporter.scenario.compared import Request, play_scenario, scenario_list
from tests.unit.commands import document, refusal, spotline
from tests.unit.taping import DATA, DEPEG, GEMINI, require

pytestmark = pytest.mark.unit
KRAKEN = ("backtest", "--scenario", "kraken-eth-2021")


def test_scenario__kraken__ours_within_its_bounds_and_the_mean_12_per_cent_off() -> None:
    found = document(*KRAKEN)

    assert (found["scenario"], found["variant"], found["tape"]) == ("kraken-eth-2021", "four-venues", None)
    assert found["within"] is True
    assert [(b["rule"], b["within"], b["worst"]) for b in found["bounds"]] == [
        ("max_error", True, 200),
        ("stated", True, 0),
    ]
    assert found["methods"]["spotline"]["max_error"] <= 0.0002
    # At 14:18:00 the four say 700, 1350.27, 1349.325 and 1350.675: 1187.5675, 12.03 % below 1350. It is worst at
    # 14:18:55, when 700 stands against 1361.4583.
    assert found["methods"]["weighted_mean"]["max_error"] == pytest.approx(0.1214, abs=1e-4)


def test_scenario__its_document__has_every_key_of_a_tape_s() -> None:
    tape = document("backtest", require(GEMINI), "--feed", "BTC/USD")

    assert set(tape) - set(document(*KRAKEN)) == set()


@pytest.mark.parametrize("name", names())
def test_scenario__every_incident_by_its_name__ours_within(name: str) -> None:
    if load(name).variants[0].tape:
        require(GEMINI)

    found = document("backtest", "--scenario", name, "--tapes", DATA)

    assert found["within"] is True
    assert len(found["methods"]) == 10


def test_scenario__the_recorded_depeg__the_figures_of_the_tape() -> None:
    both = "coinbase:BTC/USD,kraken:BTC/USD"
    tape = document("backtest", require(DEPEG), "--feed", "BTC/USD", "--reference", both)["methods"]

    played = document("backtest", "--scenario", "usdc-2023", "--variant", "tape", "--tapes", DATA)["methods"]

    assert played["spotline"]["max_error"] == tape["spotline"]["max_error"]
    assert played["naive"]["mean_error"] == tape["naive"]["mean_error"]


def test_scenario__for_a_person__title_table_and_bounds() -> None:
    said = spotline(*KRAKEN).stdout.splitlines()

    assert said[0] == "Kraken's ether at 700 while it was 1,350 elsewhere"
    assert said[1] == "kraken-eth-2021, four-venues: ETH/USD against the true price"
    assert said[-2:] == [
        "  within  max_error: 0.02 % of at most 0.20 %",
        "  within  stated: 0 of 241 moments without a price",
    ]


def test_scenario__a_bound_with_times__says_when_it_holds() -> None:
    said = spotline("backtest", "--scenario", "synthetix-skrw-2019").stdout

    assert "silent: 0 of 30 moments with a price (from 00:05:00 to 00:09:50)" in said


def test_scenario__plot__is_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "kraken.png"

    document(*KRAKEN, "--plot", out)

    assert out.read_bytes().startswith(b"\x89PNG")


def test_list__every_incident__with_its_variants() -> None:
    listed: list[dict[str, Any]] = json.loads(spotline("backtest", "--list", "--json").stdout)
    said = spotline("backtest", "--list").stdout

    assert [one["name"] for one in listed] == names()
    assert listed == scenario_list()
    assert all(f"    {v['name']}" in said for one in listed for v in one["variants"])


def test_scenario__ours_out_of_its_bound__exit_code_4_and_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kraken = load("kraken-eth-2021")
    bound = kraken.variants[0].bounds[0].model_copy(update={"ppm": 100})
    strict = kraken.variants[0].model_copy(update={"bounds": (bound,)})
    monkeypatch.setattr(compared, "load", lambda _: kraken.model_copy(update={"variants": (strict,)}))

    code, said = refusal(monkeypatch, capsys, *KRAKEN)

    assert code == CheckFailed.exit_code == 4
    assert "kraken-eth-2021: out of bound: max_error: 0.02 % of at most 0.01 %" in said


def test_play__a_tape_and_no_folder__the_variants_that_need_none() -> None:
    with pytest.raises(compared.ScenarioError, match="plays the recorded gemini") as caught:
        play_scenario(Request("gemini-ticks-2025"))

    assert caught.value.hint.endswith("--variant short")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--scenario", "kraken"), 2, "unknown scenario 'kraken'"),
        (("--scenario", "kraken-eth-2021", "--variant", "x"), 2, "kraken-eth-2021 has no variant 'x'"),
        (("--scenario", "gemini-ticks-2025"), 3, "--tapes FOLDER"),
        (("--scenario", "gemini-ticks-2025", "--tapes", "absent"), 2, "no tape at absent"),
        (("--scenario", "kraken-eth-2021", "--feed", "X"), 2, "--feed means nothing beside --scenario"),
        (("t.csv", "--scenario", "kraken-eth-2021"), 2, "TAPE means nothing beside --scenario"),
        (("t.csv", "--feed", "X", "--variant", "x"), 2, "--variant means nothing beside a tape"),
        (("t.csv",), 2, "say what to compare"),
        ((), 2, "say what to compare"),
        (("--scenario", "kraken-eth-2021", "--plot", "out.gif"), 2, "out.gif is no name for a plot"),
    ],
)
def test_scenario__asked_wrongly__one_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    found, said = refusal(monkeypatch, capsys, "backtest", *words)

    assert found == code
    assert says in said
    assert "Traceback" not in said
