"""What the daemon and a single look share: the clock, and a venue's fetch layer made from the configuration."""

import time

from reporter.config import Config
from reporter.sources import make_source
from reporter.sources.base import Fetcher


def wall_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def venue_fetcher(config: Config, name: str) -> Fetcher:
    """The fetch layer of one venue as the configuration says."""
    venue = config.venue(name)
    source = make_source(venue.kind or name, venue.base_url)
    insecure = config.node.insecure_sources
    return Fetcher(source, venue=name, insecure=insecure, label=venue.label, now_ms=wall_ms)
