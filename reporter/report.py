"""What a reporter signs, and the batch that goes on-chain. Twin of ``contracts/libraries/ReportHash.sol``.

EIP-712 (https://eips.ethereum.org/EIPS/eip-712): the domain binds name, version, chain, contract and, as salt, the
reporter set; arrays are hashed as the concatenation of their 32-byte elements. Vectors: ``tests/vectors/report_hash.json``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from eth_hash.auto import keccak  # eth_utils wraps it at as much cost again
from eth_utils.address import to_canonical_address, to_checksum_address

from reporter.models import Report, SignedReport

DOMAIN_TYPE = (
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
)
REPORT_TYPE = b"Report(uint64 observedAt,bytes32[] feedIds,int64[] prices)"
DOMAIN_TYPEHASH, REPORT_TYPEHASH = keccak(DOMAIN_TYPE), keccak(REPORT_TYPE)
NAME_HASH, VERSION_HASH = keccak(b"Spotline"), keccak(b"1")
MAX_PRICE = 2**63 - 1
MAX_FEEDS = 255
BASE_LIMIT, LANE_LIMIT = 2**56, 2**39
NARROW_FEEDS = 3
"""From how many feeds on the narrow packing costs less gas, whatever the number of signatures."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature is good: one chain, one aggregator, one reporter set."""

    chain_id: int
    aggregator: str
    config_digest: bytes

    def separator(self) -> bytes:
        """The EIP-712 domain separator, 32 bytes."""
        return _separator(self)


@lru_cache(maxsize=16)
def _separator(domain: Domain) -> bytes:
    return keccak(
        DOMAIN_TYPEHASH
        + NAME_HASH
        + VERSION_HASH
        + _word(domain.chain_id)
        + to_canonical_address(domain.aggregator).rjust(32, b"\0")
        + domain.config_digest
    )


def config_digest(config_count: int, reporters: Sequence[str], quorum: int) -> bytes:
    """``keccak256(abi.encode(uint32 configCount, address[] reporters, uint8 quorum))``."""
    head = _word(config_count) + _word(96) + _word(quorum) + _word(len(reporters))
    return keccak(head + b"".join(to_canonical_address(r).rjust(32, b"\0") for r in reporters))


def check_report(report: Report) -> None:
    """Refuse what no one should sign: wrong types, lengths or ranges.

    Raises:
        ValueError: With the value at fault.
    """
    if type(report.observed_at) is not int or not 0 < report.observed_at < 2**32:
        raise ValueError(f"observedAt must be Unix seconds, not {report.observed_at!r}")
    if not 1 <= len(report.feed_ids) <= MAX_FEEDS or len(report.prices) != len(report.feed_ids):
        raise ValueError(f"{len(report.feed_ids)} feeds and {len(report.prices)} prices")
    for identifier in report.feed_ids:
        if type(identifier) is not bytes or len(identifier) != 32:
            raise ValueError(f"a feed id is 32 bytes, not {identifier!r}")
    if len(set(report.feed_ids)) != len(report.feed_ids):
        raise ValueError("a feed stands twice in the report")
    for price in report.prices:
        if type(price) is not int or not 0 <= price <= MAX_PRICE:
            raise ValueError(f"a price is an integer in 0..2^63-1, not {price!r}")


def struct_hash(report: Report) -> bytes:
    """EIP-712 ``hashStruct`` of a report, 32 bytes."""
    prices = b"".join(_word(p) for p in report.prices)
    return keccak(
        REPORT_TYPEHASH + _word(report.observed_at) + keccak(b"".join(report.feed_ids)) + keccak(prices)
    )


def report_message(separator: bytes, report: Report) -> bytes:
    """The 66 bytes whose hash is signed (``Signer.sign_typed``). Checks the report first.

    Raises:
        ValueError: See ``check_report``.
    """
    check_report(report)
    return b"\x19\x01" + separator + struct_hash(report)


