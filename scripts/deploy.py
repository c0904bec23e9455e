"""Deploy an aggregator, its feeds and, if asked, perpetual funding; write the deployment file.

    ape run deploy --network ethereum:local:foundry --config config.json --out deployments/31337.json
    ape run deploy --network http://127.0.0.1:8545 --config config.json --out deployments/31337.json

With ``ethereum:local:foundry``, the environment variable APE_FOUNDRY_HOST joins an Anvil that already runs.
The configuration, with the defaults of what may be left out:

    {"reporters": ["0x..."], "quorum": floor(2n/3) + 1, "maxAge": 60,
     "feeds": [{"name": "BTC/USD", "decimals": 8}],
     "funding": [{"index": "BTC/USD", "mark": "BTC/USD-PERP", "interval": 3600, "maxIndexAge": 3660,
                  "maxSpreadBps": 100, "maxPremium": 1e17, "interest": 1e14, "damping": 5e14, "maxRate": 75e14}]}

Rates are integers, 1e18 = 100 %. The contracts check every value again; here a wrong one is named before anything is sent.
"""

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from ape import accounts, chain, project
from ape.cli import ConnectedProviderCommand
from eth_utils import is_address, to_checksum_address

from reporter.errors import ConfigError
from reporter.models import feed_id

MAX_REPORTERS = 31
MAX_DECIMALS = 18
MAX_AGE_LIMIT = 255
ADD_MARKET_GAS = 1_000_000


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """One feed: its name is its id, its decimals are for ever."""

    name: str
    decimals: int


@dataclass(frozen=True, slots=True)
class FundingConfig:
    """One market. The fields after ``mark`` are ``IPerpetualFunding.Params`` in its order."""

    index: str
    mark: str
    interval: int = 3_600
    maxIndexAge: int = 3_660  # noqa: N815  the name in the configuration file and the contract
    maxSpreadBps: int = 100  # noqa: N815
    maxPremium: int = 10**17  # noqa: N815
    interest: int = 10**14
    damping: int = 5 * 10**14
    maxRate: int = 75 * 10**14  # noqa: N815

    def params(self, mark_address: str) -> tuple[Any, ...]:
        """The struct that ``addMarket`` takes."""
        return (mark_address, *list(asdict(self).values())[2:])


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
        "quorum", data.get("quorum", 2 * len(reporters) // 3 + 1), len(reporters) // 2 + 1, len(reporters)
    )
    items = enumerate(_list("funding", data.get("funding", []), least=0))
    funding = tuple(_funding(f"funding[{i}]", item, feeds) for i, item in items)
    _distinct("funding", [market.index for market in funding])
    max_age = _integer("maxAge", data.get("maxAge", 60), 1, MAX_AGE_LIMIT)
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
    numbers = {"interval", "maxIndexAge", "maxSpreadBps", "maxPremium", "interest", "damping", "maxRate"}
    _keys(given, key, {"index", "mark"}, numbers)
    decimals = {feed.name: feed.decimals for feed in feeds}
    for role in ("index", "mark"):
        if given[role] not in decimals:
            raise ConfigError(f"{key}.{role} is not one of the feeds: {given[role]!r}", key=f"{key}.{role}")
    if decimals[given["index"]] != decimals[given["mark"]]:
        raise ConfigError(f"{key}: {given['mark']} and {given['index']} have different decimals", key=key)
    for name in numbers & given.keys():
        _integer(f"{key}.{name}", given[name], 0, 2**64 - 1)
    return FundingConfig(**given)


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


# ---------------------------------------------------------------- deploying


def compile_contracts() -> None:
    """Compile everything unless nothing changed.

    ape 0.8 recompiles a file only when that very file changed: an edited library or base contract would leave its users'
    old bytecode in the cache, and that would be deployed. So a stamp covers all sources and the cache itself.
    """
    stamp = project.manifest_path.with_name("spotline.sha256")
    if not stamp.exists() or stamp.read_text() != _fingerprint():
        project.load_contracts(use_cache=False)
        stamp.write_text(_fingerprint())


def _fingerprint() -> str:
    root = Path(project.path)
    sources = sorted(path for path in root.glob("contracts/**/*.sol") if ".cache" not in path.parts)
    total = hashlib.sha256()
    for path in (*sources, root / "ape-config.yaml", project.manifest_path):
        total.update(path.read_bytes() if path.exists() else b"")
        total.update(b"\0")
    return total.hexdigest()


def deploy(config: DeployConfig, owner: Any) -> dict[str, Any]:
    """Deploy everything from ``owner``, who also becomes the owner, and return the deployment document."""
    compile_contracts()
    ids = [feed_id(feed.name) for feed in config.feeds]
    aggregator = owner.deploy(
        project.Aggregator,
        owner,
        list(config.reporters),
        config.quorum,
        config.max_age,
        ids,
        [feed.decimals for feed in config.feeds],
    )
    feeds = {
        feed.name: {
            "feedId": "0x" + feed_id(feed.name).hex(),
            "address": owner.deploy(project.Feed, aggregator, feed_id(feed.name)).address,
            "decimals": feed.decimals,
        }
        for feed in config.feeds
    }
    return {
        "chainId": chain.chain_id,
        "aggregator": aggregator.address,
        "feeds": feeds,
        "funding": deploy_funding(config.funding, aggregator, owner),
        "market": None,
        "startBlock": aggregator.creation_metadata.block if aggregator.creation_metadata else 0,
        "gitCommit": git_commit(),
    }


def deploy_funding(markets: tuple[FundingConfig, ...], aggregator: Any, owner: Any) -> str | None:
    """One PerpetualFunding with a market for each entry; its mark is a feed of the same aggregator."""
    if not markets:
        return None
    funding = owner.deploy(project.PerpetualFunding, owner, aggregator)
    for market in markets:
        mark = owner.deploy(project.FeedMark, aggregator, feed_id(market.mark), feed_id(market.index))
        # A limit of our own: what an estimate saw a second earlier may cost more at the block's time.
        params = market.params(mark.address)
        funding.addMarket(feed_id(market.index), params, sender=owner, gas=ADD_MARKET_GAS)
    return str(funding.address)


def git_commit() -> str | None:
    """The commit the contracts were built from; None outside a repository."""
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None


def load_account(alias: str) -> Any:
    """``TEST::0`` is the first account of the local chain; anything else is one of ape's accounts."""
    if alias.startswith("TEST::"):
        return accounts.test_accounts[int(alias.removeprefix("TEST::"))]
    return accounts.load(alias)


@click.command(cls=ConnectedProviderCommand)
@click.option(
    "--config", "config_path", required=True, type=click.Path(path_type=Path), help="configuration, JSON"
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="deployment file to write")
@click.option("--account", default="TEST::0", show_default=True, help="ape account that deploys and owns")
def cli(config_path: Path, out: Path, account: str) -> None:
    """Deploy Spotline's contracts and write the deployment file."""
    try:
        config = read_config(config_path)
    except ConfigError as error:
        failure = click.ClickException(f"{error}{f' ({error.hint})' if error.hint else ''}")
        failure.exit_code = error.exit_code
        raise failure from error
    deployment = deploy(config, load_account(account))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(deployment, indent=1) + "\n")
    click.echo(f"wrote {out}", err=True)
