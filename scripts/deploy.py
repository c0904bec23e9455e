"""Deploy an aggregator, its feeds and, if asked, perpetual funding; write the deployment file.

    ape run deploy --network ethereum:local:foundry --config config.json --out deployments/31337.json
    ape run deploy --network http://127.0.0.1:8545 --config config.json --out deployments/31337.json

With ``ethereum:local:foundry``, the environment variable APE_FOUNDRY_HOST joins an Anvil that already runs.
The configuration, with the defaults of what may be left out:

    {"reporters": ["0x..."], "quorum": floor(2n/3) + 1, "maxAge": 60,
     "feeds": [{"name": "BTC/USD", "decimals": 8}],
     "funding": [{"index": "BTC/USD", "mark": "BTC/USD-PERP", "interval": 3600, "realisation": 28800,
                  "maxIndexAge": 3660, "maxSpreadBps": 100, "maxPremium": 1e17, "interest": 1e14, "damping": 5e14,
                  "maxRate": 75e14}]}

Rates are integers, 1e18 = 100 %. ``"preset"`` (spotline, binance, hyperliquid, kraken, drift) sets what is left out;
``"mark": {"impactBid": FEED, "impactAsk": FEED, "maxAge": maxIndexAge}`` takes the premium from a book's two feeds.

With ``--salt`` the aggregator's address follows from the configuration, the owner and the salt alone: the same on every
chain, whoever deploys. A second run then continues where the first one stopped.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from ape import project

from reporter.errors import ChainError
from reporter.models import feed_id
from scripts._management.abi import address_of, call_data
from scripts._management.build import compile_contracts, creation_code
from scripts._management.config import DeployConfig, parse_config, read_config
from scripts._management.creation import Creation, Maker, proxy_steps, salt_of
from scripts._management.markets import FundingConfig
from scripts._management.node import Node, Proof, Step
from scripts._management.plan import Manner, Plan, carry_out
from scripts._management.records import feed_entry, write_document
from scripts._management.session import command, connect, load_account, manner_of
from scripts._management.state import read_ownership

__all__ = ["cli", "compile_contracts", "deploy", "load_account", "parse_config", "read_config"]

ADD_MARKET_GAS = 1_000_000
ADD_MARKET = "addMarket(bytes32,(address,uint24,uint24,uint24,uint16,uint64,uint64,uint64,uint64))"
AGGREGATOR_TYPES = ["address", "address[]", "uint8", "uint8", "bytes32[]", "uint8[]"]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything that is there afterwards, and the transactions that are still needed."""

    aggregator: Creation
    feeds: dict[str, Creation]
    funding: Creation | None
    steps: tuple[Step, ...]


def deploy(
    config: DeployConfig, node: Node, manner: Manner, owner: str, out: Path, salt: bytes | None = None
) -> dict[str, Any]:
    """Deploy everything, write the deployment file, and return what was done and the file's document as ``deployment``."""
    made = draw(config, node, owner, salt)
    found = carry_out(_plan(made, owner, out), node, manner)
    found["deployment"] = _document(config, node, made, found, out)
    if not manner.dry_run:
        write_document(out, found["deployment"])
        manner.say(f"wrote {out}")
    return found


def draw(config: DeployConfig, node: Node, owner: str, salt: bytes | None) -> Blueprint:
    """Plan every contract and call, in order; addresses are known from here on."""
    first = [] if salt is None else proxy_steps(node)
    make = Maker(node, salt)
    make.skip(sum(step.raw is None for step in first))
    aggregator = make.make("aggregator", _aggregator_code(config, owner))
    faces = {feed.name: _face(make, aggregator, feed.name) for feed in config.feeds}
    funding, last = _funding(config.funding, node, make, aggregator, owner)
    steps = [made.step for made in (aggregator, *faces.values()) if made.step]
    return Blueprint(aggregator, faces, funding, (*first, *steps, *last))


def _aggregator_code(config: DeployConfig, owner: str) -> bytes:
    ids = [feed_id(feed.name) for feed in config.feeds]
    decimals = [feed.decimals for feed in config.feeds]
    values = (owner, config.reporters, config.quorum, config.max_age, ids, decimals)
    return creation_code("Aggregator", AGGREGATOR_TYPES, *values)


def _face(make: Maker, aggregator: Creation, name: str) -> Creation:
    code = creation_code("Feed", ["address", "bytes32"], aggregator.address, feed_id(name))
    return make.make(f"Feed of {name}", code, after_previous=aggregator.step is not None)


def _funding(
    markets: tuple[FundingConfig, ...], node: Node, make: Maker, aggregator: Creation, owner: str
) -> tuple[Creation | None, list[Step]]:
    """The funding contract with its markets. Whoever deploys adds them, so the owner must accept it when that is another."""
    if not markets:
        return None, []
    code = creation_code("PerpetualFunding", ["address", "address"], node.sender, aggregator.address)
    funding = make.make("PerpetualFunding", code)
    steps = [funding.step] if funding.step else []
    for market in markets:
        steps += _market(market, node, make, aggregator, funding)
    return funding, steps + _offered(node, make, funding, owner)


