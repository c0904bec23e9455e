"""The deployment file ``deployments/<chainId>.json``: where the contracts are. Written by scripts/deploy.py."""

import json
from dataclasses import dataclass
from pathlib import Path

from eth_utils.address import is_checksum_address

from reporter.errors import ConfigError, UnknownFeed
from reporter.models import feed_id

MAX_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class DeployedFeed:
    """One registered feed and its AggregatorV3Interface face."""

    name: str
    address: str
    decimals: int

    @property
    def feed_id(self) -> bytes:
        return feed_id(self.name)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The contracts of one chain."""

    chain_id: int
    aggregator: str
    feeds: dict[str, DeployedFeed]
    funding: str | None
    start_block: int

    def feed(self, name: str) -> DeployedFeed:
        """A feed by name. Raises ``UnknownFeed``."""
        if name not in self.feeds:
            raise UnknownFeed(name, list(self.feeds))
        return self.feeds[name]


def load_deployment(path: Path) -> Deployment:
    """Read a deployment file.

    Raises:
        ConfigError: It is missing or not of the documented form.
    """
    try:
        raw = json.loads(path.read_text())
        feeds = {n: DeployedFeed(n, _address(f["address"]), _decimals(f)) for n, f in raw["feeds"].items()}
        funding = _address(raw["funding"]) if raw["funding"] else None
        return Deployment(
            int(raw["chainId"]), _address(raw["aggregator"]), feeds, funding, int(raw["startBlock"])
        )
    except OSError as error:
        raise ConfigError(
            f"deployment file {path} cannot be read: {error.strerror}", hint="deploy first: ape run deploy"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ConfigError(f"deployment file {path} is not of the documented form: {error!r}") from None


def _decimals(feed: dict[str, object]) -> int:
    value = feed["decimals"]
    if type(value) is not int or not 0 <= value <= MAX_DECIMALS:
        raise ValueError(f"decimals {value!r}")
    return value


def _address(value: object) -> str:
    if not is_checksum_address(value):
        raise ValueError(f"{value!r} is not a checksummed address")
    return str(value)
