"""A signing key that a web3signer keeps, over real HTTP: what is signed, every bad answer refused, never two prices."""

import asyncio
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from reporter.errors import KeyFileError, SignerFailed
from reporter.keys import recover
from reporter.keys.remote import AT_ONCE, RemoteSigner, RemoteTarget
from reporter.models import SignedReport
from reporter.peers.asks import Asker, ask_digest, parse_ask
from reporter.peers.observe import Code, Context, Observer, Refused
from reporter.pricing import Moment
from reporter.recorder import Recorder
from reporter.report import report_digest, report_message
from reporter.store import Store
from tests.system.web3signer import Handler, Web3Signer, signature, text, web3signer
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
SECRET, ADDRESS, OTHER = bytes([1]) * 32, REPORTERS[0], bytes([99]) * 32
MESSAGE = b"\x19\x01" + keccak(b"domain") + keccak(b"struct")
SLOW_S = 0.3
PATIENT_S, SHORT_S = 10.0, 0.5
"""Of the first nothing is measured: a busy machine may take its time."""


@pytest.fixture
def server() -> Iterator[Web3Signer]:
    with web3signer(OTHER, SECRET) as running:
        yield running


@asynccontextmanager
async def client(url: str, **changed: Any) -> AsyncIterator[RemoteSigner]:
    signer = RemoteSigner(RemoteTarget(url, ADDRESS, **({"timeout_s": PATIENT_S} | changed)))
    try:
        yield signer
    finally:
        await signer.close()


async def test_sign__no_identifier_configured__found_by_the_address(server: Web3Signer) -> None:
    async with client(server.url) as signer:
        await signer.look()
        made = await signer.sign_typed(MESSAGE)

    assert recover(keccak(MESSAGE), made) == ADDRESS
    assert server.signed == [MESSAGE]
    assert server.asked == [
        "/upcheck",
        "/api/v1/eth1/publicKeys",
        f"/api/v1/eth1/sign/{list(server.identifiers())[1]}",
    ]


async def test_sign__identifier_configured__not_looked_for(server: Web3Signer) -> None:
    identifier = list(server.identifiers())[1].removeprefix("0x")
    async with client(server.url, identifier=identifier) as signer:
        assert recover(keccak(MESSAGE), await signer.sign_typed(MESSAGE)) == ADDRESS

    assert server.asked == [f"/api/v1/eth1/sign/{identifier}"]


async def test_sign__high_s__made_low(server: Web3Signer) -> None:
    server.answer = lambda http, secret, data: http.reply(
        200, text(signature(secret, keccak(data), high=True))
    )
    async with client(server.url) as signer:
        assert recover(keccak(MESSAGE), await signer.sign_typed(MESSAGE)) == ADDRESS


def _endless(http: Handler, _: bytes, __: bytes) -> None:
    http.send_response(200)
    http.send_header("content-length", str(2**30))
    http.end_headers()
    for _ in range(2**14):
        http.wfile.write(b"0" * 2**16)


def _hang(http: Handler, _: bytes, __: bytes) -> None:
    time.sleep(5)


def _drip(http: Handler, secret: bytes, data: bytes) -> None:
    http.send_response(200)
    http.send_header("content-length", "132")
    http.end_headers()
    for byte in text(signature(secret, keccak(data))):
        http.wfile.write(bytes([byte]))
        time.sleep(0.1)


