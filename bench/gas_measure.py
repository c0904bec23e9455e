"""What updates cost: receipt gas in a ring's first lap and later, on a real chain."""

from dataclasses import dataclass

from eth_utils.crypto import keccak
from gas_batches import DECIMALS, FEED_IDS, MAX_FEEDS, Crew, crew
from gas_chain import BLOCK_S, Chain

RING = 4096
MAX_AGE_S, LAG_S = 60, 2
ROUNDS = 3
OLDER_ROUND = (1 << 255) + 1
"""What a lap leaves in a slot, as far as gas goes: a word that is neither zero nor the new one."""
ROUND_ACCEPTED = "0x" + keccak(text="RoundAccepted(bytes32,uint32,int256,uint64,uint32,uint16)").hex()
OWNER = "0x" + "11" * 20


@dataclass(frozen=True, slots=True)
class Site:
    """One aggregator with all feeds, BTC's Chainlink face, and the contract that reads both."""

    chain: Chain
    crew: Crew
    aggregator: str
    feed: str
    probe: str

    def due(self, feeds: int) -> bytes:
        """The calldata of ``update`` for the chain's next block."""
        return self.crew.update(self.aggregator, self.chain.now + BLOCK_S - LAG_S, feeds)

    async def update(self, data: bytes) -> tuple[int, str]:
        """Receipt gas and hash of a batch.

        Raises:
            RuntimeError: A feed was skipped, which would make the batch look cheap.
        """
        receipt = await self.chain.send(data, self.aggregator)
        if any(log["topics"][0] != ROUND_ACCEPTED for log in receipt["logs"]):
            raise RuntimeError(f"a feed of the batch did not advance: {receipt['logs']}")
        return int(receipt["gasUsed"], 16), receipt["transactionHash"]


@dataclass(frozen=True, slots=True)
class UpdateGas:
    """Receipt gas of one batch whose ring slots are zero, and of the same batch when they are not."""

    first_lap: int
    steady: int


@dataclass(frozen=True, slots=True)
class Lap:
    """Steady-state gas of the same batches on a ring that was really wrapped, and on one whose slots were filled."""

    wrapped: tuple[int, ...]
    filled: tuple[int, ...]


async def deploy(chain: Chain, reporters: int, quorum: int) -> Site:
    """An aggregator with 20 feeds that have had round 1, so that ``latest`` is no longer as ``addFeed`` left it."""
    who = crew(reporters, quorum)
    decimals = [DECIMALS] * MAX_FEEDS
    arguments = (OWNER, who.addresses, quorum, MAX_AGE_S, FEED_IDS, decimals)
    aggregator = await chain.deploy("Aggregator", *arguments)
    feed = await chain.deploy("Feed", aggregator, FEED_IDS[0])
    site = Site(chain, who, aggregator, feed, await chain.deploy("GasProbe"))
    await site.update(site.due(MAX_FEEDS))
    return site


async def update_gas(site: Site, feeds: int, rounds: int = ROUNDS) -> UpdateGas:
    """The dearest of ``rounds`` consecutive batches, with different prices in different orders."""
    seen = [await both_laps(site, site.due(feeds)) for _ in range(rounds)]
    return UpdateGas(max(s.first_lap for s in seen), max(s.steady for s in seen))


async def both_laps(site: Site, data: bytes) -> UpdateGas:
    """Mine a batch on new ring slots; go back, fill the slots it created, and mine it again at the same time."""
    before = await site.chain.snapshot()
    first_lap, transaction = await site.update(data)
    created = await site.chain.created_slots(transaction, site.aggregator)
    await site.chain.revert(before)
    for slot in created:
        await site.chain.put_slot(site.aggregator, slot, OLDER_ROUND)
    steady, _ = await site.update(data)
    return UpdateGas(first_lap, steady)


async def wrap(site: Site) -> None:
    """Bring rounds of the first feed until every slot of its ring holds one."""
    for _ in range(RING):
        await site.update(site.due(1))


async def compare_laps(site: Site, start: tuple[str, int], rounds: int = ROUNDS) -> Lap:
    """Measure batches on a wrapped ring; go back to ``start``, before the wrap, and measure them on filled slots."""
    wrapped, batches = [], []
    for _ in range(rounds):
        batches.append((site.chain.now, site.due(1)))
        wrapped.append((await site.update(batches[-1][1]))[0])
    await site.chain.revert(start)
    filled = []
    for last_block, data in batches:
        site.chain.now = last_block
        filled.append((await both_laps(site, data)).steady)
    return Lap(tuple(wrapped), tuple(filled))
