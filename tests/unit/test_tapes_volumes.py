"""What venues traded, in one currency, and the weights that follow: by hand."""

from pathlib import Path

import pytest

from reporter.analyse.weights import tape_weights
from reporter.config import FeedSection
from reporter.errors import UsageError
from reporter.models import SCALE, FeedRules, Leg
from reporter.tapes import open_tape
from reporter.tapes.plans import default_feeds
from reporter.tapes.volumes import Volumes, feed_volumes, weighed
from tests.unit.commands import document, refusal, spotline
from tests.unit.taping import DEPEG, GEMINI, require, write

pytestmark = pytest.mark.unit
HEADER = "minute,venue,symbol,open,high,low,close,volume\n"
Row = tuple[int, str, str, str, str]


def tape(folder: Path, *rows: Row) -> Path:
    """Bars: minute, venue, symbol, close, volume."""
    lines = (f"{m},{venue},{symbol},1,1,1,{close},{volume}\n" for m, venue, symbol, close, volume in rows)
    return write(folder, HEADER + "".join(lines), "little.csv")


def volumes(path: Path, *rules: FeedRules) -> dict[str, Volumes]:
    opened = open_tape(path)
    return feed_volumes(opened, rules or default_feeds(opened.markets))


TWO = (
    (600, "kraken", "BTC/USD", "1000", "2"),
    (600, "kraken", "USDT/USD", "0.99", "1"),
    (600, "coinbase", "BTC/USDT", "1010", "3"),
)


