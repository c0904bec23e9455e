"""What a picture shows of an incident: the mark by hand, and every label on the picture itself."""

import pytest

from reporter.backtest import Track
from reporter.backtest.plot import picture
from reporter.backtest.scene import Mark, Scene, scene
from reporter.models import SCALE
from reporter.scenario.compared import Played, Request, play_scenario

pytestmark = pytest.mark.unit


def track(*truths: int | None) -> Track:
    """Moments 0, 1, 2, ... ms and what was true at them."""
    return Track(range(len(truths)), [None if t is None else t * SCALE for t in truths], {})


def at(**prices: int) -> dict[str, int]:
    return {venue: price * SCALE for venue, price in prices.items()}


def test_scene__one_venue_half_the_price__the_mark_is_where_it_is_furthest_first() -> None:
    said = [at(kraken=100, okx=100), at(kraken=50, okx=101), at(kraken=50, okx=100)]

    found = scene(track(100, 100, 100), said)

    assert found.mark == Mark(1, 50 * SCALE, "kraken -50.00 %")


def test_scene__a_venue_that_is_silent_for_a_moment__has_a_hole() -> None:
    found = scene(track(100, 100), [at(kraken=100), at(okx=100)])

    assert found.venues == {"kraken": [100 * SCALE, None], "okx": [None, 100 * SCALE]}


def test_scene__all_venues_together__the_mark_is_the_market() -> None:
    # okx is 1 % off, but the market moved 50 %: less than a tenth of that.
    said = [at(kraken=100, okx=100), at(kraken=150, okx=150), at(kraken=100, okx=101)]

    found = scene(track(100, 150, 100), said)

    assert found.mark == Mark(1, 150 * SCALE, "the market +50.00 %")


@pytest.mark.parametrize(("price", "text"), [(2_010, "the market 0.00 %"), (2_011, "kraken +0.55 %")])
def test_scene__a_venue_at_half_a_per_cent__is_near(price: int, text: str) -> None:
    found = scene(track(2_000), [at(kraken=price)])

    assert found.mark is not None
    assert found.mark.text == text


def test_scene__no_truth__no_mark() -> None:
    assert scene(track(None), [at(kraken=1)]) == Scene({"kraken": [SCALE]}, None)


@pytest.fixture(scope="module")
def kraken() -> Played:
    return play_scenario(Request("kraken-eth-2021"))


def test_picture__an_incident__everything_on_it_has_a_name_and_a_unit(kraken: Played) -> None:
    figure = picture(kraken.comparison, kraken.title(), kraken.scene)

    above, below = figure.axes
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == (
        "USD per ETH",
        "worst error, basis points",
        "UTC",
    )
    assert {"true price", "spotline", "venue kraken", "venue coinbase", *kraken.comparison.figures} <= named
    assert above.get_title(loc="left") == kraken.title()
    # 700 against 1361.4583 at the last look before it came back.
    assert [text.get_text() for text in above.texts] == ["kraken -48.58 %, 14:18:55 UTC"]


def test_picture__prices_far_apart__a_logarithmic_axis_that_says_so() -> None:
    played = play_scenario(Request("synthetix-skrw-2019"))

    above = picture(played.comparison, "", played.scene).axes[0]

    assert (above.get_yscale(), above.get_ylabel()) == ("log", "USD per KRW, logarithmic")


def test_picture__a_tape__has_a_reference_and_no_venues(kraken: Played) -> None:
    figure = picture(kraken.comparison, "")

    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert "reference" in named
    assert not any(name.startswith("venue ") for name in named)
