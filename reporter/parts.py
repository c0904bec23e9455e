"""What a node makes of its configuration, and makes anew when the configuration is read again: venues, index, chain.

What must outlive a configuration stands elsewhere: the locks, the store, the book, the keys, the transaction under way.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reporter.book import Book
from reporter.chain.aggregator import AggregatorReader
from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.endpoint import Health
from reporter.chain.rpc import Rpc
from reporter.collect import VenueHealth
from reporter.config import Config
from reporter.errors import ConfigError
from reporter.index import plan
from reporter.models import Quote
from reporter.peers.observe import FeedTerms
from reporter.pricing import Pricer
from reporter.sources.base import Fetcher
from reporter.sources.stream import Streamer
from reporter.store import Store
from reporter.telemetry import log
from reporter.watcher import Watcher
from reporter.wiring import venue_fetcher, venue_streamer


@dataclass(slots=True)
class Venue:
    """One venue: how it is asked and listened to, and how it does."""

    fetcher: Fetcher
    streamer: Streamer | None
    health: VenueHealth = field(default_factory=VenueHealth)


class Parts:
    """The replaceable half of a node. With ``before``, what need not change is taken over from it.

    Raises:
        ConfigError: The feeds make no plan, a published one is not deployed, or a venue does not exist.
    """

    def __init__(
        self, config: Config, deployment: Deployment, book: Book, store: Store, before: "Parts | None" = None
    ) -> None:
        self.config, self.deployment = config, deployment
        self.pricer: Pricer
        self.venues: dict[str, Venue]
        self.rpc: Rpc
        _refuse_missing(config, deployment)
        rules = plan([feed.rules for feed in config.feeds])
        self.pricer = Pricer(book, rules) if before is None else before.pricer.replanned(rules)
        self.terms = {
            name: FeedTerms(name, deployment.feed(name).decimals, feed.trigger)
            for name, feed in config.published.items()
        }
        kept = before.venues if before else {}
        same = same_venues(before.config, config) if before else set()
        self.venues = {
            name: kept[name] if name in same else _venue(config, name, book.put)
            for name in config.markets_by_venue
        }
        keeps_rpc = before is not None and _endpoints(before.config) == _endpoints(config)
        self.rpc = before.rpc if before is not None and keeps_rpc else _rpc(config, deployment)
        reader = AggregatorReader(self.rpc, deployment, list(self.terms))
        self.watcher = Watcher(reader, deployment, store, config.chain.confirmations)

    @property
    def health(self) -> dict[str, VenueHealth]:
        """How each venue does."""
        return {name: venue.health for name, venue in self.venues.items()}

    @property
    def streamers(self) -> dict[str, Streamer]:
        """The venues that are listened to."""
        return {name: venue.streamer for name, venue in self.venues.items() if venue.streamer is not None}


class MadeOfParts:
    """A node's face: what looks on at it asks for its parts by name, whichever configuration they are of."""

    parts: Parts

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.parts.config

    @property
    def deployment(self) -> Deployment:
        """The contracts."""
        return self.parts.deployment

    @property
    def pricer(self) -> Pricer:
        """What makes the indices."""
        return self.parts.pricer

    @property
    def terms(self) -> Mapping[str, FeedTerms]:
        """The feeds that are published, by name."""
        return self.parts.terms

    @property
    def rpc(self) -> Rpc:
        """The chain's endpoints."""
        return self.parts.rpc

    @property
    def watcher(self) -> Watcher:
        """What reads the chain."""
        return self.parts.watcher

    @property
    def health(self) -> Mapping[str, VenueHealth]:
        """How each venue does when asked."""
        return self.parts.health

    @property
    def streamers(self) -> Mapping[str, Streamer]:
        """The venues that are listened to."""
        return self.parts.streamers


def load_deployed(config: Config) -> Deployment:
    """The deployment file that a configuration names. Raises ``ConfigError``."""
    return load_deployment(Path(config.path(config.chain.deployment)))


def same_venues(before: Config, after: Config) -> set[str]:
    """The venues that two configurations ask in the same way for the same."""
    old, new = before.markets_by_venue, after.markets_by_venue
    if before.node.insecure_sources != after.node.insecure_sources:
        return set()
    return {
        name
        for name in old.keys() & new.keys()
        if old[name] == new[name] and before.venue(name) == after.venue(name)
    }


def moved_venues(before: Config, after: Config) -> set[str]:
    """The venues of the configuration before that are gone, or are now asked somewhere else."""
    return {
        name
        for name in before.markets_by_venue
        if name not in after.markets_by_venue or _place(before, name) != _place(after, name)
    }


def _place(config: Config, name: str) -> tuple[object, ...]:
    venue = config.venue(name)
    return venue.kind, venue.base_url, venue.ws_url


def _venue(config: Config, name: str, put: Callable[[Quote], object]) -> Venue:
    fetcher = venue_fetcher(config, name)
    for symbol in config.markets_by_venue[name]:
        fetcher.source.symbol(symbol)  # else its first fetch would say so, and end the node
    return Venue(fetcher, venue_streamer(config, name, put))


def _endpoints(config: Config) -> tuple[object, ...]:
    chain = config.chain
    return tuple(chain.rpc_urls), chain.block_time_s, chain.max_fee_gwei


def _rpc(config: Config, deployment: Deployment) -> Rpc:
    chain = config.chain
    return Rpc(
        chain.rpc_urls,
        deployment.chain_id,
        block_time_s=chain.block_time_s,
        now_s=time.time,
        tell=tell_endpoint,
        most_base_fee=chain.max_fee_gwei * 10**9,
    )


def tell_endpoint(name: str, health: Health) -> None:
    """Log that an endpoint's state has changed."""
    advice = "nothing, if others are alive; else check chain.rpc_urls" if health.why else ""
    log().info("endpoint", endpoint=name, state=str(health.state), why=health.why, advice=advice)


def _refuse_missing(config: Config, deployment: Deployment) -> None:
    if missing := [name for name in config.published if name not in deployment.feeds]:
        raise ConfigError(
            f"feed {missing[0]!r} is published here but not deployed on chain {deployment.chain_id}",
            key="feeds",
            hint=f"deployed feeds: {', '.join(deployment.feeds)}; set publish = false or add the feed on-chain",
        )