BAD = {
    "another key's": (
        lambda h, _, d: h.reply(200, text(signature(OTHER, keccak(d)))),
        f"not to {ADDRESS}",
    ),
    "of the data unhashed": (lambda h, s, d: h.reply(200, text(signature(s, d[-32:]))), "leads to 0x"),
    "of another message": (lambda h, s, d: h.reply(200, text(signature(s, keccak(b"x")))), "leads to 0x"),
    "v of 0": (lambda h, s, d: h.reply(200, text(signature(s, keccak(d), first_v=0))), "no signature"),
    "v of 29": (lambda h, s, d: h.reply(200, text(signature(s, keccak(d), first_v=29))), "no signature"),
    "r and s of 0": (lambda h, s, d: h.reply(200, text(bytes(64) + b"\x1b")), "no signature"),
    "s beyond n": (lambda h, s, d: h.reply(200, text(b"\1" * 32 + b"\xff" * 32 + b"\x1b")), "no signature"),
    "r of no point": (lambda h, s, d: h.reply(200, text(b"\xff" * 32 + b"\1" * 32 + b"\x1b")), "no address"),
    "64 bytes": (lambda h, s, d: h.reply(200, text(signature(s, keccak(d))[:64])), "no signature"),
    "no hex": (lambda h, s, d: h.reply(200, b"<html>hello</html>"), "no signature"),
    "nothing": (lambda h, s, d: h.reply(200, b""), "no signature"),
    "JSON": (
        lambda h, s, d: h.reply(200, b'"' + text(signature(s, keccak(d))) + b'"'),
        "no signature",
    ),
    "a gibibyte": (_endless, "more than 1024 bytes"),
    "a redirect": (lambda h, s, d: h.reply(307, b"", location="/upcheck"), "status 307"),
    "404": (lambda h, s, d: h.reply(404, b""), "status 404"),
    "500": (lambda h, s, d: h.reply(500, text(signature(s, keccak(d)))), "status 500"),
    "silence": (_hang, "no answer in 0.5 s"),
    "a byte at a time": (_drip, "no answer in 0.5 s"),
}


@pytest.mark.parametrize("name", BAD)
async def test_sign__bad_answer__refused_in_time_with_the_reason(server: Web3Signer, name: str) -> None:
    server.answer, says = BAD[name]
    timeout_s = SHORT_S if name in ("silence", "a byte at a time") else PATIENT_S
    async with client(server.url, timeout_s=timeout_s) as signer:
        start = time.monotonic()
        with pytest.raises(SignerFailed, match=says) as raised:
            await signer.sign_typed(MESSAGE)
        took_s = time.monotonic() - start
        assert signer.problem == str(raised.value)

    server.answer = None
    async with client(server.url) as signer:
        good = await signer.sign_typed(MESSAGE)

    assert took_s < timeout_s + 1
    assert server.url not in str(raised.value) + raised.value.hint
    assert recover(keccak(MESSAGE), good) == ADDRESS
    assert signer.problem == ""


async def test_sign__not_there__said_at_once() -> None:
    async with client("http://127.0.0.1:1") as signer:
        with pytest.raises(SignerFailed, match=r"unreachable \(ConnectError\)"):
            await signer.sign_typed(MESSAGE)


async def test_sign__key_not_loaded__says_what_to_do(server: Web3Signer) -> None:
    server.secrets = [OTHER]
    async with client(server.url) as signer:
        with pytest.raises(SignerFailed, match=f"it has 1 keys and none is of {ADDRESS}") as raised:
            await signer.sign_typed(MESSAGE)

    assert "load the key into web3signer" in raised.value.hint


async def test_sign__kept_connection_closed_meanwhile__signed_nonetheless(server: Web3Signer) -> None:
    def close_first(http: Handler, secret: bytes, data: bytes) -> None:
        server.answer = None
        http.close_connection = True

    async with client(server.url) as signer:
        await signer.look()
        server.answer = close_first
        assert recover(keccak(MESSAGE), await signer.sign_typed(MESSAGE)) == ADDRESS


