"""One look at the chain, for the command line."""

from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from reporter.chain.aggregator import AggregatorReader, ReporterSet
from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.rpc import Rpc
from reporter.config import Config
from reporter.models import Round


async def round_now(config: Config, feed: str) -> tuple[Round, int]:
    """The newest round of a feed on-chain, and its decimals. Raises ``UnknownFeed`` or ``ChainError``."""
    deployment = load_deployment(config.path(config.chain.deployment))
    decimals = deployment.feed(feed).decimals
    rpc = Rpc(config.chain.rpc_urls, deployment.chain_id)
    try:
        return await AggregatorReader(rpc, deployment, [feed]).latest(feed), decimals
    finally:
        await rpc.close()


@dataclass(frozen=True, slots=True)
class SetNow:
    """An aggregator's reporter set, and the decimals of the feeds asked for."""

    set: ReporterSet
    decimals: dict[str, int]


async def set_now(rpc_url: str, chain_id: int, aggregator: str, feeds: list[str]) -> SetNow:
    """What an aggregator says now, without a deployment file.

    Raises:
        ChainError: The endpoint does not answer, is of another chain, or has no such contract or feed.
    """
    deployment = Deployment(chain_id, to_checksum_address(aggregator), {}, None, 0)
    rpc = Rpc([rpc_url], chain_id)
    try:
        reader = AggregatorReader(rpc, deployment, [])
        return SetNow(await reader.set(), {feed: await reader.decimals(feed) for feed in feeds})
    finally:
        await rpc.close()
