"""A signing key that is kept by a web3signer (https://docs.web3signer.consensys.io), asked over HTTP.

What it does is read from its sources (github.com/Consensys/web3signer): openapi-specs/eth1/web3signer.yaml has the paths;
``Eth1SignForIdentifierHandler`` takes ``{"data": "0x.."}`` and answers the signature as plain text, 404 for a key it has not
and 400 for data that is no hex; ``CredentialSigner`` (``needToHash``), ``AwsKmsSigner`` (``applySha3Hash``) and
``AzureKeyVaultSigner`` sign keccak256 of the data, so the data is the 66-byte EIP-712 message and not its hash;
``SecpArtifactSignature.asHex`` is r, s and v = 27 or 28; an identifier is the public key's 64 bytes
(``EthSecpArtifactSigner``), and ``publicKeys`` lists them.

It is not trusted with more than its key: a signature is published only if it leads back to our address. It does not know who
asks (its own means is a TLS client certificate), so whoever reaches it can have anything signed: keep others from it.
"""

import asyncio
import json
import re
import ssl
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from eth_utils.crypto import keccak

from reporter.errors import KeyFileError, SignerFailed
from reporter.keys.local import check_message
from reporter.keys.signature import address_of_point, compact_of, recover

SIGNATURE_LIMIT, KEYS_LIMIT = 1_024, 2**20
AT_ONCE, REMEMBERED = 8, 256
STATUS_HINTS = {
    400: "it did not understand us: is it a web3signer, in eth1 mode?",
    403: "web3signer's --http-host-allowlist must have the host of keys.remote_signer.url",
    404: "load the key into web3signer, or correct keys.remote_signer; web3signer runs in eth1 mode",
}


@dataclass(frozen=True, slots=True)
class RemoteTarget:
    """Which web3signer, and which of its keys. ``certificate``: ours and its key's file; ``timeout_s`` is for everything."""

    url: str
    address: str
    identifier: str | None = None
    timeout_s: float = 0.5
    ca_file: Path | None = None
    certificate: tuple[Path, Path] | None = None


