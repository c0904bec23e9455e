"""The configuration file and its sections, one class each. Every default is written down here and nowhere else."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from reporter.config.keys import KeysSection
from reporter.config.values import (
    STRICT,
    Address,
    FeedName,
    HostPort,
    LoopbackPort,
    Market,
    NatsUrl,
    Url,
    WsUrl,
)
from reporter.models import FeedRules, Leg
from reporter.trigger import TriggerRules


class Section(BaseModel):
    """Frozen and strict (``STRICT``)."""

    model_config = STRICT


class NodeSection(Section):
    """Where the node keeps its state and listens."""

    data_dir: str = "data"
    api_listen: LoopbackPort = "127.0.0.1:9200"
    observe_listen: HostPort = "127.0.0.1:9201"
    insecure_sources: bool = False
    """Allow http and private addresses for venues: for local markets only."""


class ChainSection(Section):
    """The chain and the contracts on it."""

    rpc_urls: list[Url] = Field(min_length=1)
    deployment: str
    block_time_s: int = Field(default=12, ge=1, le=600)
    poll_ms: int = Field(default=2_000, ge=50, le=60_000)
    max_fee_gwei: int = Field(default=200, ge=1, le=1_000_000)
    max_priority_fee_gwei: int = Field(default=3, ge=1, le=10_000)
    confirmations: int = Field(default=2, ge=1, le=128)
    max_gas_per_hour: int | None = Field(default=None, ge=100_000, le=10**12)
    max_spend_per_day_gwei: int | None = Field(default=None, ge=1, le=10**15)


class ScheduleSection(Section):
    """Turn-taking between reporters (OPERATING.md)."""

    slot_s: int = Field(default=1, ge=1, le=60)
    stagger_s: int = Field(default=2, ge=1, le=120)
    gather_timeout_ms: int = Field(default=1_000, ge=50, le=10_000)
    tick_ms: int = Field(default=250, ge=50, le=5_000)


class PeerSection(Section):
    """Another reporter of the set; without ``url`` it is asked over NATS."""

    address: Address
    url: Url | None = None


class NatsSection(Section):
    """A NATS cluster that reporters ask each other over, and its credentials file."""

    urls: list[NatsUrl] = Field(min_length=1)
    credentials_file: str | None = None


class VenueSection(Section):
    """How to reach one venue; all optional."""

    kind: str | None = None
    transport: Literal["ws", "rest"] = "ws"
    base_url: Url | None = None
    ws_url: WsUrl | None = None
    poll_ms: int = Field(default=1_000, ge=100, le=600_000)
    per_second: int | None = Field(default=None, ge=1, le=1_000)
    label: str = ""


class FeedSection(Section):
    """One feed: the markets its index is made of, and when it is published."""

    name: FeedName
    markets: list[Market] = Field(min_length=1)
    publish: bool = True
    min_venues: int = Field(default=3, ge=1, le=50)
    weights: dict[str, Annotated[int, Field(ge=1, le=10**12)]] = {}
    fallback: list[str] = []
    pegged: bool = False
    deviation_bps: int = Field(default=50, ge=1, le=10_000)
    heartbeat_s: int = Field(default=3_600, ge=2, le=7 * 86_400)

    @model_validator(mode="after")
    def _venues_exist(self) -> "FeedSection":
        venues = {market.split(":", 1)[0] for market in self.markets}
        for key, named in (("weights", self.weights), ("fallback", self.fallback)):
            if unknown := sorted(set(named) - venues):
                raise ValueError(f"{key} names {', '.join(unknown)}, which is not a venue of {self.name}")
        return self

    @property
    def legs(self) -> tuple[Leg, ...]:
        return tuple(Leg(*market.split(":", 1)) for market in self.markets)

    @property
    def rules(self) -> FeedRules:
        return FeedRules(
            feed=self.name,
            legs=self.legs,
            min_venues=self.min_venues,
            weights=tuple(sorted(self.weights.items())),
            fallback=tuple(self.fallback),
            pegged=self.pegged,
        )

    @property
    def trigger(self) -> TriggerRules:
        margin_s = max(1, min(30, self.heartbeat_s // 10))
        return TriggerRules(self.deviation_bps * 100, self.heartbeat_s, margin_s)


class KeeperSection(Section):
    """A funding market this node keeps alive: at least one premium sample per ``sample_s``."""

    market: FeedName
    sample_s: int = Field(default=60, ge=1, le=3_600)


class Config(Section):
    """The whole file. ``folder`` is where it lies; relative paths start there."""

    node: NodeSection = NodeSection()
    chain: ChainSection
    keys: KeysSection | None = None
    schedule: ScheduleSection = ScheduleSection()
    nats: NatsSection | None = None
    peers: list[PeerSection] = []
    venues: dict[str, VenueSection] = {}
    feeds: list[FeedSection] = Field(min_length=1)
    keeper: list[KeeperSection] = []
    folder: Path = Field(default=Path(), exclude=True, strict=False)

    @model_validator(mode="after")
    def _peers_can_be_reached(self) -> "Config":
        if self.nats is None and (silent := [peer.address for peer in self.peers if peer.url is None]):
            raise ValueError(f"peer {silent[0]} has no url, and there is no [nats] to ask it over")
        return self

    @model_validator(mode="after")
    def _a_signature_comes_in_time(self) -> "Config":
        """Who asks signs its ask, and then the peers sign: two signatures, one after the other."""
        remote = self.keys.remote_signer if self.keys else None
        if remote is not None and 2 * remote.timeout_ms > self.schedule.gather_timeout_ms:
            raise ValueError("keys.remote_signer.timeout_ms is over half of schedule.gather_timeout_ms")
        return self

    def path(self, value: str) -> Path:
        """A path of the file, resolved against the file's folder."""
        return self.folder / value

    @property
    def stagger_s(self) -> int:
        """What one rank waits for the next: never less than it takes to see that the one before has published."""
        return max(self.schedule.stagger_s, self.chain.block_time_s + -(-self.chain.poll_ms // 1000))

    @property
    def published(self) -> dict[str, FeedSection]:
        """The feeds this node signs, by name, in the order of the file."""
        return {feed.name: feed for feed in self.feeds if feed.publish}

    @property
    def markets_by_venue(self) -> dict[str, tuple[str, ...]]:
        """Which symbols to ask of each venue."""
        found: dict[str, dict[str, None]] = {}
        for feed in self.feeds:
            for leg in feed.legs:
                found.setdefault(leg.venue, {})[leg.symbol] = None
        return {venue: tuple(symbols) for venue, symbols in found.items()}

    def venue(self, name: str) -> VenueSection:
        """The settings of a venue, defaults where the file has none."""
        return self.venues.get(name, VenueSection())
