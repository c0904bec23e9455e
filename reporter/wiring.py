"""What the daemon and a single look share: the clock, and a venue's fetch layer made from the configuration."""

import ctypes
import gc
import time
from collections.abc import Callable

from reporter.config import Config
from reporter.models import Quote
from reporter.sources import make_source
from reporter.sources.base import Fetcher
from reporter.sources.stream import Streamer


def wall_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def calm_collector() -> None:
    """Let Python look for garbage in cycles less often, and never in what a process starts with.

    Each tick makes and frees tens of thousands of tuples, none in a cycle: with the defaults a sixth of it goes into that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    _give_back()


def _give_back() -> None:
    """Return what starting up has freed to the system, where the C library can: 14 MB, most of it a keystore's."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)


def venue_fetcher(config: Config, name: str) -> Fetcher:
    """The fetch layer of one venue as the configuration says."""
    venue = config.venue(name)
    source = make_source(venue.kind or name, venue.base_url, venue.ws_url)
    insecure = config.node.insecure_sources
    return Fetcher(
        source, venue=name, insecure=insecure, label=venue.label, now_ms=wall_ms, per_second=venue.per_second
    )


def venue_streamer(config: Config, name: str, put: Callable[[Quote], object]) -> Streamer | None:
    """The stream of one venue, or None where it has none or the configuration wants REST alone."""
    venue = config.venue(name)
    source = make_source(venue.kind or name, venue.base_url, venue.ws_url)
    if venue.transport == "rest" or not source.ws_url:
        return None
    symbols, insecure = config.markets_by_venue[name], config.node.insecure_sources
    return Streamer(source, symbols, put, venue=name, insecure=insecure, label=venue.label, now_ms=wall_ms)
