"""What reads cost another contract: cold, through ``tests/solidity/GasProbe.sol``."""

from gas_batches import FEED_IDS
from gas_chain import BLOCK_S, calldata
from gas_measure import RING, Site

ANY_AGE = 2**32
BTC = FEED_IDS[0]


async def read_gas(site: Site, latest: int) -> dict[str, int]:
    """Every read of a fixed number of storage words; ``latest`` is BTC's newest round, at least the second.

    ``strict`` and so on are the call alone; ``..._with_abi`` adds what solc makes a consumer do around it.
    """
    oldest = max(1, latest - RING + 1)
    return {
        "strict": await _call(site, site.aggregator, "read(bytes32,uint256)", BTC, ANY_AGE),
        "feed_latestRoundData": await _call(site, site.feed, "latestRoundData()"),
        "twap_rounds": await _call(site, site.aggregator, "twap(bytes32,uint32,uint32)", BTC, oldest, latest),
        "latestRound": await _call(site, site.aggregator, "latestRound(bytes32)", BTC),
        "feed_getRoundData": await _call(site, site.feed, "getRoundData(uint80)", latest - 1),
        "strict_with_abi": await _ask(site, "read(address,bytes32,uint256)", site.aggregator, BTC, ANY_AGE),
        "feed_latestRoundData_with_abi": await _ask(site, "latestRoundData(address)", site.feed),
        "twap_rounds_with_abi": await _ask(
            site, "twap(address,bytes32,uint32,uint32)", site.aggregator, BTC, oldest, latest
        ),
    }


async def twap_window_gas(site: Site) -> int:
    """The dearest search on a wrapped ring: one window from between each two kept rounds."""
    windows = range(BLOCK_S // 2, (RING - 1) * BLOCK_S, BLOCK_S)
    return max([await _call(site, site.aggregator, "twap(bytes32,uint256)", BTC, w) for w in windows])


async def _call(site: Site, target: str, signature: str, *arguments: object) -> int:
    return await _ask(site, "call(address,bytes)", target, calldata(signature, *arguments))


async def _ask(site: Site, signature: str, *arguments: object) -> int:
    return int.from_bytes(await site.chain.call(site.probe, calldata(signature, *arguments)), "big")
