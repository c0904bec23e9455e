"""A network stream that is read only so long: a venue that answers with interim responses for ever is cut off.

httpx reads 1xx responses until a real one comes: a flood of them held the whole process for its 4 s.
"""

import ssl
from typing import Any

import httpcore

MAX_INTERIM = 8
_INTERIM = b"HTTP/1.1 1"


class Patient(httpcore.AsyncNetworkStream):
    """Passes everything through, and fails at the ninth interim response."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._seen, self._tail = 0, b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        """Read; raises RemoteProtocolError where there are too many interim responses."""
        data = await self._stream.read(max_bytes, timeout)
        window = self._tail + data
        self._seen, self._tail = self._seen + window.count(_INTERIM), window[1 - len(_INTERIM) :]
        if self._seen > MAX_INTERIM:
            raise httpcore.RemoteProtocolError("interim responses without an end")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """The same, inside TLS."""
        return Patient(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Whatever the stream knows."""
        return self._stream.get_extra_info(info)
