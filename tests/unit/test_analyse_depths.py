"""``spotline analyse cost`` and ``depth`` on a file of depths: each figure by hand, each mistake in the file named."""

import json
import re
from pathlib import Path

import pytest

from reporter.analyse.books import load_books
from reporter.analyse.cost import parse_moves
from reporter.analyse.priced import priced_methods
from reporter.errors import DepthError, UsageError
from reporter.methods import METHODS
from reporter.models import SCALE
from tests.unit.commands import document, refusal, spotline
from tests.unit.taping import write

pytestmark = pytest.mark.unit

TEXT = """
feed = "BTC/USD"
"""
for _n, _name in enumerate("abc", 1):
    TEXT += f"""
[[venue]]
name = "{_name}"
price = "100"
bids = [["1", "{200 * _n}"], ["3", "{100 * _n}"]]
asks = [["0.5", "{10 * _n}"], ["2", "{100 * _n}"], ["10", "{1000 * _n}"]]
"""


@pytest.fixture
def depths(tmp_path: Path) -> Path:
    """Three venues at 100; the second has twice, the third three times the money of the first."""
    return write(tmp_path, TEXT, "depths.toml")


def costs(path: Path, move: str, ppm: int) -> dict[str, str | None]:
    """Each method's cost of one move."""
    methods = document("analyse", "cost", path, "--move", move)["methods"]
    return {
        n: next(m["cost"] for m in found["moves"] if m["move_ppm"] == ppm) for n, found in methods.items()
    }


def test_cost__one_per_cent_up__the_two_thinnest_books_for_a_median_and_the_nearest_asks_for_a_mean(
    depths: Path,
) -> None:
    found = costs(depths, "1", 10_000)

    # Median: a and b to 1 %, past their first level: 10 + 20. Mean: a to 2 % past its first level, b and c up to
    # theirs for nothing: 102, 100.5 and 100.5 are 1 % more in the mean.
    assert found["median"] == "30"
    assert found["weighted_mean"] == "10"
    assert found["spotline"] == "30"


def test_cost__five_per_cent_up__ours_is_silent_until_the_third_book_is_taken_too(depths: Path) -> None:
    found = costs(depths, "5", 50_000)

    # Two levels each: 110 and 220. With c behind, the confidence is over 2 % and nothing is signed: 330 more.
    assert found["median"] == "330"
    assert found["spotline"] == "660"


def test_cost__two_per_cent_down__takes_the_bids(depths: Path) -> None:
    # Bids at 1 %: 200 and 400.
    assert costs(depths, "2", -20_000)["median"] == "600"


def test_cost__breakdown__two_of_three_move_a_median_at_will_and_all_three_ours(depths: Path) -> None:
    methods = document("analyse", "cost", depths)["methods"]

    found = {n: (m["breakdown_venues"], m["breakdown_share_ppm"]) for n, m in methods.items()}
    assert found["median"] == (2, 666_666)
    assert found["weighted_mean"] == (1, 333_333)
    assert found["spotline"] == (3, 999_999)


def test_cost__a_clamp_that_cannot_be_passed__is_never(tmp_path: Path) -> None:
    # One venue alone, and BitMEX keeps its last price when that jumps by 10 % or more.
    path = write(tmp_path, TEXT.split('[[venue]]\nname = "b"')[0], "one.toml")

    methods = document("analyse", "cost", path, "--move", "20")["methods"]

    # Ours holds, too, while one venue is over 1 % from the index of the second before.
    assert methods["spotline"]["moves"][0]["cost"] is None
    found = methods["bitmex"]
    assert found["moves"][0] == {"move_ppm": 200_000, "cost": None, "exact": None, "distances_ppm": None}
    assert (found["breakdown_venues"], found["breakdown_share_ppm"]) == (None, None)
    assert "never" in spotline("analyse", "cost", path, "--move", "20").stdout


def test_cost__for_a_person__a_row_for_each_method(depths: Path) -> None:
    said = spotline("analyse", "cost", depths, "--move", "1").stdout.splitlines()

    assert said[0] == "BTC/USD: USD to take from the books of 3 venues to move each index"
    assert said[1].split() == ["method", "+1.00", "%", "-1.00", "%", "venues", "weight"]
    assert [line.split()[0] for line in said[2:-2]] == ["spotline", *METHODS]
    assert said[2].split() == ["spotline", "30", "0", "3", "99.99", "%"]


def test_priced__nobody_moved__every_method_says_the_honest_price(depths: Path) -> None:
    methods = priced_methods(load_books(depths))

    assert {
        name: method(dict.fromkeys("abc", 100 * SCALE)) for name, method in methods.items()
    } == dict.fromkeys(("spotline", *METHODS), 100 * SCALE)


def test_priced__ours__weighs_and_caps_as_the_index_does(tmp_path: Path) -> None:
    text = 'feed = "BTC/USD"\n'
    for i, name in enumerate("abcdefg"):
        text += f'[[venue]]\nname = "{name}"\nprice = "{1_000 + i}"\nweight = {1 if i < 4 else 100}\n'
        text += 'bids = [["1", "1"]]\nasks = [["1", "1"]]\n'
    books = load_books(write(tmp_path, text, "seven.toml"))

    found = {name: method(books.prices) for name, method in priced_methods(books).items()}

    # e, f and g have 24 % each, the four below 7 % each: half is passed at e. The mean is not capped.
    assert found["median"] == 1_003 * SCALE
    assert found["spotline"] == 1_004 * SCALE
    assert found["weighted_mean"] is not None
    assert found["weighted_mean"] > 1_004 * SCALE


