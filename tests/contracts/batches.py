"""What a submitter does, with eth_account's typed data and nothing of ours: an independent witness of the message."""

from dataclasses import dataclass
from typing import Any

from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount

BTC = b"BTC/USD".ljust(32, b"\0")
ETH = b"ETH/USD".ljust(32, b"\0")
PERP = b"BTC/USD-PERP".ljust(32, b"\0")

TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
        {"name": "salt", "type": "bytes32"},
    ],
    "Report": [
        {"name": "observedAt", "type": "uint64"},
        {"name": "feedIds", "type": "bytes32[]"},
        {"name": "prices", "type": "int64[]"},
    ],
}


def median_position(prices: list[int]) -> int:
    """Position of the upper median among the positive prices; 0 when there is none."""
    positive = sorted(price for price in prices if price > 0)
    return prices.index(positive[len(positive) // 2]) if positive else 0


@dataclass
class Submitter:
    """Signs for all reporters and sends from an account that is none of them."""

    aggregator: Any
    chain: Any
    reporters: list[LocalAccount]
    sender: Any

    def message(self, observed_at: int, feed_ids: list[bytes], prices: list[int]) -> SignableMessage:
        domain = {
            "name": "Spotline",
            "version": "1",
            "chainId": self.chain.chain_id,
            "verifyingContract": self.aggregator.address,
            "salt": self.aggregator.config().configDigest,
        }
        report = {"observedAt": observed_at, "feedIds": feed_ids, "prices": prices}
        return encode_typed_data(
            full_message={"types": TYPES, "primaryType": "Report", "domain": domain, "message": report}
        )

    def sign(self, reporter: int, observed_at: int, feed_ids: list[bytes], prices: list[int]) -> bytes:
        """r and vs, EIP-2098."""
        signed = self.reporters[reporter].sign_message(self.message(observed_at, feed_ids, prices))
        return signed.r.to_bytes(32, "big") + (signed.s | ((signed.v - 27) << 255)).to_bytes(32, "big")

    def pack(self, observed_at: int, feed_ids: list[bytes], rows: dict[int, list[int]]) -> bytes:
        """The ``observations`` of a batch; ``rows`` maps a reporter's index to its prices."""
        order = sorted(rows)
        medians = bytes(median_position([rows[i][f] for i in order]) for f in range(len(feed_ids)))
        reports = [
            self.sign(i, observed_at, feed_ids, rows[i])
            + b"".join(price.to_bytes(8, "big", signed=True) for price in rows[i])
            for i in order
        ]
        return medians + b"".join(reports)

    def pack_narrow(self, observed_at: int, feed_ids: list[bytes], rows: dict[int, list[int]]) -> bytes:
        """The same in five bytes a price, over one less than the feed's lowest."""
        order = sorted(rows)
        columns = [[rows[i][f] for i in order] for f in range(len(feed_ids))]
        bases = [min(column) - 1 for column in columns]
        heads = [
            bytes([median_position(column), column.index(max(column))]) + base.to_bytes(7, "big")
            for column, base in zip(columns, bases, strict=True)
        ]
        reports = [
            self.sign(i, observed_at, feed_ids, rows[i])
            + b"".join((p - b - 1).to_bytes(5, "big") for p, b in zip(rows[i], bases, strict=True))
            for i in order
        ]
        return b"".join(heads + reports)

    def update(
        self, observed_at: int, feed_ids: list[bytes], rows: dict[int, list[int]], narrow: bool = False
    ) -> Any:
        """Send a batch and return the receipt."""
        bitmap = sum(1 << i for i in rows)
        pack = self.pack_narrow if narrow else self.pack
        observations = pack(observed_at, feed_ids, rows)
        return self.aggregator.update(observed_at, bitmap, feed_ids, observations, sender=self.sender)

    def now(self) -> int:
        """A time to observe at that the next block will accept and the last one has not seen."""
        return int(self.chain.blocks.head.timestamp)

    def all_agree(self, price: int, feed_ids: list[bytes]) -> int:
        """Let the chain's clock go on two seconds, then three reporters give one price on every feed."""
        self.chain.mine(deltatime=2)
        observed_at = self.now()
        self.update(observed_at, feed_ids, {i: [price] * len(feed_ids) for i in (0, 1, 2)})
        return observed_at
