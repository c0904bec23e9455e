"""Deploy a reference perpetual with play money, beside an aggregator on a local chain.

    ape run market --network http://127.0.0.1:8545 --aggregator 0x... --index BTC/USD --price 60000

It prints the addresses as JSON. Whoever asks the token gets some (``mint``); so never on a chain with money.
"""

import json
from dataclasses import dataclass
from typing import Any

import click
from ape import networks, project
from ape.cli import ConnectedProviderCommand, network_option

from reporter.funding.models import Params
from reporter.funding.presets import SPOTLINE
from reporter.models import feed_id
from scripts._management.build import compile_contracts
from scripts._management.session import load_account

ONE = 10**18


@dataclass(frozen=True, slots=True)
class MarketRules:
    """What a market is made of; sizes with 1e18 = 1, margins and fees in basis points."""

    decimals: int = 6
    base_reserve: int = 1000 * ONE
    max_open_interest: int = 100 * ONE
    min_size: int = ONE // 1000
    initial_margin_bps: int = 1000
    maintenance_margin_bps: int = 500
    taker_fee_bps: int = 5
    liquidation_bonus_bps: int = 100
    funding: Params = SPOTLINE

    def settings(self, token: str, funding: str, index: bytes, price: int) -> tuple[Any, ...]:
        """``IPerpetualMarket.Settings``; ``price`` with 1e18 = 1."""
        sizes = (self.base_reserve, price, self.max_open_interest, self.min_size)
        margins = (self.initial_margin_bps, self.maintenance_margin_bps)
        return (token, funding, index, *sizes, *margins, self.taker_fee_bps, self.liquidation_bonus_bps)

    def params(self, mark: str) -> tuple[Any, ...]:
        """``IPerpetualFunding.Params``."""
        p = self.funding
        times = (p.interval_s, p.realisation_s, p.max_index_age_s)
        return (mark, *times, p.max_spread_bps, p.max_premium, p.interest, p.damping, p.max_rate)


@dataclass(frozen=True, slots=True)
class Deployed:
    """ape's contracts."""

    token: Any
    funding: Any
    market: Any


def deploy_market(owner: Any, aggregator: str, index: str, price: int, rules: MarketRules) -> Deployed:
    """Deploy a token, a funding contract and a market, and name the market as the mark of its funding market.

    Args:
        owner: ape account that pays and then owns the two contracts.
        aggregator: Address of an aggregator that has the feed.
        index: Name of the feed, as "BTC/USD".
        price: Where the maker's price starts, 1e18 = 1; the index is a good choice.
        rules: Everything else.
    """
    compile_contracts()
    token = owner.deploy(project.TestToken, "Test Dollar", "TUSD", rules.decimals)
    funding = owner.deploy(project.PerpetualFunding, owner, aggregator)
    settings = rules.settings(token.address, funding.address, feed_id(index), price)
    market = owner.deploy(project.PerpetualMarket, owner, settings)
    funding.addMarket(feed_id(index), rules.params(market.address), sender=owner)
    return Deployed(token, funding, market)


@click.command(cls=ConnectedProviderCommand)
@network_option()
@click.option("--aggregator", required=True, help="address of the aggregator")
@click.option("--index", default="BTC/USD", show_default=True, help="name of the index feed")
@click.option("--price", required=True, type=click.IntRange(min=1), help="start price, whole quote units")
def cli(aggregator: str, index: str, price: int) -> None:
    """Deploy a reference perpetual with play money; a local chain only."""
    owner = load_account("TEST::0", networks.provider.chain_id)
    made = deploy_market(owner, aggregator, index, price * ONE, MarketRules())
    addresses = {"token": made.token, "funding": made.funding, "market": made.market}
    click.echo(json.dumps({name: contract.address for name, contract in addresses.items()}))