def test_depth__one_book__amounts_liquidity_and_impact_by_hand(tmp_path: Path) -> None:
    text = TEXT.split('[[venue]]\nname = "b"')[0].replace(
        'asks = [["0.5", "10"], ["2", "100"], ["10", "1000"]]', 'asks = [["1", "100"], ["2", "300"]]'
    )

    found = document("analyse", "depth", write(tmp_path, text, "one.toml"), "--within", "2", "--order", "200")

    # Within 2 %: 200 of the bids, all 400 of the asks. Half of the way out counts half: 200 / 2 against 100 / 2 + 0.
    # Buy 200: 100 at 101 and 100 at 102 bring 0.990099 + 0.980392 = 1.970491, 101.4976 each. Sell 200: all at 99.
    assert found["venues"]["a"] == {
        "bids": "200",
        "asks": "400",
        "liquidity_index": "50",
        "buy": {"average_ppm": 14_975, "last_ppm": 20_000},
        "sell": {"average_ppm": 10_000, "last_ppm": 10_000},
    }


def test_depth__an_order_over_the_book__is_too_thin(depths: Path) -> None:
    found = document("analyse", "depth", depths, "--order", "1500")["venues"]

    # The asks of a, b, c hold 1,110, 2,220, 3,330; the bids 300, 600, 900.
    assert [found[v]["buy"] is None for v in "abc"] == [True, False, False]
    assert [found[v]["sell"] is None for v in "abc"] == [True, True, True]
    assert "too thin" in spotline("analyse", "depth", depths, "--order", "1500").stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"100"', "100.0", "venue.0.price: an amount is positive decimal text in quotes, not 100.0"),
        ('"100"', '"0"', "venue.0.price: an amount is positive decimal text in quotes, not '0'"),
        ('["0.5", "10"]', '["0.5"]', 'venue.0.asks.0: a level is ["PERCENT FROM THE MID", "AMOUNT"]'),
        ('["0.5", "10"]', '["-0.5", "10"]', "venue.0.asks.0: a level lies 0 % or more from the mid, not '-0.5'"),
        ('["1", "200"]', '["100", "200"]', "venue.0: a bid lies less than 100 % from the mid"),
        ('name = "b"', 'name = "a"', "the file: venue 'a' stands twice"),
        ('name = "a"', 'name = "a"\nweight = 3', "the file: either every venue has a weight or none has"),
        ('name = "a"', 'name = "a"\nweights = 3', "unknown key 'venue.0.weights'"),
        ('name = "a"', 'name = "a"\nweight = 0', "venue.0.weight: input should be greater than or equal to 1, not 0"),
        ('"BTC/USD"', '"BTC"', "feed: a symbol is BASE/QUOTE or BASE/QUOTE-PERP in capitals and digits, not 'BTC'"),
        ('bids = [["1", "200"], ["3", "100"]]', "bids = []", "venue.0.bids: tuple should have at least 1 item"),
        ("feed =", "feed", "not valid TOML: "),
    ],
)  # fmt: skip
def test_books__one_thing_wrong__says_file_key_and_value(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in TEXT
    path = write(tmp_path, TEXT.replace(old, new, 1), "depths.toml")

    with pytest.raises(DepthError, match=re.escape(f"{path}: {message}")):
        load_books(path)


def test_moves__percents__up_and_down_and_none_twice() -> None:
    assert parse_moves("0.5, 1,0.50") == [5_000, -5_000, 10_000, -10_000]


@pytest.mark.parametrize("text", ["", "0", "-1", "100", "1,x", "1;2"])
def test_moves__no_percent__is_named(text: str) -> None:
    with pytest.raises(UsageError, match="is no percent above 0 and below 100"):
        parse_moves(text)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("cost", "absent.toml"), 3, "depths absent.toml cannot be read: No such file"),
        (("depth", "absent.toml"), 3, "depths absent.toml cannot be read: No such file"),
        (("cost", "FILE", "--move", "0"), 2, "--move: '0' is no percent above 0 and below 100"),
        (("depth", "FILE", "--within", "much"), 2, "--within: 'much' is no decimal number above 0"),
        (("depth", "FILE", "--order", "-5"), 2, "--order: '-5' is no decimal number above 0"),
    ],
)
def test_analyse__asked_wrongly__one_sentence_and_an_exit_code(
    depths: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    found, said = refusal(monkeypatch, capsys, "analyse", *(depths if w == "FILE" else w for w in words))

    assert found == code
    assert says in said
    assert "Traceback" not in said


def test_cost__venues_that_never_agree__exit_code_6(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two = TEXT.split('[[venue]]\nname = "c"')[0].replace('price = "100"', 'price = "120"', 1)

    code, said = refusal(monkeypatch, capsys, "analyse", "cost", write(tmp_path, two, "two.toml"))

    assert code == 6
    assert "spotline has no price of BTC/USD from these books" in said


@pytest.mark.parametrize("verb", ["accuracy", "basis", "cost", "depth", "volatility", "weights"])
def test_help__every_subcommand__has_an_example(verb: str) -> None:
    said = " ".join(spotline("analyse", verb, "--help").stdout.split())

    assert f"Example: spotline analyse {verb}" in said
    assert "--json" in said


def test_json__every_document__is_without_a_float(depths: Path) -> None:
    for words in (("cost", depths), ("depth", depths)):
        said = spotline("analyse", *words, "--json").stdout

        json.loads(said, parse_float=pytest.fail)
