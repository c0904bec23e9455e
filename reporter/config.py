"""The reporter's configuration: one TOML file, checked before anything starts. Untrusted input until then.

An error names the key and its line. Relative paths are relative to the file. Unknown keys are refused.
"""

import re
import tomllib
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from eth_utils.address import is_checksum_address
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from reporter.errors import ConfigError
from reporter.models import FeedRules, Leg, feed_id
from reporter.trigger import TriggerRules


def _address(value: str) -> str:
    if not is_checksum_address(value):
        raise ValueError(f"{value!r} is not a checksummed address")
    return value


def _url(value: str, scheme: str) -> str:
    parts = urlsplit(value)
    _ = parts.port  # ValueError over 65535
    if parts.scheme not in (scheme, f"{scheme}s") or not parts.hostname or parts.username:
        # The value may hold a secret, so it is not repeated.
        raise ValueError(f"it must be an {scheme}(s) URL without user information")
    return value.rstrip("/")


def _nats_url(value: str) -> str:
    parts = urlsplit(value)
    _ = parts.port
    if parts.scheme not in ("nats", "tls") or not parts.hostname or parts.username:
        raise ValueError("it must be a nats:// or tls:// URL without user information")  # as above
    return value


def _market(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+:[A-Z0-9]+/[A-Z0-9]+(-PERP)?", value):
        raise ValueError(f"{value!r} is not venue:BASE/QUOTE")
    return value


def _feed(value: str) -> str:
    feed_id(value)
    return value


def _host_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or len(port) > 5 or not 0 < int(port) < 65536:
        raise ValueError(f"{value!r} is not host:port")
    return value


def _loopback_port(value: str) -> str:
    if _host_port(value).rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        raise ValueError(f"{value!r} is not on 127.0.0.1: the web API has no password; put a proxy before it")
    return value


Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(partial(_url, scheme="http"))]
WsUrl = Annotated[str, AfterValidator(partial(_url, scheme="ws"))]
Market = Annotated[str, AfterValidator(_market)]
FeedName = Annotated[str, AfterValidator(_feed)]
HostPort = Annotated[str, AfterValidator(_host_port)]
LoopbackPort = Annotated[str, AfterValidator(_loopback_port)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NodeSection(_Section):
    """Where the node keeps its state and listens."""

    data_dir: str = "data"
    api_listen: LoopbackPort = "127.0.0.1:9200"
    observe_listen: HostPort = "127.0.0.1:9201"
    insecure_sources: bool = False
    """Allow http and private addresses for venues: for local markets only."""


class ChainSection(_Section):
    """The chain and the contracts on it."""

    rpc_urls: list[Url] = Field(min_length=1)
    deployment: str
    block_time_s: int = Field(default=12, ge=1, le=600)
    poll_ms: int = Field(default=2_000, ge=50, le=60_000)
    max_fee_gwei: int = Field(default=200, ge=1, le=1_000_000)
    max_priority_fee_gwei: int = Field(default=3, ge=1, le=10_000)
    confirmations: int = Field(default=2, ge=1, le=128)


class KeysSection(_Section):
    """Key files. The signing key states prices; the gas key pays. Without them the node observes and signs nothing."""

    signing_keystore: str
    gas_keystore: str
    password_file: str


class ScheduleSection(_Section):
    """Turn-taking between reporters (OPERATING.md)."""

    slot_s: int = Field(default=1, ge=1, le=60)
    stagger_s: int = Field(default=2, ge=1, le=120)
    gather_timeout_ms: int = Field(default=1_000, ge=50, le=10_000)
    tick_ms: int = Field(default=250, ge=50, le=5_000)


class PeerSection(_Section):
    """Another reporter of the set; without ``url`` it is asked over NATS."""

    address: Address
    url: Url | None = None


class NatsSection(_Section):
    """A NATS cluster that reporters ask each other over, and its credentials file."""

    urls: list[Annotated[str, AfterValidator(_nats_url)]] = Field(min_length=1)
    credentials_file: str | None = None


class VenueSection(_Section):
    """How to reach one venue; all optional."""

    kind: str | None = None
    transport: Literal["ws", "rest"] = "ws"
    base_url: Url | None = None
    ws_url: WsUrl | None = None
    poll_ms: int = Field(default=1_000, ge=100, le=600_000)
    per_second: int | None = Field(default=None, ge=1, le=1_000)
    label: str = ""


class FeedSection(_Section):
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


class KeeperSection(_Section):
    """A funding market this node keeps alive: at least one premium sample per ``sample_s``."""

    market: FeedName
    sample_s: int = Field(default=60, ge=1, le=3_600)


class Config(_Section):
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


def load_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: With the key and the line at fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"configuration {path} cannot be read: {reason}") from None
    try:
        document = tomllib.loads(text)
    except (RecursionError, ValueError) as error:  # too deep, or a number of thousands of digits, or not TOML
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(f"{path}: not valid TOML: {error}", line=int(line[1]) if line else None) from None
    if "folder" in document:
        raise ConfigError(
            f"{path}: unknown key 'folder'", key="folder", line=key_lines(text).get(("folder",))
        )
    try:
        config = Config.model_validate({**document, "folder": path.resolve().parent})
    except ValidationError as error:
        raise _explain(path, text, error) from None
    _check_names(path, text, [feed.name for feed in config.feeds])
    return config


def _check_names(path: Path, text: str, names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            key = ("feeds", number, "name")
            line = key_lines(text).get(key)
            raise ConfigError(f"{path}, line {line}: feed {name!r} stands twice", key="feeds.name", line=line)


def _explain(path: Path, text: str, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    key = tuple(first["loc"])
    lines = key_lines(text)
    line = next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), None)
    name = ".".join(str(part) for part in key) or "the file"
    said = first["msg"].removeprefix("Value error, ")
    message = (
        f"unknown key {name!r}"
        if first["type"] == "extra_forbidden"
        else f"{name}: {said[0].lower()}{said[1:]}"
    )
    if first["type"] not in ("extra_forbidden", "missing", "value_error") and not isinstance(
        first["input"], dict | list
    ):
        message += f", not {first['input']!r}"
    where = f"{path}, line {line}" if line else f"{path}"
    return ConfigError(f"{where}: {message}", key=name, line=line)


def key_lines(text: str) -> dict[tuple[Any, ...], int]:
    """Where each key of a TOML text stands: path (as pydantic's ``loc``) -> line from 1. Inline tables count as one."""
    found: dict[tuple[Any, ...], int] = {}
    counts: dict[tuple[Any, ...], int] = {}
    table: tuple[Any, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[\s*(.+?)\s*\]\]", line):
            base = _dotted(header[1])
            table = (*base, counts.get(base, 0))
            counts[base] = table[-1] + 1
            found.setdefault(base, number)
            found[table] = number
        elif header := re.match(r"\s*\[\s*([^\[].*?)\s*\]\s*(#.*)?$", line):
            table = _dotted(header[1])
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
        elif key := re.match(r"""\s*((?:[\w.-]|"[^"]*"|'[^']*')+)\s*=""", line):
            found[(*table, *_dotted(key[1]))] = number
    return found


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in re.findall(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)', text))
