"""The HTTP transport between reporters: ``POST /observe`` to ask, ``GET /reports`` for the newest signed reports.

Peers are hostile until checked: bodies are bounded both ways, nothing is followed or decoded, every failure is one error.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reporter.models import Report, SignedReport
from reporter.peers.gather import PeerFailed
from reporter.peers.observe import Code, ObserveRequest, Refused, parse_request

MAX_BODY = 64 * 1024
RATE_PER_S, RATE_BURST, MAX_CLIENTS = 20, 40.0, 1_024
MAX_READABLE = 32
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
Answer = Callable[[ObserveRequest], SignedReport]


class HttpPeer:
    """One other reporter, reached over HTTP with a connection of its own that is kept open."""

    def __init__(self, url: str, timeout_s: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url + "/observe"
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            timeout=timeout_s, trust_env=False, follow_redirects=False, transport=transport
        )

    async def ask(self, request: ObserveRequest) -> SignedReport:
        """The peer's signed report; not yet checked against the request.

        Raises:
            PeerFailed: Unreachable, refused, or not understood; the sentence says which.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                status, body = await self._post(json.dumps(request.document()).encode())
        except TimeoutError:
            raise PeerFailed(f"no answer in {self._timeout_s:g} s") from None
        except httpx.HTTPError as error:
            raise PeerFailed(f"unreachable ({type(error).__name__})") from None
        return _read_answer(status, body, request)

    async def _post(self, content: bytes) -> tuple[int, bytes]:
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        async with self._client.stream("POST", self._url, content=content, headers=headers) as response:
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BODY:
                    raise PeerFailed(f"answered more than {MAX_BODY} bytes")
            return response.status_code, body

    async def close(self) -> None:
        await self._client.aclose()


def _read_answer(status: int, body: bytes, request: ObserveRequest) -> SignedReport:
    try:
        document = json.loads(body)
        if status == 200:
            return parse_signed(document, request.feed_ids)
        raise PeerFailed(f"refused: {str(document['refused'])[:40]}: {str(document['detail'])[:200]}")
    except MALFORMED:
        raise PeerFailed(f"answered status {status} with a body that is not ours") from None


def parse_signed(document: Any, feed_ids: tuple[bytes, ...]) -> SignedReport:
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


def signed_document(signed: SignedReport) -> dict[str, Any]:
    """A signed report as JSON: all that a third party needs to relay it."""
    return {
        "observedAt": signed.report.observed_at,
        "feedIds": ["0x" + f.hex() for f in signed.report.feed_ids],
        "prices": [str(p) for p in signed.report.prices],
        "signature": "0x" + signed.signature.hex(),
        "reporter": signed.reporter,
    }


def observe_app(answer: Answer, monotonic: Callable[[], float] = time.monotonic) -> Starlette:
    """The server side. ``answer`` raises ``Refused``; the newest signed reports stay readable for relayers."""
    newest: dict[tuple[bytes, ...], SignedReport] = {}
    rates = Rates(monotonic)

    async def observe(http: Request) -> JSONResponse:
        if not rates.allow(http.client.host if http.client else ""):
            return _refusal(429, Code.TOO_MANY_REQUESTS, f"more than {RATE_PER_S} requests a second")
        try:
            _check_headers(http)
            request = parse_request(await _read_body(http))
            signed = answer(request)
        except Refused as refused:
            return _refusal(400 if refused.code is Code.BAD_REQUEST else 409, refused.code, refused.detail)
        newest.pop(request.feed_ids, None)
        newest[request.feed_ids] = signed
        if len(newest) > MAX_READABLE:
            del newest[next(iter(newest))]
        return JSONResponse(signed_document(signed))

    async def reports(_: Request) -> JSONResponse:
        return JSONResponse([signed_document(s) for s in newest.values()])

    return Starlette(routes=[Route("/observe", observe, methods=["POST"]), Route("/reports", reports)])


class Rates:
    """A token bucket a client address: 20 requests a second, 40 at once; the oldest address is forgotten first."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
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


def _refusal(status: int, code: Code, detail: str) -> JSONResponse:
    return JSONResponse({"refused": code, "detail": detail}, status)


def _check_headers(http: Request) -> None:
    """A web page cannot ask: a browser sends Origin, or another content type than JSON."""
    if "origin" in http.headers:
        raise Refused(Code.BAD_REQUEST, "requests from web pages are not answered")
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(Code.BAD_REQUEST, "the content type is application/json")


async def _read_body(http: Request) -> Any:
    body = b""
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(Code.BAD_REQUEST, f"the body is over {MAX_BODY} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(Code.BAD_REQUEST, "the body is not JSON") from None
