"""One HTTP/1.1 connection to a venue: h11 on an asyncio transport, one question at a time, each step within 1.5 s.

httpcore does the same with an anyio stream, a pool and their locks around it, for three times the CPU.
"""

import asyncio
import socket
import ssl
from typing import Any

import h11
import httpcore

STEP_S = 1.5
MAX_HEAD = 64 * 1024
MAX_WAITING = 64 * 1024
MAX_INTERIM = 8
FAIR = 256
"""Events in a row after which others get their turn: chunks of one byte would hold the loop for a second."""

_END = h11.EndOfMessage()


class Line(asyncio.Protocol):
    """A connection; ``asked`` is how many questions it has carried. Every failure is one of httpcore's errors."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._transport: Any = None
        self._socket: socket.socket | None = None
        self._arrived: list[bytes] = []
        self._waiting: asyncio.Future[None] | None = None
        self._busy = self._ended = self._silent = False
        self._failure: Exception | None = None
        self._events = self.asked = 0
        self.opened_s = 0.0

    @classmethod
    async def over(cls, sock: socket.socket, context: ssl.SSLContext | None, host: str) -> "Line":
        """A line over a connected socket, in TLS where there is a context.

        Raises:
            httpcore.ConnectError: TLS did not come about, or not in time.
        """
        loop = asyncio.get_running_loop()
        name, limit_s = (host, STEP_S) if context else (None, None)
        try:
            _, line = await loop.create_connection(
                cls, sock=sock, ssl=context, server_hostname=name, ssl_handshake_timeout=limit_s
            )
        except OSError as error:
            sock.close()
            raise httpcore.ConnectError(str(error) or type(error).__name__) from None
        except BaseException:
            sock.close()
            raise
        line._socket, line.opened_s = sock, loop.time()
        return line

    # ------------------------------------------------------------ what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember what to write to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep what came, and no more than that; what nobody asked for ends the line."""
        if not self._busy:
            self.close()
            return
        self._silent = False
        self._arrived.append(data)
        if sum(map(len, self._arrived)) > MAX_WAITING:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The venue has said all."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, or a reset."""
        self._ended, self._failure = True, exc
        self._wake()

    # ------------------------------------------------------------ what the transport calls

    @property
    def idle(self) -> bool:
        """Whether another question may be put: nothing is open, and not one byte came that nobody asked for."""
        return not (self._busy or self._ended or self._transport.is_closing()) and self._nothing_planted()

    @property
    def unheard(self) -> bool:
        """Whether the venue has not said a byte since it was asked."""
        return self._silent

    async def ask(self, request: h11.Request, body: bytes = b"") -> h11.Response:
        """Put a question; returns status and headers. Raises httpcore's errors."""
        self._busy, self._silent = True, True
        self.asked += 1
        events = (request, h11.Data(data=body), _END) if body else (request, _END)
        self._transport.write(b"".join(self._http.send(event) or b"" for event in events))
        for _ in range(MAX_INTERIM + 1):
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise httpcore.RemoteProtocolError("no response")
        raise httpcore.RemoteProtocolError("interim responses without an end")

    async def piece(self) -> bytes:
        """The next piece of the body; empty at its end. Raises httpcore's errors."""
        event = await self._event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return b""
        raise httpcore.RemoteProtocolError("the body ended early")

    def settle(self) -> bool:
        """Get ready for the next question; False where the answer was not read to its end, or more came behind it."""
        over = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if self._ended or not over or self._arrived or self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
        self._busy = False
        return True

    def close(self) -> None:
        """End it at once: a polite end in TLS may take half a minute."""
        self._ended = True
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------ waiting

    async def _event(self) -> Any:
        self._events += 1
        if self._events % FAIR == 0:
            await asyncio.sleep(0)
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.RemoteProtocolError(str(error)) from None
            if event is not h11.NEED_DATA:
                return event
            await self._more()

    async def _more(self) -> None:
        """Give h11 what came; where nothing did, wait for it."""
        if not self._arrived and not self._ended:
            await self._wait()
        if self._arrived:
            data, self._arrived = b"".join(self._arrived), []
            self._http.receive_data(data)
            self._transport.resume_reading()
        elif self._failure is not None:
            raise httpcore.ReadError(str(self._failure) or type(self._failure).__name__)
        else:
            self._http.receive_data(b"")

    async def _wait(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(STEP_S):
                await self._waiting
        except TimeoutError:
            raise httpcore.ReadTimeout(f"not a byte for {STEP_S} s") from None
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _nothing_planted(self) -> bool:
        """Whether the socket holds nothing that the loop has not told us of yet."""
        if self._socket is None:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False
