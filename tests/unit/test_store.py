"""The ledger above all: one price for one feed and time, for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import AlreadyRunning, ConfigError, StoreFailed
from reporter.journal import Sent
from reporter.models import Round, feed_id
from reporter.store import Priced, Store

pytestmark = pytest.mark.unit
DIGEST, BTC, ETH = b"\1" * 32, feed_id("BTC/USD"), feed_id("ETH/USD")


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path)
    yield opened
    opened.close()


def test_claim__asked_twice_with_other_prices__first_price_stays(store):
    first = store.claim(DIGEST, 100, [Priced(BTC, 64_000, {"n": 1})])
    second = store.claim(DIGEST, 100, [Priced(BTC, 65_000, {"n": 2}), Priced(ETH, 3_000, {})])

    assert first == {BTC: 64_000}
    assert second == {BTC: 64_000, ETH: 3_000}
    assert store.record(BTC, 100) == {"n": 1}


def test_claim__other_time_or_set__separate(store):
    store.claim(DIGEST, 100, [Priced(BTC, 1, {})])

    assert store.claim(DIGEST, 101, [Priced(BTC, 2, {})]) == {BTC: 2}
    assert store.claim(b"\2" * 32, 100, [Priced(BTC, 3, {})]) == {BTC: 3}


def test_claim__after_reopening__price_stays(tmp_path):
    store = Store(tmp_path)
    store.claim(DIGEST, 100, [Priced(BTC, 64_000, {})])
    store.close()

    again = Store(tmp_path)
    assert again.claim(DIGEST, 100, [Priced(BTC, 1, {})]) == {BTC: 64_000}
    again.close()


@given(
    asks=st.lists(
        st.lists(st.tuples(st.sampled_from([BTC, ETH]), st.integers(1, 2**63 - 1)), max_size=3), max_size=8
    )
)
def test_claim__any_sequence_of_asks__never_two_prices(tmp_path_factory, asks):
    store = Store(tmp_path_factory.mktemp("ledger"))
    seen: dict[bytes, int] = {}
    for ask in asks:
        for identifier, price in store.claim(DIGEST, 7, [Priced(f, p, {}) for f, p in ask]).items():
            assert seen.setdefault(identifier, price) == price
    store.close()


def test_open__second_instance__refused(store, tmp_path):
    with pytest.raises(AlreadyRunning, match="another reporter is running"):
        Store(tmp_path)


def test_open__corrupt_file__refused_and_kept(tmp_path):
    (tmp_path / "spotline.sqlite").write_bytes(b"not a database, but somebody's evidence" * 100)

    with pytest.raises(ConfigError, match="cannot be used"):
        Store(tmp_path)

    assert (tmp_path / "spotline.sqlite").read_bytes().startswith(b"not a database")


def test_prune__old_rows__forgotten_new_ones_kept(store):
    store.claim(DIGEST, 100, [Priced(BTC, 1, {})])
    store.claim(DIGEST, 200, [Priced(BTC, 2, {})])
    store.prune_ledger(150)

    assert store.record(BTC, 100) is None
    assert store.record(BTC, 200) == {}


def test_journal__sent_then_mined__newest_first(store):
    first, second = Sent(5, "update", "0xaa", 70, 7, 1), Sent(6, "accrue", "0xbb", 80, 8, 2)
    store.journal_sent(first, b"raw")
    store.journal_sent(second, b"raw")
    store.journal_mined("0xaa", succeeded=True, gas_used=61_000, price=30, block=9, at_ms=5)

    assert store.journal_open() == [first._replace(state="mined", block=9), second]
    assert (store.spent(5), store.spent(6)) == ((61_000, 1), (0, 0))
    store.journal_settle("0xaa")
    assert store.journal_open() == [second]
    newest, oldest = store.journal()
    assert (newest["nonce"], newest["state"], newest["gas_used"]) == (6, "sent", None)
    assert (oldest["nonce"], oldest["state"], oldest["gas_used"]) == (5, "mined", 61_000)


def test_rounds__added__documents_newest_first(store):
    for number in (1, 2):
        round_ = Round("BTC/USD", number, 100 + number, 101 + number, 6 * 10**12, 3, 4)
        store.replace_rounds(number, number, [(round_, 8, "0xab", 9)])

    documents = store.rounds("BTC/USD")

    assert [d["roundId"] for d in documents] == [2, 1]
    assert documents[0] == {
        "feed": "BTC/USD",
        "roundId": 2,
        "observedAt": 102,
        "updatedAt": 103,
        "answer": "6000000000000",
        "reporters": 3,
        "spreadBps": 4,
        "decimals": 8,
        "txHash": "0xab",
        "block": 9,
    }


def test_transaction__fails_midway__nothing_written(store):
    with pytest.raises(OverflowError):
        store.claim(DIGEST, 1, [Priced(BTC, 1, {}), Priced(ETH, 2**70, {})])  # over SQLite's 64 bits

    assert store.stated(DIGEST, 1) == {}


def test_claim__disk_refuses__store_failed_and_nothing_claimed(tmp_path):
    store = Store(tmp_path)
    store._db.execute("PRAGMA query_only=1")  # what SQLite answers on a read-only disk

    with pytest.raises(StoreFailed, match="readonly"):
        store.claim(DIGEST, 1, [Priced(BTC, 1, {})])
    with pytest.raises(StoreFailed):
        store.journal_sent(Sent(1, "update", "0xaa", 1, 1, 1), b"raw")

    store._db.execute("PRAGMA query_only=0")
    assert store.stated(DIGEST, 1) == {}
    store.close()
