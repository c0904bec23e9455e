"""Which feeds a person means who re-admits a venue."""

from collections.abc import Sequence

from reporter.config import Config
from reporter.errors import UsageError


def feeds_of(config: Config, venue: str, named: Sequence[str]) -> list[str]:
    """The named feeds, or every feed that has a market of the venue.

    Raises:
        UsageError: The venue has no market on a feed, or on any.
    """
    with_venue = [feed.name for feed in config.feeds if venue in {leg.venue for leg in feed.legs}]
    if not with_venue:
        venues = sorted({leg.venue for feed in config.feeds for leg in feed.legs})
        raise UsageError(f"no feed has a market of {venue!r}", hint=f"venues: {', '.join(venues)}")
    if wrong := sorted(set(named) - set(with_venue)):
        hint = f"feeds with one: {', '.join(with_venue)}"
        raise UsageError(f"{wrong[0]!r} is no feed with a market of {venue}", hint=hint)
    return list(named) or with_venue
