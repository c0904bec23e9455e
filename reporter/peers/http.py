"""The HTTP transport between reporters: ``POST /observe`` to ask, ``GET /reports`` for the newest signed reports.

Peers are hostile until checked: bodies are bounded both ways, nothing is followed or decoded, every failure is one error.
"""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reporter.models import SignedReport
from reporter.peers.asks import (
    MAX_BODY,
    Answer,
    Asker,
    Rates,
    parse_ask,
    read_answer,
    refusal_document,
    signed_document,
)
from reporter.peers.gather import PeerFailed
from reporter.peers.observe import Code, ObserveRequest, Refused

MAX_READABLE = 32
STATUS = {Code.BAD_REQUEST: 400, Code.NOT_A_REPORTER: 403, Code.TOO_MANY_REQUESTS: 429}


class HttpPeer:
    """One other reporter, reached over HTTP with a connection of its own that is kept open."""

    def __init__(
        self, url: str, timeout_s: float, asker: Asker, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url + "/observe"
        self._timeout_s, self._asker = timeout_s, asker
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
                status, body = await self._post(await self._asker.body(request))
        except TimeoutError:
            raise PeerFailed(f"no answer in {self._timeout_s:g} s") from None
        except httpx.HTTPError as error:
            raise PeerFailed(f"unreachable ({type(error).__name__})") from None
        return read_answer(body, request, f"answered status {status}")

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


def observe_app(answer: Answer, rates: Rates | None = None) -> Starlette:
    """The server side. ``answer`` raises ``Refused``; the newest signed reports stay readable for relayers."""
    newest: dict[tuple[bytes, ...], SignedReport] = {}
    addresses = rates or Rates()

    async def observe(http: Request) -> JSONResponse:
        try:
            addresses.check(http.client.host if http.client else "")
            _check_headers(http)
            ask = parse_ask(await _read_body(http))
            signed = await answer(ask)
        except Refused as refused:
            return JSONResponse(refusal_document(refused), STATUS.get(refused.code, 409))
        newest.pop(ask.request.feed_ids, None)
        newest[ask.request.feed_ids] = signed
        if len(newest) > MAX_READABLE:
            del newest[next(iter(newest))]
        return JSONResponse(signed_document(signed))

    async def reports(_: Request) -> JSONResponse:
        return JSONResponse([signed_document(s) for s in newest.values()])

    return Starlette(routes=[Route("/observe", observe, methods=["POST"]), Route("/reports", reports)])


def _check_headers(http: Request) -> None:
    """A web page cannot ask: a browser sends Origin, or another content type than JSON."""
    if "origin" in http.headers:
        raise Refused(Code.BAD_REQUEST, "requests from web pages are not answered")
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(Code.BAD_REQUEST, "the content type is application/json")


async def _read_body(http: Request) -> bytes:
    body = b""
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(Code.BAD_REQUEST, f"the body is over {MAX_BODY} bytes")
    return body
