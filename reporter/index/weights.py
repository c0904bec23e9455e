"""Shares of the venues in the median (METHODOLOGY.md, Aggregate)."""

from collections.abc import Mapping

from reporter.index.units import PPM


def capped_shares(raw: Mapping[str, int], cap_ppm: int) -> dict[str, int]:
    """Return shares in ppm in proportion to the raw weights, none over the cap; floored, but never 0: what is not
    dropped counts for something."""
    total = sum(raw.values())
    if max(raw.values()) * PPM <= cap_ppm * total:
        return {venue: weight * PPM // total or 1 for venue, weight in raw.items()}
    free, left, shares = dict(raw), PPM, {}
    while over := [v for v, weight in free.items() if weight * left > cap_ppm * sum(free.values())]:
        for venue in over:
            shares[venue] = cap_ppm
            del free[venue]
        left = PPM - cap_ppm * len(shares)
    rest = sum(free.values())
    return shares | {venue: weight * left // rest or 1 for venue, weight in free.items()}
