"""Who is answered: reporters of the set, by their signature on the ask, each within its own rate."""

import httpx
import pytest

from reporter.keys import LocalSigner
from reporter.models import Report, SignedReport
from reporter.peers.asks import Asker, Rates, SignedAsk, ask_digest, parse_ask
from reporter.peers.door import Door
from reporter.peers.http import observe_app
from reporter.peers.observe import Code, Refused
from reporter.report import report_digest
from tests.unit.peers import BTC, DOMAIN, ETH, REPORTERS, SIGNERS, request

pytestmark = pytest.mark.unit
SIGNED = SignedReport(Report(request().observed_at, (BTC, ETH), (1, 0)), bytes(64), REPORTERS[4])


async def _ask(signer=SIGNERS[0]) -> bytes:
    return await Asker(signer).body(request())


def _door(answered, reporters=REPORTERS, clock=lambda: 1.0) -> Door:
    async def observe(asked):
        answered.append(asked)
        return SIGNED

    return Door(observe, lambda: reporters, Rates(clock))


async def _refused(door: Door, ask: SignedAsk) -> Code:
    with pytest.raises(Refused) as refused:
        await door.answer(ask)
    return refused.value.code


async def test_door__reporter_of_the_set__answered():
    answered = []
    await _door(answered).answer(parse_ask(await _ask()))

    assert [(asked.observed_at, asked.feed_ids) for asked in answered] == [
        (request().observed_at, (BTC, ETH))
    ]


@pytest.mark.parametrize(
    "signature",
    [
        LocalSigner(bytes([99]) * 32).sign(ask_digest(request())),
        SIGNERS[0].sign(ask_digest(request(observed_at=5))),
        SIGNERS[0].sign(ask_digest(request(BTC))),
        SIGNERS[0].sign(report_digest(DOMAIN.separator(), Report(request().observed_at, (BTC, ETH), (1, 1)))),
        bytes(64),
        b"\xff" * 64,
    ],
    ids=["stranger", "other time", "other feeds", "a report", "zeros", "ones"],
)
async def test_door__not_the_reporters_signature_on_this_ask__refused(signature):
    answered = []

    assert await _refused(_door(answered), SignedAsk(request(), signature)) is Code.NOT_A_REPORTER
    assert answered == []


async def test_door__chain_not_read__not_ready():
    assert await _refused(_door([], reporters=None), parse_ask(await _ask())) is Code.NOT_READY


async def test_door__one_reporter_floods__slowed_down_alone():
    answered = []
    door = _door(answered)
    flood = parse_ask(await _ask())
    for _ in range(40):
        await door.answer(flood)

    assert await _refused(door, flood) is Code.TOO_MANY_REQUESTS
    await door.answer(parse_ask(await _ask(SIGNERS[1])))
    assert len(answered) == 41


async def test_asker__same_ask_for_many_peers__signed_once():
    signed = []

    class Counting:
        address = REPORTERS[0]

        async def sign_typed(self, message):
            signed.append(message)
            return await SIGNERS[0].sign_typed(message)

    asker = Asker(Counting())
    bodies = {await asker.body(request()) for _ in range(30)}
    await asker.body(request(BTC))

    assert len(bodies) == 1
    assert len(signed) == 2


async def test_http__stranger__403_and_the_address():
    stranger = LocalSigner(bytes([99]) * 32)
    transport = httpx.ASGITransport(observe_app(_door([]).answer))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        headers = {"content-type": "application/json"}
        answer = await client.post("/observe", content=await _ask(stranger), headers=headers)

    assert answer.status_code == 403
    assert stranger.address in answer.json()["detail"]