class RemoteSigner:
    """Signs through a web3signer. The same message is asked for once, however many wait for it.

    ``problem`` is why the last attempt failed, empty after a good one; ``says_who``: we have a client certificate.
    """

    def __init__(self, target: RemoteTarget) -> None:
        """Raises ``KeyFileError`` when a certificate file cannot be used."""
        self.address, self.problem = target.address, ""
        self.says_who = target.certificate is not None
        self._target, self._identifier = target, target.identifier
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: dict[bytes, asyncio.Task[bytes]] = {}
        self._signed: OrderedDict[bytes, bytes] = OrderedDict()
        self._client = httpx.AsyncClient(
            verify=tls(target), timeout=target.timeout_s, trust_env=False, follow_redirects=False
        )

    def __repr__(self) -> str:
        return f"RemoteSigner({self.address})"

    async def sign_typed(self, message: bytes) -> bytes:
        check_message(message)
        if message in self._signed:
            return self._signed[message]
        task = self._running.get(message)
        if task is None:
            task = asyncio.create_task(self._within(self._sign(message)), name="remote signature")
            self._running[message] = task
            task.add_done_callback(partial(self._done, message))
        return await asyncio.shield(task)  # who gives up waiting does not take it from the others

    def _done(self, message: bytes, task: "asyncio.Task[bytes]") -> None:
        self._running.pop(message, None)
        if not task.cancelled() and task.exception() is None:
            self._signed[message] = task.result()
            if len(self._signed) > REMEMBERED:
                self._signed.popitem(last=False)

    async def look(self) -> None:
        """See that it is up and has our key. Raises ``SignerFailed``."""
        await self._within(self._look())

    async def close(self) -> None:
        """Let go of every connection and of what is under way."""
        for task in list(self._running.values()):
            task.cancel()
        await self._client.aclose()

    async def _look(self) -> bytes:
        await self._ask("GET", "/upcheck", SIGNATURE_LIMIT)
        await self._find()
        return b""

    async def _within(self, work: Coroutine[Any, Any, bytes]) -> bytes:
        """One deadline over everything, waiting for our turn included; every failure as one error."""
        try:
            async with asyncio.timeout(self._target.timeout_s), self._slots:
                found = await work
        except TimeoutError:
            work.close()
            raise self._failure(f"no answer in {self._target.timeout_s:g} s") from None
        except (
            httpx.HTTPError,
            OSError,
        ) as error:  # a TLS alert after the handshake comes as an ssl.SSLError of its own
            raise self._failure(f"unreachable ({type(error).__name__})") from None
        except SignerFailed as error:
            self.problem = str(error)
            raise
        self.problem = ""
        return found

    def _failure(self, what: str) -> SignerFailed:
        hint = "is web3signer running, and keys.remote_signer.url its address?"
        failed = failure(what, hint)
        self.problem = str(failed)
        return failed

    async def _sign(self, message: bytes) -> bytes:
        identifier = self._identifier or await self._find()
        body = json.dumps({"data": "0x" + message.hex()}).encode()
        text = await self._ask("POST", f"/api/v1/eth1/sign/{identifier}", SIGNATURE_LIMIT, body)
        return checked(text, message, self.address)

    async def _find(self) -> str:
        """The identifier of our key, from the list of keys. Remembered; a list without it is asked for again."""
        points = key_points(await self._ask("GET", "/api/v1/eth1/publicKeys", KEYS_LIMIT))
        for point in points:
            if address_of_point(point) == self.address:
                self._identifier = "0x" + point.hex()
                return self._identifier
        what = f"it has {len(points)} keys and none is of {self.address}"
        raise failure(what, STATUS_HINTS[404])

    async def _ask(self, method: str, path: str, limit: int, content: bytes | None = None) -> bytes:
        """The body of a good answer; asked twice where a kept connection turns out to be closed."""
        try:
            status, body = await self._fetch(method, path, limit, content)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            status, body = await self._fetch(method, path, limit, content)
        if status != 200:
            raise failure(f"it answered status {status}", STATUS_HINTS.get(status, "see web3signer's log"))
        return body

    async def _fetch(self, method: str, path: str, limit: int, content: bytes | None) -> tuple[int, bytes]:
        headers = {"accept-encoding": "identity"}
        if content is not None:
            headers["content-type"] = "application/json"
        url = self._target.url + path
        async with self._client.stream(method, url, content=content, headers=headers) as response:
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > limit:
                    raise failure(f"it answered more than {limit} bytes", "is it a web3signer?")
            return response.status_code, body


def failure(what: str, hint: str) -> SignerFailed:
    """The error, in words that may go to a peer: they have no URL."""
    return SignerFailed(f"the remote signer did not sign: {what}", hint=hint)


def checked(body: bytes, message: bytes, address: str) -> bytes:
    """The compact signature in an answer, if it is ``address``'s on ``message``; s may be high. Raises ``SignerFailed``."""
    found = re.fullmatch(rb"0x([0-9a-fA-F]{130})", body.strip())
    signature = compact_of(bytes.fromhex(found[1].decode())) if found else None
    if signature is None:
        raise failure("what it answered is no signature of 65 bytes", "is it a web3signer, in eth1 mode?")
    signed_by = recover(keccak(message), signature)
    if signed_by != address:
        what = f"its signature leads to {signed_by or 'no address'}, not to {address}"
        raise failure(what, "it holds another key under this identifier, or does not hash as web3signer does")
    return signature


def key_points(body: bytes) -> list[bytes]:
    """The public keys of a list, 64 bytes each. Raises ``SignerFailed``."""
    try:
        listed = json.loads(body)
        return [bytes.fromhex(key.removeprefix("0x")) for key in listed if len(key) in (128, 130)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise failure("its list of keys is not one", "is it a web3signer, in eth1 mode?") from None


def tls(target: RemoteTarget) -> ssl.SSLContext:
    """Whom we trust, and who we say we are. Raises ``KeyFileError``."""
    try:
        context = ssl.create_default_context(cafile=target.ca_file)
        if target.certificate is not None:
            context.load_cert_chain(*target.certificate, password="")  # never ask on a terminal
    except (OSError, ValueError) as error:  # SSLError is an OSError
        files = [target.ca_file, *(target.certificate or ())]
        named = ", ".join(str(file) for file in files if file)
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise KeyFileError(f"the remote signer's TLS files cannot be used: {reason}", hint=named) from None
    return context
