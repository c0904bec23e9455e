"""Recorded prices of a perpetual and its index: files, holes, times, and the depeg of March 2023."""

from pathlib import Path

import pytest

from reporter.convergence.pairs import Sample, pair_of, parted, read_prices
from reporter.convergence.tape import alarms, recorded
from reporter.decoupling import DecouplingRules
from reporter.errors import TapeError
from reporter.funding.formulas import ONE
from tests.unit.taping import DEPEG, require, write

pytestmark = pytest.mark.unit
BP = ONE // 10_000


def row(minutes: int, price: int, first_s: int = 0) -> list[Sample]:
    return [(first_s + 60 * i, price) for i in range(minutes)]


def hours_of(tmp_path: Path, marks: str, name: str = "p.csv") -> str:
    return str(write(tmp_path, marks, name))


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_read_prices__seconds_milliseconds_or_microseconds__seconds(tmp_path: Path, unit: int) -> None:
    at = 1_700_000_000
    path = hours_of(tmp_path, f"timestamp,close,x\n{at * unit},60000.5,a\n{(at + 60) * unit},1,b\n")

    assert read_prices(path) == [(at, 6_000_050_000_000), (at + 60, 100_000_000)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,price\n1,2\n", "none of the columns time"),
        ("time,b\n1,2\n", "none of the columns price"),
        ("time,price\n1,2\n2,x\n", "line 3: 'x' is no number in price"),
        ("time,price\n1,2\n2,nan\n", "line 3: 'nan' is no number in price"),
        ("time,price\n1,2\n2\n", "line 3: None is no number in price"),
        ("time,price\n1,2\n2,0\n", "line 3: 0 is no price"),
        ("time,price\n1,2\n", "has 1 prices"),
        ("time,price\n2,2\n1,2\n", "times of .* do not grow"),
        ("minute,venue,symbol,close\n1,kraken,BTC/USD,2\n", "has several markets"),
    ],
)
def test_read_prices__what_cannot_be_used__says_where(tmp_path: Path, text: str, says: str) -> None:
    path = hours_of(tmp_path, text)

    with pytest.raises(TapeError, match=says):
        read_prices(path)


def test_read_prices__no_file__an_error_of_ours_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="cannot be read") as refused:
        read_prices(str(tmp_path / "none.csv"))

    assert refused.value.hint


def test_pair_of__one_percent_above__a_hundred_basis_points_and_the_capped_rate() -> None:
    pair = pair_of(row(300, 101 * 10**8), row(300, 100 * 10**8))

    assert set(pair.basis) == {ONE // 100}
    assert pair.track.basis_bp[0] == 100
    assert pair.track.rate_bp[-1] == 75  # the bound per 8 hours
    assert (pair.start_s, len(pair.basis), pair.left_out) == (0, 300, 0)


def test_pair_of__different_times__where_both_are_known() -> None:
    pair = pair_of(row(300, 10**8, 6_000), row(300, 10**8, 0))

    assert pair.start_s == 6_000
    assert len(pair.basis) == 200


def test_pair_of__a_hole__the_longest_stretch_and_what_is_not_in_it() -> None:
    perpetual = [*row(150, 10**8), *row(200, 10**8, 60 * 200)]

    pair = pair_of(perpetual, row(400, 10**8))

    assert pair.start_s == 60 * 200
    assert len(pair.basis) == 200
    assert pair.left_out == 150 + 50  # the shorter stretch and the hole


def test_pair_of__no_common_time__refused_with_a_hint() -> None:
    with pytest.raises(TapeError, match="not known together") as refused:
        pair_of(row(300, 10**8), row(300, 10**8, 10**6))

    assert "overlap" in refused.value.hint


def test_pair_of__prices_each_hour__held_for_an_hour() -> None:
    hourly = [(3_600 * i, 10**8) for i in range(10)]

    assert len(pair_of(hourly, hourly).basis) == 9 * 60 + 1


def test_recorded__usdc_in_march_2023__decouples_in_the_night_that_it_did() -> None:
    bars = require(DEPEG)

    found = recorded(f"{bars}@kraken:BTC/USDC", f"{bars}@coinbase:BTC/USD", 5, DecouplingRules())

    first = found.episodes[0]
    assert 1_678_503_600 <= first.start_s <= 1_678_507_200  # 03:00 to 04:00 UTC on the 11th
    assert first.worst > 1_000 * BP
    assert first.end_s - first.start_s > 12 * 3_600
    assert alarms(found)[0][0] == pytest.approx((first.start_s - found.pair.start_s) / 3_600)


def test_recorded__two_dollar_markets_in_the_same_night__never_a_percent_apart() -> None:
    bars = require(DEPEG)

    found = recorded(f"{bars}@kraken:BTC/USD", f"{bars}@coinbase:BTC/USD", 5, DecouplingRules(least=100 * BP))

    assert found.episodes == []
    assert found.figures.tracking_bp < 30
    assert "never decoupled" in found.lines()


@pytest.mark.parametrize(
    ("name", "path", "market"),
    [
        ("a.csv", "a.csv", ""),
        ("a@b/c.csv", "a@b/c.csv", ""),
        ("a@b/c.csv@kraken:BTC/USD", "a@b/c.csv", "kraken:BTC/USD"),
    ],
)
def test_parted__a_name__path_and_market(name: str, path: str, market: str) -> None:
    assert parted(name) == (path, market)
