"""What stands on the chain now, read straight from the node: blocks, transactions, rounds; reorganisations noticed."""

from dataclasses import dataclass, field
from typing import Any

from reporter.chain.local import LocalChain
from tests.soak.decode import Accepted, Domain, Signed, accepted, batch, checksum


@dataclass(frozen=True, slots=True)
class Transaction:
    """One mined transaction. Wei; ``signed`` is what its batch carried, if it is an update."""

    tx: str
    sender: str
    nonce: int
    succeeded: bool
    gas_used: int
    price: int
    observed_at: int
    signed: tuple[Signed, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it was read."""

    number: int
    hash: str
    timestamp: int
    transactions: tuple[Transaction, ...]
    rounds: tuple[Accepted, ...]


@dataclass(slots=True)
class ChainLog:
    """The chain from the deployment on. ``look`` brings it up to date."""

    chain: LocalChain
    domain: Domain
    first: int
    blocks: dict[int, Block] = field(default_factory=dict)
    dropped: list[Transaction] = field(default_factory=list)

    async def look(self) -> None:
        """Read what is new; what a reorganisation replaced is read again."""
        head = int(await self.chain.request("eth_blockNumber"), 16)
        known = max(self.blocks, default=self.first - 1)
        while known >= self.first and (known > head or not await self._same(known)):
            self.dropped += self.blocks.pop(known).transactions
            known -= 1
        for number in range(known + 1, head + 1):
            self.blocks[number] = await self._read(number)

    async def _same(self, number: int) -> bool:
        raw = await self.chain.request("eth_getBlockByNumber", hex(number), False)
        return raw is not None and raw["hash"] == self.blocks[number].hash

    async def _read(self, number: int) -> Block:
        raw = await self.chain.request("eth_getBlockByNumber", hex(number), True)
        timestamp = int(raw["timestamp"], 16)
        transactions, rounds = [], []
        for sent in raw["transactions"]:
            receipt = await self.chain.request("eth_getTransactionReceipt", sent["hash"])
            transactions.append(self._transaction(sent, receipt))
            found = (accepted(log, timestamp) for log in receipt["logs"])
            rounds += [round_ for round_ in found if round_ is not None]
        return Block(number, raw["hash"], timestamp, tuple(transactions), tuple(rounds))

    def _transaction(self, sent: dict[str, Any], receipt: dict[str, Any]) -> Transaction:
        signed = tuple(batch(self.domain, bytes.fromhex(sent["input"][2:])))
        return Transaction(
            sent["hash"],
            checksum(sent["from"]),
            int(sent["nonce"], 16),
            int(receipt["status"], 16) == 1,
            int(receipt["gasUsed"], 16),
            int(receipt["effectiveGasPrice"], 16),
            signed[0].observed_at if signed else 0,
            signed,
        )

    @property
    def rounds(self) -> list[Accepted]:
        """Every accepted round, in the order of the chain."""
        return [round_ for number in sorted(self.blocks) for round_ in self.blocks[number].rounds]

    @property
    def transactions(self) -> list[Transaction]:
        """Every transaction, in the order of the chain."""
        return [tx for number in sorted(self.blocks) for tx in self.blocks[number].transactions]

    @property
    def signed(self) -> list[Signed]:
        """Every signed report that any transaction ever carried, also those of blocks that are gone."""
        return [s for tx in (*self.transactions, *self.dropped) for s in tx.signed]