async def test_sign__proxy_in_the_environment__not_used(
    server: Web3Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with client(server.url) as signer:
        assert recover(keccak(MESSAGE), await signer.sign_typed(MESSAGE)) == ADDRESS


@pytest.mark.parametrize("message", [b"", keccak(b"x"), b"\x19\x01" + b"x" * 63, b"\x19\x45" + b"x" * 64])
async def test_sign__no_typed_message__never_sent(server: Web3Signer, message: bytes) -> None:
    async with client(server.url) as signer:
        with pytest.raises(ValueError, match="not an EIP-712 message"):
            await signer.sign_typed(message)

    assert server.asked == []


async def test_sign__thirty_at_once__asked_for_once(server: Web3Signer) -> None:
    server.delay_s = SLOW_S
    async with client(server.url) as signer:
        asker = Asker(signer)
        bodies = await asyncio.gather(*(asker.body(request()) for _ in range(30)))

    assert len(set(bodies)) == len(server.signed) == 1
    assert parse_ask(bodies[0]).asker == ADDRESS
    assert keccak(server.signed[0]) == ask_digest(request())


async def test_sign__first_to_wait_gives_up__the_second_gets_it(server: Web3Signer) -> None:
    server.delay_s = SLOW_S
    async with client(server.url) as signer:
        first = asyncio.create_task(signer.sign_typed(MESSAGE))
        second = asyncio.create_task(signer.sign_typed(MESSAGE))
        await asyncio.sleep(SLOW_S / 3)
        first.cancel()

        assert recover(keccak(MESSAGE), await second) == ADDRESS
    assert len(server.signed) == 1


async def test_sign__more_than_it_takes_at_once__the_rest_refused_in_time(server: Web3Signer) -> None:
    server.delay_s = SLOW_S
    messages = [b"\x19\x01" + n.to_bytes(64, "big") for n in range(40)]
    async with client(server.url, timeout_s=SHORT_S) as signer:
        start = time.monotonic()
        found = await asyncio.gather(*(signer.sign_typed(m) for m in messages), return_exceptions=True)
        took_s = time.monotonic() - start

    assert took_s < SHORT_S + 1
    assert len(server.signed) <= 3 * AT_ONCE
    assert sum(isinstance(one, bytes) for one in found) <= 3 * AT_ONCE
    assert all(isinstance(one, bytes | SignerFailed) for one in found)


# ---------------------------------------------------------------- TLS


def _certificate(folder: Path, name: str, *, plain_key: bool = True) -> tuple[Path, Path]:
    key, made = folder / f"{name}.key", folder / f"{name}.pem"
    ask = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2 -keyout {key} -out {made}"
    secret = ["-nodes"] if plain_key else ["-passout", "pass:x"]
    names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", *ask.split(), *secret, *names], check=True, capture_output=True, cwd=folder)
    return made, key


def _known_clients(folder: Path) -> ssl.SSLContext:
    """As web3signer's ``--tls-known-clients-file``: only our certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*_certificate(folder, "server"))
    made.load_verify_locations(_certificate(folder, "client")[0])
    made.verify_mode = ssl.CERT_REQUIRED
    return made


async def test_tls__both_know_each_other__signed(tmp_path: Path) -> None:
    with web3signer(SECRET, tls=_known_clients(tmp_path)) as server:
        ours = (tmp_path / "client.pem", tmp_path / "client.key")
        async with client(server.url, ca_file=tmp_path / "server.pem", certificate=ours) as signer:
            assert recover(keccak(MESSAGE), await signer.sign_typed(MESSAGE)) == ADDRESS
            assert signer.says_who


@pytest.mark.parametrize("missing", ["ca_file", "certificate"])
async def test_tls__one_of_them_unknown__nothing_asked(tmp_path: Path, missing: str) -> None:
    with web3signer(SECRET, tls=_known_clients(tmp_path)) as server:
        files = {
            "ca_file": tmp_path / "server.pem",
            "certificate": (tmp_path / "client.pem", tmp_path / "client.key"),
        }
        async with client(server.url, **(files | {missing: None})) as signer:
            with pytest.raises(SignerFailed, match="unreachable"):
                await signer.sign_typed(MESSAGE)

        assert server.asked == []


def test_tls__key_with_a_password__refused_without_asking_for_it(tmp_path: Path) -> None:
    files = _certificate(tmp_path, "client", plain_key=False)

    with pytest.raises(KeyFileError, match="TLS files cannot be used"):
        RemoteSigner(RemoteTarget("https://127.0.0.1:1", ADDRESS, certificate=files))


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