def test_volumes__another_currency__at_that_minute_s_close_and_conversion(tmp_path: Path) -> None:
    found = volumes(tape(tmp_path, *TWO))["BTC/USD"]

    # Kraken 2 x 1000; Coinbase 3 x 1010 x 0.99 = 2999.7. Of 4999.7 that is 0.400024 and 0.599975...
    assert found.by_venue == {"coinbase": 29_997 * SCALE // 10, "kraken": 2_000 * SCALE}
    assert found.raw == {"coinbase": 599_975, "kraken": 400_024}


def test_volumes__every_division__is_floored(tmp_path: Path) -> None:
    small = (600, "coinbase", "BTC/USDT", "0.000000000000000003", "0.5")

    found = volumes(tape(tmp_path, *TWO[:2], small))["BTC/USD"]

    # 3e-18 x 0.99 is 2.97e-18, floored 2e-18; times 0.5 is 1e-18. Half to even of 1.485e-18 would be the same, of
    # 3e-18 x 0.5 at par 2e-18 would not.
    assert found.by_venue["coinbase"] == 1


def test_volumes__no_conversion_in_that_minute__counted_as_unconverted_and_not_at_par(tmp_path: Path) -> None:
    # One venue prices USDT; at 0.5, half of the minute before, it is HELD.
    later = ((660, "kraken", "USDT/USD", "0.5", "1"), (660, "coinbase", "BTC/USDT", "1010", "9"))

    found = volumes(tape(tmp_path, *TWO, *later))["BTC/USD"]

    assert found.unconverted == 1
    assert found.by_venue["coinbase"] == 29_997 * SCALE // 10


def test_volumes__a_market_the_wrong_way_round__its_base_is_the_feed_s_money(tmp_path: Path) -> None:
    rules = FeedRules("EUR/USD", (Leg("kraken", "USD/EUR"),), 1)

    found = volumes(tape(tmp_path, (600, "kraken", "USD/EUR", "0.8", "700")), rules)["EUR/USD"]

    assert found == Volumes({"kraken": 700 * SCALE}, 0)


def test_volumes__a_minute_without_a_trade__adds_nothing(tmp_path: Path) -> None:
    rows = (
        (600, "a", "BTC/USD", "10", "1"),
        (600, "b", "BTC/USD", "10", "0"),
        (660, "a", "BTC/USD", "10", "1"),
    )
    rules = FeedRules("BTC/USD", (Leg("a", "BTC/USD"), Leg("b", "BTC/USD")), 1)

    found = volumes(tape(tmp_path, *rows), rules)["BTC/USD"]

    assert found.by_venue == {"a": 20 * SCALE, "b": 0}
    assert found.raw == {"a": 1_000_000, "b": 1}


def test_volumes__trades_with_both_clocks__are_refused() -> None:
    with pytest.raises(UsageError, match="has no volumes to weigh by"):
        volumes(require(GEMINI))


def test_weighed__both_feeds__raw_shares_that_the_index_caps(tmp_path: Path) -> None:
    opened = open_tape(tape(tmp_path, *TWO))

    found = {r.feed: r.weights for r in weighed(opened, default_feeds(opened.markets))}

    assert found == {
        "USDT/USD": (("kraken", 1_000_000),),
        "BTC/USD": (("coinbase", 599_975), ("kraken", 400_024)),
    }


FIVE = tuple(
    (600, venue, "BTC/USD", "1000", volume)
    for venue, volume in (("big", "60"), ("b", "10"), ("c", "10"), ("d", "10"), ("e", "10"))
)


def test_weights__sixty_per_cent_on_one_venue__capped_at_24_and_the_rest_shared_out(tmp_path: Path) -> None:
    found = tape_weights(tape(tmp_path, *FIVE), "", None)

    # 760,000 ppm for the four others: 190,000 each.
    assert found.capped == {"b": 190_000, "big": 240_000, "c": 190_000, "d": 190_000, "e": 190_000}
    assert found.document()["volumes"]["big"] == "60000"
    assert found.document()["raw_ppm"]["big"] == 600_000


def test_weights__as_printed__go_into_a_configuration(tmp_path: Path) -> None:
    import tomllib

    said = spotline("analyse", "weights", tape(tmp_path, *FIVE)).stdout

    weights = tomllib.loads(said)["weights"]
    feed = FeedSection(name="BTC/USD", markets=[f"{v}:BTC/USD" for v in weights], weights=weights)
    assert dict(feed.rules.weights)["big"] == 240_000
    assert sum(weights.values()) == 1_000_000


def test_weights__fewer_venues_than_the_cap_allows__equal_and_says_so(tmp_path: Path) -> None:
    said = spotline("analyse", "weights", tape(tmp_path, *TWO)).stdout.splitlines()

    assert said[1] == "#   coinbase: 2,999 USD, 59.99 % of the volume"
    assert said[-2:] == [
        "# 2 venues cannot all stay under 24.00 %: equal weights",
        "weights = { coinbase = 500000, kraken = 500000 }",
    ]


def test_weights__the_recorded_depeg__shares_of_the_billion_that_was_traded() -> None:
    found = document("analyse", "weights", require(DEPEG))

    assert found["feed"] == "BTC/USD"
    assert found["raw_ppm"] == {"binanceus": 86_897, "coinbase": 585_469, "kraken": 327_632}
    assert found["weights"] == {"binanceus": 333_334, "coinbase": 333_333, "kraken": 333_333}


def test_backtest__weights_from_the_tape__the_weighted_mean_moves_to_where_the_volume_is(
    tmp_path: Path,
) -> None:
    rows = ((600, "a", "BTC/USD", "1000", "3"), (600, "b", "BTC/USD", "1004", "1"))
    words = ("backtest", tape(tmp_path, *rows), "--feed", "BTC/USD", "--reference", "a:BTC/USD")

    equal, by_volume = document(*words), document(*words, "--weights", "tape")

    # Volumes 3000 and 1004 of 4004: the second venue's part is 0.250749..., and 4 times that is 0.1002...% of 1000.
    assert equal["methods"]["weighted_mean"]["mean_error"] == 0.002
    assert by_volume["methods"]["weighted_mean"]["mean_error"] == pytest.approx(0.001003, abs=1e-6)
    assert (equal["weights"], by_volume["weights"]) == ("configured", "tape")


def test_replay__weights_from_the_tape__move_the_median_to_where_the_volume_is(tmp_path: Path) -> None:
    rows = tuple(
        (600, venue, "BTC/USD", str(1_000 + i), "1" if i < 4 else "100") for i, venue in enumerate("abcdefg")
    )
    words = ("replay", tape(tmp_path, *rows))

    equal, by_volume = document(*words), document(*words, "--weights", "tape")

    # The fourth of 1000 to 1006. By volume e, f and g have 24 % each, the four below 7 % each: half is passed at e.
    assert equal["feeds"]["BTC/USD"]["last"] == str(1_003 * SCALE)
    assert by_volume["feeds"]["BTC/USD"]["last"] == str(1_004 * SCALE)
    assert (equal["weights"], by_volume["weights"]) == ("configured", "tape")


@pytest.mark.parametrize("verb", [("backtest", "--feed", "BTC/USD"), ("replay",)])
def test_weights__neither_tape_nor_absent__is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: tuple[str, ...]
) -> None:
    code, said = refusal(monkeypatch, capsys, *verb, tape(tmp_path, *TWO), "--weights", "mine")

    assert code == 2
    assert "--weights is 'mine'" in said


def test_weights__a_feed_that_traded_nothing__exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write(
        tmp_path,
        '[chain]\nrpc_urls=["http://127.0.0.1:1"]\ndeployment="d.json"\n'
        '[[feeds]]\nname="ETH/USD"\nmarkets=["kraken:ETH/USD"]\nmin_venues=1\n',
        "eth.toml",
    )

    code, said = refusal(monkeypatch, capsys, "analyse", "weights", tape(tmp_path, *TWO), "--config", config)

    assert code == 2
    assert "little has no volume of ETH/USD" in said
