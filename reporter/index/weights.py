"""What each venue's vote weighs: configured or measured liquidity, capped (METHODOLOGY.md, Aggregation).

To survive k captured venues a weight must stay below 1/(2k): with 24 % each, two venues stay below half. A
venue with 60 % of the volume must not be the index: on 2025-10-10 one traded USDe at 0.65 for 40 minutes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reporter.index.units import PPM

CAP_PPM = 240_000
VOLUME_WINDOW_MS = 30 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Traded:
    """What one venue traded in a span that ended at ``at_ms``, in any one unit for all venues."""

    venue: str
    at_ms: int
    amount: int


def window_volumes(
    rows: Iterable[Traded], until_ms: int, window_ms: int = VOLUME_WINDOW_MS
) -> dict[str, int]:
    """Return each venue's volume in the window up to and with ``until_ms``; less where the rows cover less.

    Venues by name; one that traded nothing is left out. Later rows are not looked at, so that weights never
    know the future of a tape.
    """
    volumes: dict[str, int] = {}
    for row in rows:
        if until_ms - window_ms < row.at_ms <= until_ms and row.amount > 0:
            volumes[row.venue] = volumes.get(row.venue, 0) + row.amount
    return dict(sorted(volumes.items()))


def raw_weights(
    venues: Iterable[str], configured: Mapping[str, int], volumes: Mapping[str, int]
) -> dict[str, int]:
    """Return every venue's weight before fading and cap, in ppm, at least 1.

    Configured ones if there are any; else the shares of the measured volume, floored; else equal ones. A
    venue without measured volume weighs 1: it counts for something, and nobody can be sure that it is idle.

    Raises:
        ValueError: Weights are configured, but not a positive one for every venue.
    """
    names = sorted(venues)
    if configured:
        if missing := [name for name in names if configured.get(name, 0) <= 0]:
            raise ValueError(f"no positive weight is configured for {', '.join(missing)}")
        return {name: configured[name] for name in names}
    total = sum(volumes.get(name, 0) for name in names)
    if total == 0:
        return {name: PPM // len(names) for name in names}
    return {name: max(1, volumes.get(name, 0) * PPM // total) for name in names}


def capped_weights(raw: Mapping[str, int], cap_ppm: int = CAP_PPM) -> dict[str, int]:
    """Return exact weights, in no unit, of which none is over the cap; what is above goes to the others in proportion.

    Where the cap cannot hold (4 venues at 24 %) they are equal, above the cap; the median over equal weights is
    the plain one, which is the rule for so few venues anyway.

    Args:
        raw: Positive weights in any unit, already faded by age.
        cap_ppm: 1 to 1,000,000.

    Raises:
        ValueError: A weight is not positive.
    """
    if not raw:
        return {}
    largest, total = max(raw.values()), sum(raw.values())
    if min(raw.values()) <= 0:
        raise ValueError(f"weights are positive, not {dict(raw)}")
    if len(raw) * cap_ppm <= PPM:
        return dict.fromkeys(raw, 1)
    return dict(raw) if largest * PPM <= cap_ppm * total else _capped(raw, cap_ppm)


def capped_shares(raw: Mapping[str, int], cap_ppm: int = CAP_PPM) -> dict[str, int]:
    """Return ``capped_weights`` as shares in ppm, for people: they sum to 1,000,000 and none is 0.

    They are rounded by largest remainder, ties by name, so the order of ``raw`` does not matter. A median takes
    the exact weights: rounding would break the tie between two halves.

    Raises:
        ValueError: A weight is not positive.
    """
    weights = capped_weights(raw, cap_ppm)
    shares = _apportion(weights, sum(weights.values()), PPM) if weights else {}
    return _without_zeros(shares) if 0 in shares.values() else shares


def _capped(raw: Mapping[str, int], cap_ppm: int) -> dict[str, int]:
    """Cap from the heaviest on, until what is left, shared in proportion, keeps the next under the cap."""
    heaviest = sorted(raw, key=lambda venue: (-raw[venue], venue))
    left_ppm, rest, capped = PPM, sum(raw.values()), set()
    for venue in heaviest:
        if raw[venue] * left_ppm <= cap_ppm * rest:
            break
        capped.add(venue)
        left_ppm -= cap_ppm
        rest -= raw[venue]
    return {v: cap_ppm * rest if v in capped else max(1, left_ppm * raw[v]) for v in raw}


def _apportion(raw: Mapping[str, int], total: int, parts: int) -> dict[str, int]:
    """Share out ``parts`` in proportion, by largest remainder (Hamilton's method)."""
    shares = {venue: weight * parts // total for venue, weight in raw.items()}
    if left := parts - sum(shares.values()):
        by_rest = sorted([(-(weight * parts % total), venue) for venue, weight in raw.items()])
        for _, venue in by_rest[:left]:
            shares[venue] += 1
    return shares


def _without_zeros(shares: dict[str, int]) -> dict[str, int]:
    """Give every 0 one part of the largest share: a weighted median takes positive weights only."""
    for venue in [v for v, share in shares.items() if share == 0]:
        shares[max(shares, key=lambda v: (shares[v], v))] -= 1
        shares[venue] = 1
    return shares