def report_digest(separator: bytes, report: Report) -> bytes:
    """The 32 bytes that are signed. Raises as ``report_message``."""
    return keccak(report_message(separator, report))


def typed_data(domain: Domain, report: Report) -> dict[str, object]:
    """The same message as ``eth_signTypedData_v4`` takes it, for wallets and outside signers."""
    kinds = {
        "EIP712Domain": [
            "string name",
            "string version",
            "uint256 chainId",
            "address verifyingContract",
            "bytes32 salt",
        ],
        "Report": ["uint64 observedAt", "bytes32[] feedIds", "int64[] prices"],
    }
    return {
        "types": {
            t: [dict(zip(("type", "name"), f.split(), strict=True)) for f in fs] for t, fs in kinds.items()
        },
        "primaryType": "Report",
        "domain": {
            "name": "Spotline",
            "version": "1",
            "chainId": domain.chain_id,
            "verifyingContract": to_checksum_address(domain.aggregator),
            "salt": "0x" + domain.config_digest.hex(),
        },
        "message": {
            "observedAt": report.observed_at,
            "feedIds": ["0x" + f.hex() for f in report.feed_ids],
            "prices": [str(price) for price in report.prices],  # a wallet's JSON numbers end at 2^53
        },
    }


def reporter_median(prices: Sequence[int]) -> int:
    """The aggregator's median: the upper middle element, so always some reporter's own price."""
    return sorted(prices)[len(prices) // 2]


def median_positions(signed: Sequence[SignedReport]) -> bytes:
    """Per feed, the position in ``signed`` of a report that holds the median; 0 where nobody priced the feed."""
    return bytes(
        column.index(reporter_median(ps)) if (ps := [p for p in column if p]) else 0
        for column in _columns(signed)
    )


def pack_observations(signed: Sequence[SignedReport]) -> bytes:
    """``IAggregator.update``'s packed argument, in the cheaper of its two forms.

    Args:
        signed: In the order of the reporter set.
    """
    return pack_narrow(signed) if is_narrow(signed) else pack_wide(signed)


def is_narrow(signed: Sequence[SignedReport]) -> bool:
    """Whether the narrow packing can hold the batch and costs less: enough feeds, no abstention, prices close together."""
    columns = _columns(signed)
    return len(columns) >= NARROW_FEEDS and all(_is_close(column) for column in columns)


def pack_wide(signed: Sequence[SignedReport]) -> bytes:
    """Eight bytes a price: any batch."""
    rows = (s.signature + b"".join(p.to_bytes(8, "big") for p in s.report.prices) for s in signed)
    return median_positions(signed) + b"".join(rows)


def pack_narrow(signed: Sequence[SignedReport]) -> bytes:
    """Five bytes a price, over one less than the feed's lowest one. ``is_narrow`` says for which batches."""
    columns = _columns(signed)
    bases = [min(column) - 1 for column in columns]
    heads = (
        bytes([median, column.index(max(column))]) + base.to_bytes(7, "big")
        for median, column, base in zip(median_positions(signed), columns, bases, strict=True)
    )
    rows = (s.signature + _lanes(s.report.prices, bases) for s in signed)
    return b"".join(heads) + b"".join(rows)


def _columns(signed: Sequence[SignedReport]) -> list[tuple[int, ...]]:
    """The prices by feed."""
    return list(zip(*(s.report.prices for s in signed), strict=True))


def _is_close(prices: Sequence[int]) -> bool:
    """The contract takes a spread up to 655 % of the median; up to the lowest price is simpler to say."""
    lowest = min(prices)
    return 0 < lowest <= BASE_LIMIT and max(prices) - lowest < min(LANE_LIMIT, lowest)


def _lanes(prices: Sequence[int], bases: Sequence[int]) -> bytes:
    return b"".join((price - base - 1).to_bytes(5, "big") for price, base in zip(prices, bases, strict=True))


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
