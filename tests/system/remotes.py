"""A remote signer's client and server for tests, and every bad answer that a server may give."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from eth_utils.crypto import keccak

from reporter.keys.remote import RemoteSigner, RemoteTarget
from tests.system.web3signer import Handler, Web3Signer, signature, text, web3signer
from tests.unit.peers import (
    REPORTERS,
)

SECRET, ADDRESS, OTHER = bytes([1]) * 32, REPORTERS[0], bytes([99]) * 32
MESSAGE = b"\x19\x01" + keccak(b"domain") + keccak(b"struct")
SLOW_S = 0.3
PATIENT_S, SHORT_S = 10.0, 0.5
"""Of the first nothing is measured: a busy machine may take its time."""


@pytest.fixture(name="server")
def a_server() -> Iterator[Web3Signer]:
    with web3signer(OTHER, SECRET) as running:
        yield running


@asynccontextmanager
async def client(url: str, **changed: Any) -> AsyncIterator[RemoteSigner]:
    signer = RemoteSigner(RemoteTarget(url, ADDRESS, **({"timeout_s": PATIENT_S} | changed)))
    try:
        yield signer
    finally:
        await signer.close()


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
