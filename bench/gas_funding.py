"""What an accrual of PerpetualFunding costs: receipt gas, on a market that has accrued before."""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from gas_batches import FEED_IDS
from gas_chain import BLOCK_S, calldata
from gas_measure import MAX_AGE_S, Site

INDEX, MARK, ASK = FEED_IDS[0], FEED_IDS[1], FEED_IDS[2]
INTERVAL_S, DAY_S = 3_600, 86_400
ADD_MARKET = "addMarket(bytes32,(address,uint24,uint24,uint24,uint16,uint64,uint64,uint64,uint64))"
TYPES = ["bytes32", "address", *ADD_MARKET.split("(address,")[1].rstrip(")").split(",")]
ACCRUE = calldata("accrue(bytes32)", INDEX)
ROUNDS = 3
ACCRUED = "0x" + keccak(text="Accrued(bytes32,uint256,uint256,int256,uint64)").hex()


@dataclass(frozen=True, slots=True)
class Market:
    """One market of one funding contract; the mark takes its feeds from the site."""

    site: Site
    address: str

    async def accrue(self) -> int:
        """Receipt gas of an accrual in the next block.

        Raises:
            RuntimeError: It did nothing, which would make it look cheap.
        """
        receipt = await self.site.chain.send(ACCRUE, self.address)
        if not any(log["topics"][0] == ACCRUED for log in receipt["logs"]):
            raise RuntimeError("nothing was accrued")
        return int(receipt["gasUsed"], 16)

    async def keep(self, feeds: int, until: int) -> None:
        """Accrue every 40 s, each time after a round of the first ``feeds`` feeds."""
        chain = self.site.chain
        while chain.now + 2 * BLOCK_S <= until:
            await self.site.update(self.site.due(feeds))
            await self.accrue()
            chain.now = min(chain.now + 20, max(chain.now, until - 2 * BLOCK_S))

    async def dearest(self, feeds: int) -> int:
        """The dearest of a few accruals, each after a round of the first ``feeds`` feeds."""
        seen = []
        for _ in range(ROUNDS):
            if feeds:
                await self.site.update(self.site.due(feeds))
            seen.append(await self.accrue())
        return max(seen)


async def funding_gas(site: Site) -> dict[str, int]:
    """Every kind of accrual, under the names of ``LABELS``."""
    feed = await _market(site, "FeedMark", [MARK, INDEX])
    found = {
        "sample": await _rated(feed, 2),
        "second": await _second(feed),
        "same_index": await feed.dearest(0),
    }
    found["boundary"] = await _boundary(feed)
    found["no_mark"] = await _silent(feed)
    found["paused"] = await _paused(feed)
    book = await _market(site, "ImpactMark", [MARK, ASK, INDEX], MAX_AGE_S)
    return found | {"book": await _rated(book, 3)}


async def _market(site: Site, mark: str, feeds: list[bytes], *more: int) -> Market:
    chain = site.chain
    source = await chain.deploy(mark, site.aggregator, *feeds, *more)
    funding = await chain.deploy("PerpetualFunding", chain.sender, site.aggregator)
    numbers = (INTERVAL_S, 8 * INTERVAL_S, 2 * MAX_AGE_S, 100, 10**17, 10**14, 5 * 10**14, 75 * 10**14)
    await site.update(site.due(3))
    await chain.send(keccak(text=ADD_MARKET)[:4] + encode(TYPES, [INDEX, source, *numbers]), funding)
    return Market(site, funding)


async def _rated(market: Market, feeds: int) -> int:
    """With a rate: both boundaries of a full hour are past, so that what is paid is written as well."""
    chain = market.site.chain
    await market.keep(feeds, (chain.now // INTERVAL_S + 2) * INTERVAL_S + 5 * BLOCK_S)
    return await market.dearest(feeds)


async def _second(market: Market) -> int:
    """Once more in the block of an accrual, as before every trade of it."""
    await market.site.update(market.site.due(2))
    receipt = await market.site.chain.send_twice(ACCRUE, market.address)
    if receipt["logs"]:
        raise RuntimeError("the block had no accrual before")
    return int(receipt["gasUsed"], 16)


async def _boundary(market: Market) -> int:
    """An accrual with a new sample that fixes the rate of a covered hour."""
    chain = market.site.chain
    boundary = (chain.now // INTERVAL_S + 1) * INTERVAL_S
    await market.keep(2, boundary - 1)
    chain.now = max(chain.now, boundary - BLOCK_S)
    await market.site.update(market.site.due(2))
    return await market.accrue()


async def _silent(market: Market) -> int:
    """The index is fresh and the mark is not: rounds of the first feed alone, until the mark is too old."""
    for _ in range(3 * MAX_AGE_S // BLOCK_S):
        await market.site.update(market.site.due(1))
    await market.accrue()
    return await market.dearest(1)


async def _paused(market: Market) -> int:
    """Neither is fresh, and the pause has been told."""
    market.site.chain.now += DAY_S
    await market.accrue()
    return await market.dearest(0)


LABELS = {
    "sample": "new index, new sample of a `FeedMark`",
    "book": "new index, new sample of an `ImpactMark`",
    "same_index": "the index as it was, new sample of a `FeedMark`",
    "boundary": "new index, new sample, and the rate is fixed",
    "no_mark": "new index, a stale mark: no sample",
    "paused": "a stale index: the market is paused",
    "second": "once more in the same block: no sample, nothing to do",
}
"""What each figure is."""
