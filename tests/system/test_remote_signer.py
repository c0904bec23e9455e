"""A signing key that a web3signer keeps, over real HTTP: what is signed, and every bad answer refused."""

import asyncio
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from reporter.errors import KeyFileError, SignerFailed
from reporter.keys import recover
from reporter.keys.remote import AT_ONCE, RemoteSigner, RemoteTarget
from reporter.peers.asks import Asker, ask_digest, parse_ask
from tests.system.remotes import ADDRESS, BAD, MESSAGE, OTHER, PATIENT_S, SECRET, SHORT_S, SLOW_S, client
from tests.system.web3signer import Handler, Web3Signer, signature, text, web3signer
from tests.unit.peers import (
    request,
)

pytestmark = pytest.mark.system


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


async def test_tls__alert_after_the_handshake__unreachable(
    server: Web3Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With TLS 1.3 a server refuses our certificate only then; whether httpx translates it depends on the moment."""

    async def alert(*_: Any) -> None:
        raise ssl.SSLError("tlsv13 alert certificate required")

    async with client(server.url) as signer:
        monkeypatch.setattr(signer, "_fetch", alert)
        with pytest.raises(SignerFailed, match="unreachable"):
            await signer.sign_typed(MESSAGE)


def test_tls__key_with_a_password__refused_without_asking_for_it(tmp_path: Path) -> None:
    files = _certificate(tmp_path, "client", plain_key=False)

    with pytest.raises(KeyFileError, match="TLS files cannot be used"):
        RemoteSigner(RemoteTarget("https://127.0.0.1:1", ADDRESS, certificate=files))
