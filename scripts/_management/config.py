"""What deploy.py is given, read and checked: a wrong value is named before anything is sent."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils.address import is_address, to_checksum_address

from reporter.errors import ConfigError
from reporter.models import feed_id
from scripts._management.changes import MAX_AGE_LIMIT_S, MAX_DECIMALS, MAX_REPORTERS, default_quorum
from scripts._management.markets import NUMBERS, FundingConfig, ImpactFeeds, mark_feeds, market_numbers


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """One feed: its name is its id, its decimals are for ever."""

    name: str
    decimals: int


@dataclass(frozen=True, slots=True)
class DeployConfig:
    """What is deployed, checked."""

    reporters: tuple[str, ...]
    quorum: int
    max_age: int
    feeds: tuple[FeedConfig, ...]
    funding: tuple[FundingConfig, ...]


# ---------------------------------------------------------------- reading the configuration


def read_config(path: Path) -> DeployConfig:
    """Read and check a configuration file.

    Raises:
        ConfigError: The file cannot be read, or a value cannot be deployed; ``key`` names it.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    return parse_config(data)


def parse_config(data: Any) -> DeployConfig:
    """Check a decoded configuration. Unknown keys are refused: a typo must not become a default."""
    _keys(data, "the configuration", {"reporters", "feeds"}, {"quorum", "maxAge", "funding"})
    reporters = _reporters(data["reporters"])
    feeds = tuple(_feed(f"feeds[{i}]", feed) for i, feed in enumerate(_list("feeds", data["feeds"])))
    _distinct("feeds", [feed.name for feed in feeds])
    quorum = _integer(
        "quorum", data.get("quorum", default_quorum(len(reporters))), len(reporters) // 2 + 1, len(reporters)
    )
    items = enumerate(_list("funding", data.get("funding", []), least=0))
    funding = tuple(_funding(f"funding[{i}]", item, feeds) for i, item in items)
    _distinct("funding", [market.index for market in funding])
    max_age = _integer("maxAge", data.get("maxAge", 60), 1, MAX_AGE_LIMIT_S)
    return DeployConfig(reporters, quorum, max_age, feeds, funding)


def _reporters(given: Any) -> tuple[str, ...]:
    addresses = _list("reporters", given, most=MAX_REPORTERS)
    for i, address in enumerate(addresses):
        if not isinstance(address, str) or not is_address(address) or int(address, 16) == 0:
            raise ConfigError(f"reporters[{i}] is not an address: {address!r}", key=f"reporters[{i}]")
    checksummed = [str(to_checksum_address(address)) for address in addresses]
    _distinct("reporters", checksummed)
    return tuple(checksummed)


def _feed(key: str, given: Any) -> FeedConfig:
    _keys(given, key, {"name", "decimals"}, set())
    if not isinstance(given["name"], str):
        raise ConfigError(f"{key}.name is not a text: {given['name']!r}", key=f"{key}.name")
    try:
        feed_id(given["name"])
    except ValueError as error:
        raise ConfigError(f"{key}.name: {error}", key=f"{key}.name") from error
    return FeedConfig(given["name"], _integer(f"{key}.decimals", given["decimals"], 0, MAX_DECIMALS))


def _funding(key: str, given: Any, feeds: tuple[FeedConfig, ...]) -> FundingConfig:
    _keys(given, key, {"index", "mark"}, {"preset", *NUMBERS})
    numbers = market_numbers(key, given)
    mark = _mark(f"{key}.mark", given["mark"], numbers.maxIndexAge)
    decimals = {feed.name: feed.decimals for feed in feeds}
    named = {"index": given["index"], **mark_feeds(mark)}
    for role, name in named.items():
        if not isinstance(name, str) or name not in decimals:
            raise ConfigError(f"{key}.{role} is not one of the feeds: {name!r}", key=f"{key}.{role}")
        if decimals[name] != decimals[given["index"]]:
            raise ConfigError(f"{key}: {name} and {given['index']} have different decimals", key=key)
    return FundingConfig(given["index"], mark, numbers)


def _mark(key: str, given: Any, max_index_age_s: int) -> str | ImpactFeeds:
    if not isinstance(given, dict):
        feed: str = given  # whether it is one is looked at with the others
        return feed
    _keys(given, key, {"impactBid", "impactAsk"}, {"maxAge"})
    max_age_s = _integer(f"{key}.maxAge", given.get("maxAge", max_index_age_s), 1, 2**32 - 1)
    return ImpactFeeds(given["impactBid"], given["impactAsk"], max_age_s)


def _keys(given: Any, where: str, required: set[str], optional: set[str]) -> None:
    if not isinstance(given, dict):
        raise ConfigError(f"{where} is not an object: {given!r}", key=where)
    if missing := sorted(required - given.keys()):
        raise ConfigError(f"{where} lacks {', '.join(missing)}", key=where)
    if unknown := sorted(given.keys() - required - optional):
        known = ", ".join(sorted(required | optional))
        raise ConfigError(
            f"{where} has unknown keys: {', '.join(unknown)}", key=where, hint=f"known: {known}"
        )


def _list(key: str, given: Any, least: int = 1, most: int | None = None) -> list[Any]:
    if not isinstance(given, list) or len(given) < least:
        raise ConfigError(f"{key} is not a list of at least {least}: {given!r}", key=key)
    if most is not None and len(given) > most:
        raise ConfigError(f"{key} has {len(given)} entries, at most {most} are possible", key=key)
    return given


def _integer(key: str, given: Any, least: int, most: int) -> int:
    if type(given) is not int or not least <= given <= most:
        raise ConfigError(f"{key} is {given!r}, not an integer from {least} to {most}", key=key)
    return given


def _distinct(key: str, names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"{key} has {', '.join(twice)} twice", key=key)
