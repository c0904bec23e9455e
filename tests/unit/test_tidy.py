"""What a node forgets, and what it must not."""

import asyncio

import pytest

from reporter.errors import StoreFailed
from reporter.journal import Sent
from reporter.models import Round, feed_id
from reporter.store import Priced, Store
from reporter.tidy import HISTORY_KEPT_S, SIGNED_KEPT_S, keep_tidy, tidy

pytestmark = pytest.mark.unit
DIGEST, BTC = b"\1" * 32, feed_id("BTC/USD")
NOW_S = 1_800_000_000
LONG_AGO_S = NOW_S - HISTORY_KEPT_S - 1


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


def sent(store: Store, nonce: int, at_s: int, *, settled: bool) -> None:
    tx_hash = f"0x{nonce}"
    store.journal_sent(Sent(nonce, "update", tx_hash, 70, 7, at_s * 1000, feeds="BTC/USD"), b"raw")
    if settled:
        store.journal_mined(tx_hash, succeeded=True, gas_used=60_000, price=5, block=nonce, at_ms=at_s * 1000)
        store.journal_settle(tx_hash)


def test_tidy__signed_an_hour_ago__forgotten_at_once(store):
    for at in (NOW_S - SIGNED_KEPT_S - 1, NOW_S - SIGNED_KEPT_S):
        store.claim(DIGEST, at, [Priced(BTC, 1, {})])
        store.add_record(at, b"digest", b"body")

    tidy(store, NOW_S, history=False)

    assert store.record(BTC, NOW_S - SIGNED_KEPT_S - 1) is None
    assert store.record(BTC, NOW_S - SIGNED_KEPT_S) == {}
    assert store.round_record(NOW_S - SIGNED_KEPT_S - 1) is None
    assert store.round_record(NOW_S - SIGNED_KEPT_S) == b"body"


def test_tidy__history_of_a_month_ago__forgotten_its_totals_and_what_is_open_stay(store):
    sent(store, 1, LONG_AGO_S, settled=True)
    sent(store, 2, LONG_AGO_S, settled=False)
    sent(store, 3, NOW_S, settled=True)
    rows = [(Round("BTC/USD", n, at, at, 1, 3, 0), 8, "0x1", n) for n, at in ((1, LONG_AGO_S), (2, NOW_S))]
    store.replace_rounds(1, 2, rows)

    tidy(store, NOW_S, history=True)

    assert [row["nonce"] for row in store.journal()] == [3, 2]
    assert [entry.nonce for entry in store.journal_open()] == [2]
    assert [row["roundId"] for row in store.rounds("BTC/USD")] == [2]
    assert [total.gas for total in store.totals()] == [120_000]


def test_tidy__without_history__keeps_it(store):
    sent(store, 1, LONG_AGO_S, settled=True)

    tidy(store, NOW_S, history=False)

    assert len(store.journal()) == 1


async def test_keep_tidy__disk_refuses__tries_again(store, monkeypatch):
    tried, again = asyncio.Event(), asyncio.Event()

    def refuse(_: int) -> None:
        (again if tried.is_set() else tried).set()
        raise StoreFailed("the disk is full")

    monkeypatch.setattr(store, "prune_ledger", refuse)
    monkeypatch.setattr("reporter.tidy.EVERY_S", 0)
    task = asyncio.create_task(keep_tidy(store, lambda: NOW_S * 1000))

    async with asyncio.timeout(5):
        await again.wait()
    assert not task.done()
    task.cancel()
