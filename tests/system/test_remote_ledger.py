"""The ledger's rule and the records with a remote signer: never two prices, however slow it is or lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from reporter.keys import recover
from reporter.keys.remote import RemoteSigner
from reporter.models import SignedReport
from reporter.peers.observe import Code, Context, Observer, Refused
from reporter.pricing import Moment
from reporter.recorder import Recorder
from reporter.report import report_digest, report_message
from reporter.store import Store
from tests.system.remotes import ADDRESS, BAD, PATIENT_S, SHORT_S, SLOW_S, client
from tests.system.web3signer import Web3Signer
from tests.unit.peers import (
    BTC,
    DOMAIN,
    ETH,
    NOW_MS,
    NOW_S,
    REPORTERS,
    TERMS,
    feed_id,
    index,
    request,
    round_,
)
from tests.unit.rounds import RULES, Rows, observation

pytestmark = pytest.mark.system


# ---------------------------------------------------------------- the ledger's rule


class Site:
    """A reporter with a real ledger and a remote key, and a market that moves at every look."""

    def __init__(self, folder: Path, signer: RemoteSigner) -> None:
        self.store, self.signer, self.looks = Store(folder), signer, 0
        held = {"BTC/USD": round_("BTC/USD", 64_000, 100), "ETH/USD": round_("ETH/USD", 3_000, 100)}
        context = Context(DOMAIN, REPORTERS, held, False, NOW_S, 60)
        by_id = {feed_id(name): terms for name, terms in TERMS.items()}
        self.kept: list[Any] = []
        self.observer = Observer(signer, self.store, by_id, lambda: context, self.moment_at, self.kept.append)

    def moment_at(self, at_ms: int) -> Moment:
        self.looks += 1
        shown = {name: index(name, 65_000 + 100 * self.looks) for name in TERMS}
        return Moment(at_ms, (), {}, {}, shown)

    async def ask(self, *feeds: bytes) -> SignedReport:
        return await self.observer.answer(request(*feeds), NOW_MS)

    def stated(self) -> dict[bytes, int]:
        return self.store.stated(DOMAIN.config_digest, request().observed_at)


@asynccontextmanager
async def site(folder: Path, server: Web3Signer, timeout_s: float = PATIENT_S) -> AsyncIterator[Site]:
    async with client(server.url, timeout_s=timeout_s) as signer:
        made = Site(folder, signer)
        try:
            yield made
        finally:
            made.store.close()


async def test_answer__two_asks_while_the_signer_is_slow__one_price_and_one_moment(
    server: Web3Signer, tmp_path: Path
) -> None:
    server.delay_s = SLOW_S
    async with site(tmp_path, server) as here:
        one, two, three = await asyncio.gather(here.ask(BTC), here.ask(BTC, ETH), here.ask(BTC))

    assert one == three
    assert one.report.prices[0] == two.report.prices[0] == 65_100 * 10**8
    assert two.report.prices[1] == 65_100 * 10**8
    assert here.looks == 1
    assert len(server.signed) == 2
    for signed in (one, two):
        assert recover(report_digest(DOMAIN.separator(), signed.report), signed.signature) == ADDRESS


async def test_answer__slow_signer__price_is_in_the_ledger_before_it_is_asked(
    server: Web3Signer, tmp_path: Path
) -> None:
    server.delay_s = SLOW_S
    async with site(tmp_path, server) as here:
        asking = asyncio.create_task(here.ask(BTC))
        assert await asyncio.to_thread(server.reached.wait, 5)
        written = here.stated()
        assert not asking.done()
        signed = await asking

    assert written == {BTC: signed.report.prices[0]}


@pytest.mark.parametrize("name", ["silence", "another key's", "500", "a redirect"])
async def test_answer__signer_fails_after_the_ledger__the_next_ask_gets_that_price(
    server: Web3Signer, tmp_path: Path, name: str
) -> None:
    server.answer = BAD[name][0]
    async with site(tmp_path, server, SHORT_S) as here:
        with pytest.raises(Refused, match="signer_failed: the remote signer did not sign") as raised:
            await here.ask(BTC)
        written, kept = here.stated(), list(here.kept)
        server.answer = None
        again = await here.ask(ETH, BTC)

    assert raised.value.code is Code.SIGNER_FAILED
    assert kept == []
    assert written == {BTC: 65_100 * 10**8}
    assert again.report.prices == (65_100 * 10**8, 65_100 * 10**8)


async def test_answer__asker_gone_while_signing__price_kept_and_signature_ready(
    server: Web3Signer, tmp_path: Path
) -> None:
    server.delay_s = SLOW_S
    async with site(tmp_path, server) as here:
        gone = asyncio.create_task(here.ask(BTC))
        assert await asyncio.to_thread(server.reached.wait, 5)
        gone.cancel()
        again = await here.ask(BTC)

    assert again.report.prices == (65_100 * 10**8,)
    assert len(server.signed) == 1


async def test_answer__restart_while_the_signer_fails__still_the_first_price(
    server: Web3Signer, tmp_path: Path
) -> None:
    server.answer = BAD["500"][0]
    async with site(tmp_path, server) as here:
        with pytest.raises(Refused):
            await here.ask(BTC)
    server.answer = None
    async with site(tmp_path, server) as restarted:
        restarted.looks = 7  # the market has moved
        again = await restarted.ask(BTC)

    assert again.report.prices == (65_100 * 10**8,)


# ---------------------------------------------------------------- records


async def test_record__signer_fails_for_a_while__written_when_it_is_back(server: Web3Signer) -> None:
    rows = Rows()
    server.answer = BAD["500"][0]
    async with client(server.url) as signer:
        recorder = Recorder(signer, rows, RULES)
        recorder.keep(observation())
        await recorder.flush()
        assert rows.bodies == []
        server.answer = None
        await recorder.flush()

    assert len(rows.bodies) == 1


async def test_record__signer_never_signs_it__given_up_and_the_next_written(
    server: Web3Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.recorder.MAX_TRIES", 3)
    rows = Rows()
    server.answer = BAD["500"][0]
    async with client(server.url) as signer:
        recorder = Recorder(signer, rows, RULES)
        recorder.keep(observation())
        for _ in range(3):
            await recorder.flush()
        server.answer = None
        await recorder.flush()

    assert rows.bodies == []


def test_message__of_a_report__is_what_the_digest_hashes() -> None:
    report = observation().signed.report

    assert keccak(report_message(DOMAIN.separator(), report)) == report_digest(DOMAIN.separator(), report)
