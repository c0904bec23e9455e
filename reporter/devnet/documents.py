"""The two lines of ``spotline devnet --json``: what is there when it is ready, and what it measured at the end."""

import json
from typing import Any

from reporter.chain.funding import FundingReader
from reporter.devnet.run import Devnet
from reporter.devnet.watch import feed_summary, gas_summary
from reporter.errors import ChainError
from reporter.models import feed_id


def ready_document(net: Devnet) -> dict[str, Any]:
    """Endpoints, addresses and processes."""
    return {
        "rpc": net.rpc_url,
        "dashboard": None,
        "marketServer": net.market_url,
        "deployment": json.loads((net.folder / "deployment.json").read_text()),
        "reporters": [
            {"address": r.address, "url": r.url, "pid": r.child.process.pid, "config": str(r.config)}
            for r in net.reporters
        ],
    }


async def summary_document(net: Devnet) -> dict[str, Any]:
    """Rounds, errors as ratios of the market's reference, gas and funding."""
    decimals = {name: feed.decimals for name, feed in net.deployment.feeds.items()}
    return {
        "source": net.options.source,
        "label": net.label,
        "feeds": {name: feed_summary(watch, decimals[name]) for name, watch in net.watch.feeds.items()},
        "gas": gas_summary(net.watch.gas),
        "funding": await _funding(net),
        "reporters": len(net.reporters),
    }


async def _funding(net: Devnet) -> dict[str, Any]:
    if not net.deployment.funding:
        return {}
    try:
        state = await FundingReader(net.rpc, net.deployment.funding).state("BTC/USD", feed_id("BTC/USD"))
    except ChainError:  # the chain is gone; what was measured before is still worth printing
        return {}
    return {
        "BTC/USD": {
            "rate_8h": str(state.rate_8h),
            "predicted_8h": str(state.predicted_8h),
            "cumulative": str(state.net),
            "longs_paid": str(state.longs_paid),
            "shorts_paid": str(state.shorts_paid),
            "premium": str(state.premium),
        }
    }
