"""web3's HTTP provider with a limit on replies: an endpoint that sends a gigabyte is refused, not stored."""

from aiohttp import ClientSession, ClientTimeout, TCPConnector
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.types import RPCEndpoint

from reporter.redact import url_secrets

MAX_REPLY_BYTES = 4 * 2**20
"""500 blocks of round events are a tenth of it."""


class ReplyTooLarge(ValueError):
    """An endpoint sent more than it may."""


class BadStatus(ValueError):
    """An endpoint answered with another status than 200."""


class BoundedProvider(AsyncHTTPProvider):
    """One connection pool, one total deadline for a request, at most ``MAX_REPLY_BYTES`` of reply, no redirects."""

    def __init__(self, url: str, timeout_s: float) -> None:
        super().__init__(
            url,
            exception_retry_configuration=None,
            cache_allowed_requests=True,  # else web3 asks eth_chainId twice around every call
            cacheable_requests={RPCEndpoint("eth_chainId")},
            request_cache_validation_threshold=1,
        )
        self._secrets = [secret.encode() for secret in url_secrets(url)]
        self._timeout = ClientTimeout(total=timeout_s)
        self._session: ClientSession | None = None

    async def _make_request(self, method: RPCEndpoint, request_data: bytes) -> bytes:
        if self._session is None:  # needs the running loop
            self._session = ClientSession(connector=TCPConnector(limit=64), timeout=self._timeout)
        headers = {"Content-Type": "application/json"}
        async with self._session.post(
            str(self.endpoint_uri), data=request_data, headers=headers, allow_redirects=False
        ) as response:
            if response.status != 200:  # aiohttp's own error has the URL and the server's words
                raise BadStatus(f"status {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_REPLY_BYTES:
                    raise ReplyTooLarge(f"{method} was answered with more than {MAX_REPLY_BYTES} bytes")
        return self._without_key(bytes(body))

    def _without_key(self, body: bytes) -> bytes:
        """Providers say ``invalid key abc``: what our URL has and the reply repeats is taken out before anybody reads it."""
        for secret in self._secrets:
            body = body.replace(secret, b"<redacted>")
        return body

    async def disconnect(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def connect(url: str, timeout_s: float) -> AsyncWeb3[AsyncHTTPProvider]:
    """A web3 over one endpoint; nothing is asked yet. Its middleware would fill transactions in; ours are whole."""
    return AsyncWeb3(BoundedProvider(url, timeout_s), middleware=[])
