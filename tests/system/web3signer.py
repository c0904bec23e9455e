"""A web3signer in eth1 mode on loopback: its documented paths, with keys of its own, and every way in which one can fail.

Written from openapi-specs/eth1/web3signer.yaml and the handlers behind it (github.com/Consensys/web3signer). It signs with
eth-account, which shares no code with ``reporter/keys``.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_account import Account
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SIGN = "/api/v1/eth1/sign/"


@dataclass
class Web3Signer:
    """What it holds, how it behaves, and what it was asked. ``answer`` takes the place of a good signature's answer."""

    secrets: list[bytes]
    delay_s: float = 0
    answer: Callable[["Handler", bytes, bytes], None] | None = None
    url: str = ""
    asked: list[str] = field(default_factory=list)
    signed: list[bytes] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)

    def identifiers(self) -> dict[str, bytes]:
        return {"0x" + PrivateKey(secret).public_key.to_bytes().hex(): secret for secret in self.secrets}


class Handler(BaseHTTPRequestHandler):
    """One request. Routes, content types and statuses are web3signer's."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    signer: Web3Signer

    def do_GET(self) -> None:
        self.signer.asked.append(self.path)
        if self.path == "/upcheck":
            self.reply(200, b"OK")
        elif self.path == "/api/v1/eth1/publicKeys":
            self.reply(200, json.dumps(list(self.signer.identifiers())).encode(), "application/json")
        else:
            self.reply(404, b"Resource not found")

    def do_POST(self) -> None:
        self.signer.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not self.path.startswith(SIGN):
            return self.reply(404, b"Resource not found")
        try:
            data = bytes.fromhex(json.loads(body)["data"].removeprefix("0x"))
            assert data
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
            return self.reply(400, b"Bad Request")
        identifier = self.path.removeprefix(SIGN).lower()
        identifier = identifier if identifier.startswith("0x") else "0x" + identifier
        secret = self.signer.identifiers().get(identifier)
        if secret is None:
            return self.reply(404, b"Resource not found")
        return self._sign(secret, data)

    def _sign(self, secret: bytes, data: bytes) -> None:
        self.signer.signed.append(data)
        self.signer.reached.set()
        time.sleep(self.signer.delay_s)
        if self.signer.answer is not None:
            return self.signer.answer(self, secret, data)
        return self.reply(200, text(signature(secret, keccak(data))))

    def reply(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8", **more: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def signature(secret: bytes, digest: bytes, *, high: bool = False, first_v: int = 27) -> bytes:
    """r, s and v; ``high``: the other s of the same signature, as a key service may answer it."""
    made = Account.unsafe_sign_hash(digest, secret)
    s, parity = (N - made.s, 28 - made.v) if high else (made.s, made.v - 27)
    return made.r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([first_v + parity])


def text(found: bytes) -> bytes:
    return b"0x" + found.hex().encode()


@contextmanager
def web3signer(*secrets: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Web3Signer]:
    """One that runs on a free port until the end of the block."""
    state = Web3Signer(list(secrets))
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"signer": state}))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no news."""
