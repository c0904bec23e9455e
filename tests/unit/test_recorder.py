"""Records beside the signing path: what is written, when, and what is not; and the verb that reads them."""

import asyncio
import io
import json
import re
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from reporter.book import Book
from reporter.chain.aggregator import ReporterSet
from reporter.chain.look import SetNow
from reporter.check import check, read_record
from reporter.errors import StoreFailed, UsageError
from reporter.models import SignedReport
from reporter.pricing import Pricer
from reporter.recorder import MAX_WAITING, Recorder
from reporter.report import report_digest
from reporter.rounds.canonical import loads
from reporter.rounds.verify import verify
from reporter.show import verification_lines
from reporter.store import Store
from tests.unit.peers import BTC, DOMAIN, ETH, NOW_MS, NOW_S, REPORTERS, SIGNERS, MemoryLedger, request
from tests.unit.rounds import MICRO, RULES, Rows, body, changed, observation, put_quotes, record, site

pytestmark = pytest.mark.unit


def recorded(rows: Rows) -> list[dict]:
    return [loads(zlib.decompress(found)) for found in rows.bodies]


async def test_keep__the_same_report_again__one_record() -> None:
    rows = Rows()
    recorder = Recorder(SIGNERS[0], rows, RULES)

    recorder.keep(observation())
    recorder.keep(observation())
    await recorder.flush()
    recorder.keep(observation())
    await recorder.flush()

    assert [verify(document) for document in recorded(rows)] == [[]]


async def test_answer__asked_again_with_other_feeds_after_the_market_moved__both_records_verify() -> None:
    book, rows = Book(), Rows()
    recorder = Recorder(SIGNERS[0], rows, RULES)
    observer = site(book, Pricer(book, RULES), recorder.keep)
    put_quotes(book, (NOW_S - 2) * 1000)

    first = await observer.answer(request(BTC), NOW_MS)
    MICRO["BTC/USD"] += 10**9
    try:
        put_quotes(book, (NOW_S - 1) * 1000 - 50)  # late, and of the second that is asked for
    finally:
        MICRO["BTC/USD"] -= 10**9
    second = await observer.answer(request(ETH, BTC), NOW_MS + 200)
    await recorder.flush()

    assert second.report.prices[1] == first.report.prices[0]
    assert [verify(document) for document in recorded(rows)] == [[], []]
    assert len({document["hashes"]["indices"] for document in recorded(rows)}) == 2  # one without ETH/USD
    assert len({document["pricedAtMs"] for document in recorded(rows)}) == 1


async def test_answer__a_second_still_to_come__priced_as_of_now_and_the_record_says_so() -> None:
    book, rows = Book(), Rows()
    recorder = Recorder(SIGNERS[0], rows, RULES)
    put_quotes(book, NOW_MS - 500)

    await site(book, Pricer(book, RULES), recorder.keep).answer(request(BTC, observed_at=NOW_S + 1), NOW_MS)
    await recorder.flush()

    (document,) = recorded(rows)
    assert document["pricedAtMs"] == NOW_MS
    assert verify(document) == []


async def test_answer__after_a_restart__the_price_of_before_and_no_record_that_would_not_verify() -> None:
    rows, ledger, book = Rows(), MemoryLedger(), Book()
    recorder = Recorder(SIGNERS[0], rows, RULES)
    put_quotes(book, (NOW_S - 2) * 1000)
    first = await site(book, Pricer(book, RULES), recorder.keep, ledger).answer(request(BTC), NOW_MS)
    await recorder.flush()

    MICRO["BTC/USD"] += 10**9
    try:
        put_quotes(book, (NOW_S - 1) * 1000 - 50)
    finally:
        MICRO["BTC/USD"] -= 10**9
    again = await site(book, Pricer(book, RULES), recorder.keep, ledger).answer(
        request(BTC, ETH), NOW_MS + 200
    )
    await recorder.flush()

    assert again.report.prices[0] == first.report.prices[0]
    assert len(rows.bodies) == 1


async def test_keep__more_than_fit__bounded() -> None:
    rows = Rows()
    recorder = Recorder(SIGNERS[0], rows, RULES)
    one = observation()
    for number in range(MAX_WAITING + 5):
        signed = SignedReport(one.signed.report, number.to_bytes(64, "big"), one.signed.reporter)
        recorder.keep(type(one)(one.moment, one.domain, signed, one.entries))

    await recorder.flush()

    assert len(rows.bodies) == MAX_WAITING


async def test_flush__disk_refuses__the_node_goes_on() -> None:
    class FullDisk(Rows):
        def add_record(self, observed_at: int, digest: bytes, body: bytes) -> None:
            raise StoreFailed("OperationalError: database or disk is full")

    recorder = Recorder(SIGNERS[0], FullDisk(), RULES)
    recorder.keep(observation())

    await recorder.flush()


async def test_flush__cancelled_while_a_record_is_made__made_at_the_next() -> None:
    rows = Rows()
    recorder = Recorder(SIGNERS[0], rows, RULES)
    recorder.keep(observation())

    task = asyncio.create_task(recorder.flush())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await recorder.flush()

    assert len(rows.bodies) == 1