def _market(
    market: FundingConfig, node: Node, make: Maker, aggregator: Creation, funding: Creation
) -> list[Step]:
    if not funding.step and _has_market(node, funding.address, market.index):
        return []
    code = _mark_code(market, aggregator.address)
    mark = make.make(market.mark_name, code, after_previous=aggregator.step is not None)
    make.skip()
    data = call_data(ADD_MARKET, feed_id(market.index), *market.params(mark.address))
    there = Proof(
        f"funding has the market {market.index}", lambda: _has_market(node, funding.address, market.index)
    )
    # A limit of our own: what an estimate saw a second earlier may cost more at the block's time.
    add = Step(
        f"add the market {market.index}",
        funding.address,
        data,
        there,
        gas=ADD_MARKET_GAS,
        after_previous=True,
    )
    return [*([mark.step] if mark.step else []), add]


def _mark_code(market: FundingConfig, aggregator: str) -> bytes:
    index = feed_id(market.index)
    if isinstance(market.mark, str):
        types = ["address", "bytes32", "bytes32"]
        return creation_code("FeedMark", types, aggregator, feed_id(market.mark), index)
    sides = feed_id(market.mark.bid), feed_id(market.mark.ask)
    types = ["address", "bytes32", "bytes32", "bytes32", "uint256"]
    return creation_code("ImpactMark", types, aggregator, *sides, index, market.mark.max_age_s)


def _has_market(node: Node, funding: str, index: str) -> bool:
    try:
        return bool(node.view(funding, "lastAccrual(bytes32)", ["uint64"], feed_id(index)))
    except ChainError as error:
        if "UnknownMarket" in str(error):
            return False
        raise


def _offered(node: Node, make: Maker, funding: Creation, owner: str) -> list[Step]:
    def has_it() -> bool:
        now = read_ownership(node, funding.address)
        return owner in (now.owner, now.pending_owner)

    if owner == node.sender or (not funding.step and has_it()):
        return []
    make.skip()
    offered = Proof(f"funding is offered to {owner}", has_it)
    data = call_data("transferOwnership(address)", owner)
    return [Step(f"offer funding to {owner}", funding.address, data, offered, after_previous=True)]


# ---------------------------------------------------------------- telling and recording


def _plan(made: Blueprint, owner: str, out: Path) -> Plan:
    contracts = [each for each in (made.aggregator, *made.feeds.values(), made.funding) if each]
    facts = (("owner", owner), *(each.fact for each in contracts), ("writes", str(out)))
    offered = made.steps and made.steps[-1].does.startswith("offer funding")
    left = (f"{owner} must accept funding: manage accept --contract funding",) if offered else ()
    old = _recorded(out).get("aggregator")
    lost = old not in (None, made.aggregator.address)
    warnings = (f"{out} is replaced: it names the aggregator {old}",) if lost else ()
    return Plan("deploy Spotline", facts, made.steps, warnings=warnings, left=left)


def _recorded(out: Path) -> dict[str, Any]:
    try:
        found = json.loads(out.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _document(
    config: DeployConfig, node: Node, made: Blueprint, found: dict[str, Any], out: Path
) -> dict[str, Any]:
    """The deployment file. What an older one says about the same aggregator, feeds added since included, is kept."""
    old = _recorded(out)
    kept = old if old.get("aggregator") == made.aggregator.address else {}
    feeds = {
        f.name: feed_entry(feed_id(f.name), made.feeds[f.name].address, f.decimals) for f in config.feeds
    }
    new = made.aggregator.step is not None
    return {
        "chainId": node.chain_id,
        "aggregator": made.aggregator.address,
        "feeds": {**kept.get("feeds", {}), **feeds},
        "funding": made.funding.address if made.funding else kept.get("funding"),
        "market": kept.get("market"),
        "startBlock": _first_block(made, found) if new else kept.get("startBlock", 0),
        "gitCommit": git_commit() if new else kept.get("gitCommit"),
    }


def _first_block(made: Blueprint, found: dict[str, Any]) -> int:
    """The aggregator's; 0 in a dry run. Also what stands for a block that we do not know: readers start early enough."""
    steps = [step.does for step in made.steps]
    sent = found["transactions"]
    return int(sent[steps.index("create the aggregator")]["block"]) if sent else 0


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


@command()
@click.option(
    "--config", "config_path", required=True, type=click.Path(path_type=Path), help="configuration, JSON"
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="deployment file to write")
@click.option("--account", default="TEST::0", show_default=True, help="ape account that deploys")
@click.option("--owner", help="who owns the contracts; default: the account")
@click.option("--salt", help="deterministic addresses: up to 32 characters, or 32 bytes in hex")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--dry-run", is_flag=True, help="stop after the simulation")
def cli(
    config_path: Path,
    out: Path,
    account: str,
    owner: str | None,
    salt: str | None,
    yes: bool,
    dry_run: bool,
    json_wanted: bool,
) -> dict[str, Any]:
    """Deploy Spotline's contracts and write the deployment file."""
    config = read_config(config_path)
    node = connect(account)
    manner = manner_of(json_wanted=json_wanted, yes=yes, dry_run=dry_run)
    owned_by = address_of("--owner", owner) if owner else node.sender
    return deploy(config, node, manner, owned_by, out, salt_of(salt) if salt else None)
