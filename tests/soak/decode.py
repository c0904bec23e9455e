"""Reading batches as a stranger would: from the interface's text, with eth-abi and eth-account, no code of the reporter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.contracts.batches import TYPES

UPDATE = keccak(text="update(uint64,uint32,bytes32[],bytes)")[:4]
ACCEPTED = "0x" + keccak(text="RoundAccepted(bytes32,uint32,int256,uint64,uint32,uint16)").hex()


@dataclass(frozen=True, slots=True)
class Signed:
    """One signed report; ``signer`` is who the signature recovers to. Prices by feed name, 0 abstains."""

    signer: str
    observed_at: int
    prices: dict[str, int]


@dataclass(frozen=True, slots=True)
class Domain:
    """Where signatures are good."""

    chain_id: int
    aggregator: str
    digest: bytes

    def signer(self, observed_at: int, feeds: Sequence[bytes], prices: Sequence[int], rvs: bytes) -> str:
        """Who signed this report. ``rvs``: 64 bytes, EIP-2098."""
        message = {
            "types": TYPES,
            "primaryType": "Report",
            "domain": {
                "name": "Spotline",
                "version": "1",
                "chainId": self.chain_id,
                "verifyingContract": self.aggregator,
                "salt": self.digest,
            },
            "message": {"observedAt": observed_at, "feedIds": list(feeds), "prices": list(prices)},
        }
        vs = int.from_bytes(rvs[32:], "big")
        r, s, v = int.from_bytes(rvs[:32], "big"), vs & (2**255 - 1), 27 + (vs >> 255)
        return str(Account.recover_message(encode_typed_data(full_message=message), vrs=(v, r, s)))


def batch(domain: Domain, calldata: bytes) -> list[Signed]:
    """The signed reports in the calldata of an update; empty for anything else, or what is not one."""
    if calldata[:4] != UPDATE:
        return []
    try:
        observed_at, bitmap, feeds, packed = decode(["uint64", "uint32", "bytes32[]", "bytes"], calldata[4:])
        rows = _rows(packed, bitmap.bit_count(), len(feeds))
        names = [name(f) for f in feeds]
        return [
            Signed(
                domain.signer(observed_at, feeds, prices, rvs),
                observed_at,
                dict(zip(names, prices, strict=True)),
            )
            for rvs, prices in rows
        ]
    except Exception:
        return []


def _rows(packed: bytes, reports: int, feeds: int) -> list[tuple[bytes, list[int]]]:
    """Signature and prices of each report (``IAggregator.update`` describes both packings)."""
    if len(packed) == feeds + reports * (64 + 8 * feeds):
        return [_row(packed, feeds + i * (64 + 8 * feeds), [0] * feeds, 8) for i in range(reports)]
    if len(packed) != 9 * feeds + reports * (64 + 5 * feeds):
        raise ValueError(f"{len(packed)} bytes are no batch")
    bases = [int.from_bytes(packed[9 * i + 2 : 9 * i + 9], "big") + 1 for i in range(feeds)]
    return [_row(packed, 9 * feeds + i * (64 + 5 * feeds), bases, 5) for i in range(reports)]


def _row(packed: bytes, at: int, bases: list[int], size: int) -> tuple[bytes, list[int]]:
    lanes = packed[at + 64 : at + 64 + size * len(bases)]
    numbers = [int.from_bytes(lanes[i * size : (i + 1) * size], "big") for i in range(len(bases))]
    return packed[at : at + 64], [base + number for base, number in zip(bases, numbers, strict=True)]


def read_report(domain: Domain, document: dict[str, Any]) -> Signed:
    """One document of ``GET /reports``."""
    feeds = [bytes.fromhex(f[2:]) for f in document["feedIds"]]
    prices = [int(p) for p in document["prices"]]
    rvs = bytes.fromhex(document["signature"][2:])
    signer = domain.signer(document["observedAt"], feeds, prices, rvs)
    return Signed(signer, document["observedAt"], dict(zip(map(name, feeds), prices, strict=True)))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A ``RoundAccepted`` event in a block. Times are Unix seconds."""

    feed: str
    round_id: int
    answer: int
    observed_at: int
    bitmap: int
    tx: str
    block: int
    updated_at: int


def accepted(log: dict[str, Any], updated_at: int) -> Accepted | None:
    """An event as a round, or None for another event."""
    if log["topics"][0] != ACCEPTED:
        return None
    answer, observed_at, bitmap, _ = decode(
        ["int256", "uint64", "uint32", "uint16"], bytes.fromhex(log["data"][2:])
    )
    feed = name(bytes.fromhex(log["topics"][1][2:]))
    round_id, block = int(log["topics"][2], 16), int(log["blockNumber"], 16)
    return Accepted(feed, round_id, answer, observed_at, bitmap, log["transactionHash"], block, updated_at)


def name(identifier: bytes) -> str:
    """The name behind a feed id."""
    return identifier.rstrip(b"\0").decode("ascii", "backslashreplace")


def checksum(address: str) -> str:
    """An address in mixed case."""
    return str(to_checksum_address(address))
