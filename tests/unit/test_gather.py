"""Gathering a quorum: hostile answers never enter a batch, the fewest and earliest signatures do."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.keys import LocalSigner
from reporter.models import Report, SignedReport
from reporter.peers.asks import (
    MAX_BODY,
    MAX_CLIENTS,
    Asker,
    Rates,
    signed_document,
)
from reporter.peers.gather import PeerFailed, choose, gather
from reporter.peers.http import HttpPeer, observe_app
from reporter.peers.observe import Code, Refused
from reporter.report import report_digest
from tests.unit.peers import BTC, DOMAIN, ETH, NOW_MS, QUORUM, REPORTERS, SIGNERS, observer, request

pytestmark = pytest.mark.unit
PRICE = 64_640 * 10**8


def _signed(number: int, *prices: int) -> SignedReport:
    report = Report(request().observed_at, (BTC, ETH), prices or (PRICE, 0))
    return SignedReport(
        report, SIGNERS[number].sign(report_digest(DOMAIN.separator(), report)), REPORTERS[number]
    )


def _asks(changed=None):
    async def honest(number, asked):
        return await observer(number).answer(asked, NOW_MS)

    asks = {address: lambda r, n=n: honest(n, r) for n, address in enumerate(REPORTERS)}
    return asks | (changed or {})


async def _gather(asks, feeds=(BTC,)):
    return await gather(request(*feeds), asks, DOMAIN, REPORTERS, QUORUM, 0.2)


async def test_gather__all_honest__quorum_of_the_earliest():
    gathered = await _gather(_asks())

    assert gathered.batch is not None
    assert len(gathered.batch.signed) == QUORUM
    assert gathered.batch.bitmap == 0b0011111
    assert [s.reporter for s in gathered.batch.signed] == list(REPORTERS[:QUORUM])


async def _silent(_):
    await asyncio.sleep(60)


async def _refusing(_):
    raise Refused(Code.NOTHING_TO_SIGN, "BTC/USD: not due")


async def test_gather__two_silent__the_other_five_suffice():
    gathered = await _gather(_asks({REPORTERS[0]: _silent, REPORTERS[3]: _silent}))

    assert gathered.batch is not None
    assert gathered.batch.bitmap == 0b1110110


async def test_gather__three_gone__no_batch_and_each_reason():
    gathered = await _gather(_asks({REPORTERS[0]: _silent, REPORTERS[1]: _refusing, REPORTERS[2]: _silent}))

    assert gathered.batch is None
    said = gathered.explain(QUORUM)
    assert "BTC/USD: 4 of 5 needed reporters signed" in said
    assert f"{REPORTERS[0][:8]} no answer in 0.2 s" in said
    assert f"{REPORTERS[1][:8]} nothing_to_sign: BTC/USD: not due" in said


@pytest.mark.parametrize(
    ("forge", "says"),
    [
        (lambda s: replace(s, report=replace(s.report, prices=(1,))), "not its own"),
        (
            lambda s: replace(s, report=replace(s.report, observed_at=s.report.observed_at + 1)),
            "another time",
        ),
        (lambda s: replace(s, report=replace(s.report, feed_ids=(ETH,))), "other feeds"),
        (lambda s: replace(s, report=replace(s.report, prices=(-5,))), "malformed"),
        (lambda s: replace(s, signature=s.signature[:63]), "not its own"),
        (lambda s: replace(s, signature=LocalSigner(b"\x63" * 32).sign(b"\1" * 32)), "not its own"),
    ],
)
async def test_gather__forged_answer__left_out_with_the_reason(forge, says):
    async def forging(asked):
        return forge(await observer(2).answer(asked, NOW_MS))

    gathered = await _gather(_asks({REPORTERS[2]: forging}))

    assert gathered.batch is not None
    assert not gathered.batch.bitmap & 1 << 2
    assert says in gathered.failed[REPORTERS[2]]


async def test_gather__answer_of_another_reporter__left_out():
    async def borrowed(asked):
        return await observer(5).answer(asked, NOW_MS)

    gathered = await _gather(_asks({REPORTERS[2]: borrowed}))

    assert "not its own" in gathered.failed[REPORTERS[2]]


async def test_gather__configured_peer_outside_the_set__not_asked():
    outsider = LocalSigner(b"\x63" * 32)

    async def answers(asked):
        raise AssertionError("asked")

    gathered = await _gather(_asks({outsider.address: answers}))

    assert gathered.batch is not None


async def test_gather__one_feed_lacks_quorum__the_other_goes_out_at_the_deadline():
    gathered = await _gather(_asks(), feeds=(BTC, ETH))  # ETH is due for nobody

    assert gathered.batch is not None
    assert len(gathered.batch.signed) == QUORUM


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=7, max_size=7), st.permutations(range(7)))
def test_choose__any_mix_of_abstentions__fewest_that_reach_quorum(priced, order):
    arrived = [_signed(n, PRICE if priced[n][0] else 0, 5 if priced[n][1] else 0) for n in order]
    counts = [sum(p[f] for p in priced) for f in (0, 1)]

    batch = choose(arrived, request(BTC, ETH), REPORTERS, QUORUM, 2)

    assert (batch is not None) == all(c >= QUORUM for c in counts)
    if batch:
        kept = [s.report.prices for s in batch.signed]
        assert all(sum(1 for p in kept if p[f]) >= QUORUM for f in (0, 1))
        for left in batch.signed:  # none can be left out
            rest = [s for s in batch.signed if s is not left]
            short = any(sum(1 for s in rest if s.report.prices[f]) < QUORUM for f in (0, 1))
            assert short or len(rest) < QUORUM
        assert [s.reporter for s in batch.signed] == [
            r for n, r in enumerate(REPORTERS) if batch.bitmap & 1 << n
        ]


# ---------------------------------------------------------------- over the HTTP application, without a socket


ASKER = Asker(SIGNERS[0])


def _http_peer(transport, timeout_s=0.5) -> HttpPeer:
    return HttpPeer("http://127.0.0.1:1", timeout_s, ASKER, transport)


def _peer(answer) -> HttpPeer:
    return _http_peer(httpx.ASGITransport(observe_app(answer)))


def _client(answer=None, rates=None):
    app = observe_app(answer or (lambda ask: observer(4).answer(ask.request, NOW_MS)), rates)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


async def _ask(signer=SIGNERS[0], asked=None) -> bytes:
    return await Asker(signer).body(asked or request())


async def test_http__ask__signed_report_arrives_whole():
    local = observer(4)
    peer = _peer(lambda ask: local.answer(ask.request, NOW_MS))

    assert await peer.ask(request()) == await local.answer(request(), NOW_MS)


async def test_http__refusal__typed_reason_arrives():
    async def refuse(_):
        raise Refused(Code.WRONG_CHAIN, "chain 1, ours is 31337")

    with pytest.raises(PeerFailed, match="refused: wrong_chain: chain 1, ours is 31337"):
        await _peer(refuse).ask(request())


async def test_http__reports__newest_signed_report_readable_by_anyone():
    async with _client() as client:
        await client.post("/observe", content=await _ask(), headers=JSON)
        listed = (await client.get("/reports")).json()

    assert listed == [signed_document(await observer(4).answer(request(), NOW_MS))]


@pytest.mark.parametrize(
    "body", [b"", b"nope", b"[" * 100_000, b"{}", b'"' + b"x" * (MAX_BODY + 1) + b'"'], ids=range(5)
)
async def test_http__hostile_request__400_and_a_reason(body):
    async with _client() as client:
        answer = await client.post("/observe", content=body, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["refused"] == "bad_request"


JSON = {"content-type": "application/json"}
GOOD_BODY = signed_document(_signed(4))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"[]"),
        (200, b"null"),
        (200, b"[" * 60_000),
        (500, b"<html>"),
        (409, b'{"refused": 1}'),
        (200, b'{"refused": "wrong_chain"}'),
        (409, b"3"),
        (200, GOOD_BODY | {"prices": [PRICE, 0]}),
        (200, GOOD_BODY | {"prices": ["1e5", "0"]}),
        (200, GOOD_BODY | {"prices": ["9" * 20, "0"]}),
        (200, GOOD_BODY | {"prices": 5}),
        (200, GOOD_BODY | {"prices": "12"}),
        (200, GOOD_BODY | {"prices": ["\u0661", "0"]}),
        (200, GOOD_BODY | {"observedAt": "1"}),
        (200, GOOD_BODY | {"feedIds": []}),
        (200, GOOD_BODY | {"signature": "0xzz"}),
        (200, GOOD_BODY | {"signature": None}),
    ],
    ids=range(18),
)
async def test_http__hostile_answer__one_error(status, body):
    async def streamed():
        yield json.dumps(body).encode() if isinstance(body, dict) else body

    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=streamed()))
    peer = _http_peer(transport)
    with pytest.raises(PeerFailed, match="not ours"):
        await peer.ask(request())


async def test_http__endless_answer__cut_off():
    async def endless():
        while True:
            yield b"x" * 65_536

    peer = _http_peer(httpx.MockTransport(lambda _: httpx.Response(200, content=endless())), 5)
    with pytest.raises(PeerFailed, match=f"more than {MAX_BODY} bytes"):
        await peer.ask(request())


async def test_http__dead_peer__unreachable():
    def dead(asked):
        raise httpx.ConnectError("refused", request=asked)

    with pytest.raises(PeerFailed, match=r"unreachable \(ConnectError\)"):
        await _http_peer(httpx.MockTransport(dead)).ask(request())


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {},
        {"content-type": "application/json", "origin": "https://evil.example"},
    ],
    ids=["text", "none", "origin"],
)
async def test_http__request_a_browser_could_send__refused(headers):
    async with _client() as client:
        answer = await client.post("/observe", content=await _ask(), headers=headers)

    assert answer.status_code == 400


async def test_http__flood_from_one_address__429_and_served_again_later():
    clock = [100.0]
    async with _client(rates=Rates(lambda: clock[0])) as client:
        codes = [
            (await client.post("/observe", content=await _ask(), headers=JSON)).status_code for _ in range(60)
        ]
        clock[0] += 1
        later = (await client.post("/observe", content=await _ask(), headers=JSON)).status_code

    assert codes == [200] * 40 + [429] * 20
    assert later == 200


def test_rates__many_addresses__memory_bounded():
    rates = Rates(lambda: 1.0)

    assert all(rates.allow(f"10.0.{n // 256}.{n % 256}") for n in range(5_000))
    assert len(rates._left) == MAX_CLIENTS
