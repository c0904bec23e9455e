"""What an update weighs on a rollup, where bytes posted to L1 cost more than execution."""

import zlib

from eth_account import Account
from gas_chain import calldata
from gas_measure import Site

UPDATES_IN_BATCH = 8
SUBMITTER = Account.from_key(b"\x51" * 32)
# A transaction as it is posted: fees and nonce of ordinary size.
FRAME = {
    "type": 2,
    "chainId": 8453,
    "value": 0,
    "gas": 400_000,
    "maxFeePerGas": 12_345_678,
    "maxPriorityFeePerGas": 1_234_567,
}
# https://specs.optimism.io/protocol/fjord/exec-engine.html: millionths of a byte
FJORD_INTERCEPT, FJORD_PER_BYTE = -42_585_600, 836_500


async def weigh(site: Site, feeds: int) -> dict[str, int]:
    """Bytes of one update (of consecutive ones for ``zlib_in_batch``).

    ``calldata``, ``zero``, ``non_zero`` count the calldata; all else counts the whole signed transaction.
    """
    updates = [site.due(feeds)]
    for _ in range(UPDATES_IN_BATCH - 1):
        await site.update(updates[-1])
        updates.append(site.due(feeds))
    posted = [_signed(site.aggregator, data, nonce) for nonce, data in enumerate(updates, 50_000)]
    fastlz = await _fastlz(site, posted[0])
    return {
        "calldata": len(updates[0]),
        "zero": updates[0].count(0),
        "non_zero": len(updates[0]) - updates[0].count(0),
        "transaction": len(posted[0]),
        "zlib": len(zlib.compress(posted[0], 9)),
        "zlib_in_batch": len(zlib.compress(b"".join(posted), 9)) // UPDATES_IN_BATCH,
        "fastlz": fastlz,
        "fjord": (FJORD_INTERCEPT + FJORD_PER_BYTE * fastlz) // 1_000_000,
    }


def _signed(aggregator: str, data: bytes, nonce: int) -> bytes:
    signed = SUBMITTER.sign_transaction({**FRAME, "to": aggregator, "data": data, "nonce": nonce})
    return bytes(signed.raw_transaction)


async def _fastlz(site: Site, posted: bytes) -> int:
    answer = await site.chain.call(site.probe, calldata("fastLzLength(bytes)", posted))
    return int.from_bytes(answer, "big")
