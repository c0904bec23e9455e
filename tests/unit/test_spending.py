"""Caps on spending: at no moment can what was mined and what may be mined pass them together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.journal import Sent
from reporter.spending import HOUR_MS, Spent, reached, share
from reporter.store import Store

pytestmark = pytest.mark.unit
AMOUNTS = st.lists(st.integers(1, 500), max_size=20)


@given(st.integers(0, 10**30), st.integers(1, 64))
def test_share__any_total__adds_up_and_no_part_differs_by_more_than_one(total: int, parts: int) -> None:
    shares = share(total, parts)

    assert (sum(shares), len(shares)) == (total, parts)
    assert max(shares) - min(shares) <= 1


@given(AMOUNTS, st.integers(1, 2_000), st.integers(1, 600))
def test_reached__any_window__never_over_the_cap_and_free_when_it_says(
    amounts: list[int], cap: int, needed: int
) -> None:
    spendings = [(1_000 * number, amount) for number, amount in enumerate(amounts)]

    found = reached("max_gas_per_hour", cap, needed, spendings, HOUR_MS)

    if found is None:
        assert sum(amounts) + needed <= cap
    elif found.until_ms is None:
        assert needed > cap
    else:
        still = [row for row in spendings if row[0] >= found.until_ms - HOUR_MS]
        before = [row for row in spendings if row[0] >= found.until_ms - HOUR_MS - 1]
        assert reached("max_gas_per_hour", cap, needed, still, HOUR_MS) is None
        assert reached("max_gas_per_hour", cap, needed, before, HOUR_MS) is not None
        assert found.holds(found.until_ms - 1)
        assert not found.holds(found.until_ms)


def test_reached__no_cap__never() -> None:
    assert reached("max_gas_per_hour", None, 10**9, [(0, 10**9)], HOUR_MS) is None


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


def _mined(store: Store, tx_hash: str, at_ms: int, gas: int = 100_000, **limits: int) -> None:
    fees = {"gas_limit": 200_000} | limits
    store.journal_sent(Sent(1, "update", tx_hash, 10, 1, 0, feeds="BTC/USD\nETH/USD\nSOL/USD", **fees), b"")
    store.journal_mined(tx_hash, succeeded=True, gas_used=gas, price=7, block=5, at_ms=at_ms)


def test_journal_mined__told_again_at_every_look__counted_once_at_its_first_time(store: Store) -> None:
    _mined(store, "0xaa", 1_000)
    store.journal_mined("0xaa", succeeded=True, gas_used=100_000, price=7, block=5, at_ms=9_000)

    assert [row.at_ms for row in store.spendings(0)] == [1_000]
    assert store.spent(1_001) == Spent(0, 0)


def test_journal_mined__endpoint_names_gas_and_price_over_the_limits__not_believed(store: Store) -> None:
    _mined(store, "0xaa", 1_000, gas=2**62)
    store.journal_mined("0xaa", succeeded=True, gas_used=2**62, price=2**127, block=5, at_ms=1)

    assert store.spent(0) == Spent(200_000, 1)


def test_journal_done__dropped_by_a_reorganisation__counts_no_more(store: Store) -> None:
    _mined(store, "0xaa", 1_000)
    store.journal_done("0xaa", "sent")

    assert store.spent(0) == Spent(0, 0)


def test_journal_settle__three_feeds_and_twice__totals_add_up_once(store: Store) -> None:
    _mined(store, "0xaa", 1_000, gas=100_001)
    store.journal_settle("0xaa")
    store.journal_settle("0xaa")

    totals = store.totals()
    assert [(t.feed, t.gas) for t in totals] == [
        ("BTC/USD", 33_334),
        ("ETH/USD", 33_334),
        ("SOL/USD", 33_333),
    ]
    assert sum(t.wei for t in totals) == 700_007
    assert {feed: spent.gas for feed, spent in store.spent_by_feed(0).items()} == {
        t.feed: t.gas for t in totals
    }


def test_store__a_file_of_the_version_before__keeps_its_journal_and_gets_the_columns(tmp_path) -> None:
    import sqlite3

    old = sqlite3.connect(tmp_path / "spotline.sqlite")
    old.execute("""CREATE TABLE journal (id INTEGER PRIMARY KEY, nonce INTEGER NOT NULL, purpose TEXT NOT NULL,
      tx_hash TEXT NOT NULL UNIQUE, raw BLOB NOT NULL, sent_at_ms INTEGER NOT NULL, state TEXT NOT NULL, gas_used INTEGER,
      max_fee INTEGER NOT NULL, priority_fee INTEGER NOT NULL, block INTEGER, cost_gwei INTEGER,
      settled INTEGER NOT NULL DEFAULT 0)""")
    old.execute(
        "INSERT INTO journal VALUES (1, 4, 'update', '0xaa', x'00', 500, 'mined', 61000, 9, 1, 7, 30, 1)"
    )
    old.commit()
    old.close()

    store = Store(tmp_path)

    assert store.spent(500) == Spent(61_000, 30)
    assert store.journal_open() == []
    store.close()
