"""What became of the transactions in the journal: after a restart, after a reorganisation, and when a nonce is used.

One nonce may have several transactions, of which one at most is mined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reporter.chain.calls import CANCEL
from reporter.chain.rpc import Receipt, Rpc
from reporter.journal import Sent
from reporter.store import Store
from reporter.telemetry import log


@dataclass(frozen=True, slots=True)
class Seen:
    """What the chain says of us.

    Attributes:
        nonce: How many transactions of the account are mined.
        head: The newest block's number.
        final: The newest block whose transactions we count as final.
        now_ms: Our clock.
        patient_ms: Sent before this, and nowhere although the nonce is used: another took it. Before that an endpoint may
            lag.
    """

    nonce: int
    head: int
    final: int
    now_ms: int
    patient_ms: int


async def settle(rpc: Rpc, store: Store, seen: Seen) -> None:
    """Bring the journal up to what the chain says. One call for each transaction whose fate is open.

    Raises:
        ChainError: No endpoint answers; what was found until then is kept.
    """
    for nonce, sent in groupby(sorted(store.journal_open()), key=lambda entry: entry.nonce):
        await _settle_nonce(rpc, store, list(sent), seen, used=nonce < seen.nonce)


async def _settle_nonce(rpc: Rpc, store: Store, sent: Sequence[Sent], seen: Seen, *, used: bool) -> None:
    receipts = {entry.tx_hash: await rpc.receipt(entry.tx_hash) for entry in sent}
    mined = [(entry, receipt) for entry in sent if (receipt := receipts[entry.tx_hash]) is not None]
    if not mined:
        _not_mined(store, sent, seen, used=used)
        return
    entry, receipt = mined[0]
    note(store, entry.tx_hash, receipt, seen.now_ms)
    if receipt.block <= seen.final:
        store.journal_settle(entry.tx_hash)
        for other in sent:
            if other is not entry:
                store.journal_done(other.tx_hash, "cancelled" if entry.purpose == CANCEL else "replaced")


def _not_mined(store: Store, sent: Sequence[Sent], seen: Seen, *, used: bool) -> None:
    for entry in sent:
        if entry.block is not None and entry.block <= seen.head:
            advice = "nothing: the next update takes its place"
            log().warning("transaction dropped", tx=entry.tx_hash, was_in_block=entry.block, advice=advice)
            store.journal_done(entry.tx_hash, "sent")
    if used and all(entry.sent_at_ms < seen.patient_ms for entry in sent):
        advice = "is the gas key used elsewhere? give this node one of its own"
        log().warning("nonce used by another", nonce=sent[0].nonce, advice=advice)
        for entry in sent:
            store.journal_done(entry.tx_hash, "replaced")


def note(store: Store, tx_hash: str, receipt: Receipt, now_ms: int) -> None:
    """Write down that a transaction is mined, and what it cost."""
    store.journal_mined(
        tx_hash,
        succeeded=receipt.succeeded,
        gas_used=receipt.gas_used,
        price=receipt.price,
        block=receipt.block,
        at_ms=now_ms,
    )
