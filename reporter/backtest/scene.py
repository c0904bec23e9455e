"""What a picture of an incident shows besides the methods: the venues, and where it was worst."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporter.backtest import Track
from reporter.index.units import PPM, percent

APART_PPM, PART = 5_000, 10
"""A venue is the incident when it is half a per cent from the true price, and a tenth of how far that itself moved."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The incident: where it lies, 1e18 fixed point, and in a few words."""

    at_ms: int
    price: int
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Every venue's price at each moment of the track, None without one; and the incident, None without a truth."""

    venues: Mapping[str, Sequence[int | None]]
    mark: Mark | None


def scene(track: Track, said: Sequence[Mapping[str, int]]) -> Scene:
    """Turn the venues' prices, one mapping per moment, into one row per venue, and find the incident."""
    names = sorted({venue for prices in said for venue in prices})
    venues = {name: [prices.get(name) for prices in said] for name in names}
    moved_ppm, market = _market(track)
    return Scene(venues, _furthest(track, venues, max(APART_PPM, moved_ppm // PART)) or market)


def _furthest(track: Track, venues: Mapping[str, Sequence[int | None]], least_ppm: int) -> Mark | None:
    """The first moment at which one venue is furthest from the truth; None while all are nearer than ``least_ppm``."""
    worst_ppm, found = least_ppm, None
    for name, prices in venues.items():
        for at_ms, price, truth in zip(track.times_ms, prices, track.reference, strict=True):
            if price is not None and truth and abs(price - truth) * PPM > worst_ppm * truth:
                off_ppm = (price - truth) * PPM // truth
                worst_ppm = abs(off_ppm)
                found = Mark(at_ms, price, f"{name} {_signed(off_ppm)}")
    return found


def _market(track: Track) -> tuple[int, Mark | None]:
    """The first moment at which the truth is furthest from where it began, and how far, in ppm."""
    known = [(at_ms, t) for at_ms, t in zip(track.times_ms, track.reference, strict=True) if t]
    if not known:
        return 0, None
    began = known[0][1]
    at_ms, price = max(known, key=lambda one: abs(one[1] - began))
    moved_ppm = (price - began) * PPM // began
    return abs(moved_ppm), Mark(at_ms, price, f"the market {_signed(moved_ppm)}")


def _signed(ppm: int) -> str:
    return ("+" if ppm > 0 else "") + percent(ppm)
