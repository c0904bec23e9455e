"""What a picture shows of an incident, by hand."""

import pytest

from reporter.backtest import Track
from reporter.backtest.scene import Mark, Scene, scene
from reporter.models import SCALE

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