def test_store__records__by_second_and_digest_pruned_and_bounded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("reporter.store.MAX_RECORDS", 3)
    store = Store(tmp_path)
    store.add_record(100, b"\1", b"first")
    store.add_record(100, b"\2", b"second")
    store.add_record(100, b"\1", b"never restated")

    assert store.round_record(100) == b"second"
    assert store.round_record(100, b"\1") == b"first"
    assert store.round_record(100, b"\3") is None
    assert store.round_record(101) is None

    for second in (101, 102, 103):
        store.add_record(second, b"\1", b"later")
    assert store.round_record(100) is None
    assert store.round_record(101) == b"later"
    store.prune_records(103)
    assert store.round_record(102) is None
    assert store.round_record(103) == b"later"
    store.close()


def test_record__digest__is_the_one_the_store_keeps_it_by() -> None:
    signed = observation().signed

    assert record()["report"]["digest"] == "0x" + report_digest(DOMAIN.separator(), signed.report).hex()


# ---------------------------------------------------------------- spotline verify


def test_check__good_record__what_was_signed(tmp_path) -> None:
    (tmp_path / "r.json").write_bytes(body())

    verdict = check(read_record(tmp_path / "r.json"), None, None)

    assert verdict["ok"]
    assert verdict["checked"] == ["record"]
    lines = verification_lines(verdict)
    assert lines[0] == "OK: record checked, 19 sources recomputed"
    assert re.search(r"BTC/USD +64,0\d\d\.\d{8}  OK", lines[2])
    assert lines[3].split() == ["ETH/USD", "abstained", "REDUCED", "(not", "due)"]
    assert "a feed that the reporter does not know" in lines[5]


def test_check__one_price_changed__every_difference_with_both_values() -> None:
    document = changed(("quotes", 0, "bid"), "5")

    verdict = check(document, None, None)

    first = verdict["differences"][0]
    assert not verdict["ok"]
    assert first["path"].startswith("indices.USDT/USD")
    assert {d["path"] for d in verdict["differences"]} >= {
        "quotes",
        "indices.USDT/USD.sources.a:USDT/USD.bid",
    }
    assert verification_lines(verdict)[0] == "FAILED"
    assert "expected 5, found 999490005000000000" in "\n".join(verification_lines(verdict))


def test_check__no_record__the_place() -> None:
    verdict = check({"form": 1}, None, None)

    assert verdict["checked"] == ["form"]
    assert verification_lines(verdict)[1].startswith("  form: Input should be 'spotline-round-1'")


def test_read_record__stdin__the_document(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body())))

    assert read_record(Path("-")) == record()


@pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), (b"{", "not a round record")])
def test_read_record__unreadable__usage_error(tmp_path, content, says) -> None:
    if content is not None:
        (tmp_path / "r.json").write_bytes(content)

    with pytest.raises(UsageError, match=says):
        read_record(tmp_path / "r.json")


def test_check__configuration_given__its_rules_compared(tmp_path) -> None:
    (tmp_path / "spotline.toml").write_text(
        '[chain]\nrpc_urls = ["http://127.0.0.1:1"]\ndeployment = "d"\n'
        '[[feeds]]\nname = "SOL/USD"\nmarkets = ["a:SOL/USD", "b:SOL/USD", "c:SOL/USD"]\nmin_venues = 2\n'
    )

    verdict = check(record(), tmp_path / "spotline.toml", None)

    assert verdict["checked"] == ["record", "configuration"]
    assert "rules.SOL/USD.minVenues" in [d["path"] for d in verdict["differences"]]
    assert json.dumps(verdict)


@pytest.mark.parametrize(
    ("domain", "reporters", "decimals", "named"),
    [
        (DOMAIN, REPORTERS, 8, []),
        (replace(DOMAIN, config_digest=b"\1" * 32), REPORTERS, 8, ["domain.configDigest"]),
        (DOMAIN, REPORTERS[1:], 8, ["reporter"]),
        (DOMAIN, REPORTERS, 6, ["report.BTC/USD.decimals", "report.ETH/USD.decimals", "report.SOL/USD.decimals"]),
    ],
)  # fmt: skip
def test_check__chain_given__set_and_decimals_compared(
    monkeypatch, domain, reporters, decimals, named
) -> None:
    async def set_now(rpc_url: str, chain_id: int, aggregator: str, feeds: list[str]) -> SetNow:
        assert (rpc_url, chain_id, aggregator) == ("http://rpc", 31337, DOMAIN.aggregator)
        return SetNow(ReporterSet(domain, reporters, 5), dict.fromkeys(feeds, decimals))

    monkeypatch.setattr("reporter.chain.look.set_now", set_now)

    verdict = check(record(), None, "http://rpc")

    assert verdict["checked"] == ["record", "chain"]
    assert [difference["path"] for difference in verdict["differences"]] == named
