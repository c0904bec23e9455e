"""One look at the chain, for the command line."""

from reporter.chain.aggregator import AggregatorReader
from reporter.chain.deployment import load_deployment
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
