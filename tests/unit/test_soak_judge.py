"""The soak's judge sees what it is there to see: each kind of violation, planted."""

import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import pytest

from reporter.chain.calls import update_call
from reporter.keys import LocalSigner
from reporter.market.simulated import SimulatedMarket
from reporter.models import Report, SignedReport, feed_id
from reporter.peers.gather import choose
from reporter.peers.observe import ObserveRequest
from reporter.report import Domain as OurDomain
from reporter.report import report_digest
from tests.soak.chainlog import Block, ChainLog, Transaction
from tests.soak.decode import Accepted, Domain, batch
from tests.soak.judge import Judge, _nonce_faults, gaps_s

pytestmark = pytest.mark.unit
AGGREGATOR = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OURS, THEIRS = OurDomain(31337, AGGREGATOR, b"\1" * 32), Domain(31337, AGGREGATOR, b"\1" * 32)
SIGNERS = [LocalSigner(bytes([n]) * 32) for n in (1, 2, 3, 4)]
ADDRESSES = [s.address for s in SIGNERS]
EPOCH_S, SECOND = 1_800_000_000, 1_800_000_100
FEEDS = ("BTC/USD", "ETH/USD", "USDT/USD")
FAIR = {f: SimulatedMarket(7, EPOCH_S * 1000).reference(f, SECOND * 1000) // 10**10 for f in FEEDS}


def calldata(feeds=FEEDS, prices=None, second=SECOND):
    """What our reporter sends for three signers."""
    ids = tuple(feed_id(f) for f in feeds)
    signed = []
    for n, signer in enumerate(SIGNERS[:3]):
        report = Report(second, ids, tuple(prices[n] if prices else (FAIR[f] + n for f in feeds)))
        signature = signer.sign(report_digest(OURS.separator(), report))
        signed.append(SignedReport(report, signature, signer.address))
    request = ObserveRequest(31337, AGGREGATOR, OURS.config_digest, second, ids)
    ready = sum(1 for column in zip(*(s.report.prices for s in signed), strict=True) if all(column))
    return update_call(choose(signed, request, ADDRESSES, 3, ready), 60, 1).data


def transaction(data, nonce=0, **more):
    signed = tuple(batch(THEIRS, data))
    found = Transaction(f"0x{nonce}", "0xGas", nonce, True, 200_000, 10**9, signed[0].observed_at, signed)
    return replace(found, **more)


def judge(*blocks):
    deployment = SimpleNamespace(start_block=1, feeds={f: SimpleNamespace(decimals=8) for f in FEEDS})
    net = SimpleNamespace(
        seed=7, epoch_ms=EPOCH_S * 1000, deployment=deployment, nodes=[], chain=None, foreign=set()
    )
    made = Judge(net, THEIRS, ADDRESSES, 3)
    made.log = ChainLog(None, THEIRS, 1, dict(enumerate(blocks, 1)))
    return made


def block(data=None, round_id=1, second=SECOND, **more):
    """One block with one update of BTC/USD, as it should be; ``more`` changes the round."""
    tx = transaction(data or calldata(second=second), nonce=round_id - 1)
    answer = sorted(s.prices["BTC/USD"] for s in tx.signed)[1]
    round_ = Accepted("BTC/USD", round_id, answer, second, 7, tx.tx, round_id, second + 1)
    return Block(round_id, "0x", second + 1, (tx,), (replace(round_, **more),))


@pytest.mark.parametrize("feeds", [FEEDS, FEEDS[:2]])
def test_batch__packed_by_our_reporter__read_by_the_stranger(feeds):
    signed = batch(THEIRS, calldata(feeds))

    assert [s.signer for s in signed] == ADDRESSES[:3]
    assert [s.prices for s in signed] == [{f: FAIR[f] + n for f in feeds} for n in range(3)]


@pytest.mark.parametrize("data", [b"", b"\0" * 400, calldata()[:-1], calldata()[:100]])
def test_batch__garbage__nothing(data):
    assert batch(THEIRS, data) == []


def test_verdict__all_well__nothing():
    assert judge(block(), block(round_id=2, second=SECOND + 1)).verdict() == []


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([block(round_id=2)], "round 2 where 1 was to come"),
        ([block(), block(round_id=3, second=SECOND + 1)], "round 3 where 2 was to come"),
        ([block(), block(round_id=2)], "not after the one before"),
        ([block(answer=FAIR["BTC/USD"])], "is not the median"),
        ([block(calldata(prices=[[p * 2 for p in FAIR.values()]] * 3))], "is outside the honest"),
        ([block(calldata(prices=[[p * 49 // 50 for p in FAIR.values()]] * 3))], "is outside the honest"),
    ],
)
def test_verdict__one_violation__named(blocks, said):
    found = judge(*blocks).verdict()

    assert len(found) == 1
    assert said in found[0]


def test_verdict__two_prices_of_one_signer_for_one_second__named():
    other = calldata(prices=[[p + 9 for p in FAIR.values()]] * 3)
    made = judge(block())
    made.log.dropped.append(transaction(other))

    assert sum("signed" in v and "BTC/USD" in v for v in made.verdict()) == 3


def test_verdict__dear_transaction__named():
    made = judge(block())
    made._net.nodes = [
        SimpleNamespace(
            gas="0xGas", database=SimpleNamespace(exists=lambda: False), address="", lost_until_s=0
        )
    ]
    first = made.log.blocks[1]
    made.log.blocks[1] = replace(first, transactions=(replace(first.transactions[0], price=10**12),))

    assert any("gas at" in v for v in made.verdict())


def _node(tmp_path, journal):
    path = tmp_path / "spotline.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE journal (tx_hash TEXT, nonce INTEGER, state TEXT, sent_at_ms INTEGER)")
        db.executemany("INSERT INTO journal VALUES (?,?,?,0)", journal)
    return SimpleNamespace(gas="0xGas", database=path, lost_until_s=0)


@pytest.mark.parametrize(
    ("journal", "mined", "queued", "said"),
    [
        ([("0x0", 0, "mined")], [0], {}, ""),
        ([("0x0", 0, "mined"), ("0x1", 1, "sent")], [0], {}, ""),
        ([], [0], {}, "without a line in the journal"),
        ([("0x0", 0, "mined"), ("0x5", 5, "sent")], [0], {}, "nonce 5 is journalled and 1 comes next"),
        ([("0x0", 0, "mined")], [0], {"7": {}}, "a gap before the nonces ['7']"),
        ([("0x0", 0, "mined"), ("0x2", 2, "mined")], [0, 2], {}, "nonces [0, 2] of 2"),
    ],
)
def test_nonces__each_fault__named(tmp_path, journal, mined, queued, said):
    sent = [transaction(calldata(second=SECOND + n), nonce=n) for n in mined]

    found = list(_nonce_faults(_node(tmp_path, journal), sent, {"queued": {"0xgas": queued}}, set()))

    assert len(found) == (1 if said else 0)
    assert said in "".join(found)


def test_nonces__one_batch_mined_twice__named(tmp_path):
    sent = [transaction(calldata(), nonce=n) for n in (0, 1)]
    node = _node(tmp_path, [("0x0", 0, "mined"), ("0x1", 1, "mined")])

    found = list(_nonce_faults(node, sent, {"queued": {}}, set()))

    assert found == [f"0xGas: the batch of {SECOND} was published twice"]


def test_gaps__the_longest_of_any_feed__edges_included():
    rounds = [Accepted(feed, 1, 1, t, 7, "", 1, t) for feed, t in (("A", 12), ("A", 15), ("B", 13))]

    assert gaps_s(rounds, 10, 20) == 7
