"""Asks between reporters are signed, so that a node answers its own set and nobody else: no token has to be handed around.

The signature is EIP-712 in the domain of the reports, made with the signing key. A repeated ask is harmless: it names its
second, and the ledger gives the same price again.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from reporter.keys import Signer, recover
from reporter.models import Report, SignedReport
from reporter.peers.gather import PeerFailed
from reporter.peers.observe import Code, ObserveRequest, Refused, hex_bytes, parse_request
from reporter.report import Domain

ASK_TYPEHASH = keccak(b"Ask(uint64 observedAt,bytes32[] feedIds)")
MAX_BODY = 64 * 1024
RATE_PER_S, RATE_BURST, MAX_CLIENTS = 20, 40.0, 1_024
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class SignedAsk:
    """A request and the signature of who makes it."""

    request: ObserveRequest
    signature: bytes

    @property
    def asker(self) -> str | None:
        """Whose signature it is; None for one that is malformed."""
        return recover(ask_digest(self.request), self.signature)


Answer = Callable[[SignedAsk], Awaitable[SignedReport]]


def ask_message(request: ObserveRequest) -> bytes:
    """The 66 bytes whose hash an asker signs."""
    domain = Domain(request.chain_id, request.aggregator, request.config_digest)
    words = ASK_TYPEHASH + request.observed_at.to_bytes(32, "big") + keccak(b"".join(request.feed_ids))
    return b"\x19\x01" + domain.separator() + keccak(words)


def ask_digest(request: ObserveRequest) -> bytes:
    """The 32 bytes that an asker signs."""
    return keccak(ask_message(request))


class Asker:
    """Writes our asks; the same one for every peer is signed once."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._last: tuple[ObserveRequest, bytes] | None = None

    async def body(self, request: ObserveRequest) -> bytes:
        """The JSON body of an ask. Raises ``SignerFailed``."""
        if self._last is not None and self._last[0] == request:
            return self._last[1]
        signature = await self._signer.sign_typed(ask_message(request))
        body = json.dumps(request.document() | {"signature": "0x" + signature.hex()}).encode()
        self._last = request, body
        return body


def parse_ask(body: bytes) -> SignedAsk:
    """Read an ask strictly. Raises ``Refused`` with ``bad_request`` and the field at fault."""
    if len(body) > MAX_BODY:
        raise Refused(Code.BAD_REQUEST, f"the body is over {MAX_BODY} bytes")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(Code.BAD_REQUEST, "the body is not JSON") from None
    if not isinstance(document, dict) or "signature" not in document:
        raise Refused(Code.BAD_REQUEST, "an ask is signed: the field signature is missing")
    signature = hex_bytes(document.pop("signature"), 64, "signature")
    return SignedAsk(parse_request(document), signature)


def signed_document(signed: SignedReport) -> dict[str, Any]:
    """A signed report as JSON: all that a third party needs to relay it."""
    return {
        "observedAt": signed.report.observed_at,
        "feedIds": ["0x" + f.hex() for f in signed.report.feed_ids],
        "prices": [str(p) for p in signed.report.prices],
        "signature": "0x" + signed.signature.hex(),
        "reporter": signed.reporter,
    }


def refusal_document(refused: Refused) -> dict[str, str]:
    """A refusal as JSON."""
    return {"refused": str(refused.code), "detail": refused.detail}


def read_answer(body: bytes, request: ObserveRequest, what: str) -> SignedReport:
    """What a peer answered: its report, not yet checked against the request.

    Args:
        what: Names the answer in the error.

    Raises:
        PeerFailed: It refused, or the answer is not one.
    """
    try:
        document = json.loads(body)
        if "refused" not in document:
            return parse_signed(document, request.feed_ids)
        raise PeerFailed(f"refused: {str(document['refused'])[:40]}: {str(document['detail'])[:200]}")
    except MALFORMED:
        raise PeerFailed(f"{what} with a body that is not ours") from None


def parse_signed(document: Mapping[str, Any], feed_ids: tuple[bytes, ...]) -> SignedReport:
    """Read a signed report; one of ``MALFORMED`` if it is not one on exactly these feeds."""
    observed_at, prices = document["observedAt"], document["prices"]
    if type(observed_at) is not int or type(prices) is not list or not all(map(_is_price, prices)):
        raise ValueError("observedAt or prices")
    if tuple(map(_bytes, document["feedIds"])) != feed_ids:
        raise ValueError("feedIds")
    report = Report(observed_at, feed_ids, tuple(map(int, prices)))
    return SignedReport(report, _bytes(document["signature"]), str(document["reporter"]))


def _is_price(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


class Rates:
    """A token bucket a client: 20 requests a second, 40 at once; the oldest client is forgotten first."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._left: dict[str, tuple[float, float]] = {}

    def allow(self, client: str) -> bool:
        """Whether this client may ask now."""
        now_s = self._monotonic()
        left, at_s = self._left.pop(client, (RATE_BURST, now_s))
        left = min(RATE_BURST, left + (now_s - at_s) * RATE_PER_S)
        self._left[client] = (max(0.0, left - 1), now_s)
        if len(self._left) > MAX_CLIENTS:
            del self._left[next(iter(self._left))]
        return left >= 1

    def check(self, client: str) -> None:
        """Raises ``Refused`` when this client may not ask now."""
        if not self.allow(client):
            raise Refused(Code.TOO_MANY_REQUESTS, f"more than {RATE_PER_S} requests a second")
