"""A TCP line between two parts that can be slow, thin, cut, silent or dead: in user space, so it needs no rights."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from random import Random

HOST = "127.0.0.1"
CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Toxics:
    """What is wrong with a line. All but ``silent`` and ``down`` hold for what the server sends.

    Attributes:
        rate: Bytes a second; 0 is no limit.
        slice_bytes: At most so many at once; 0 is no limit.
        cut_after: Bytes of a connection after which it is reset; None is never.
        corrupt: The chance of each byte to have its lowest bit turned.
        silent: Nothing passes either way, and nothing is closed.
        down: Connections are reset.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    rate: int = 0
    slice_bytes: int = 0
    cut_after: int | None = None
    corrupt: float = 0.0
    silent: bool = False
    down: bool = False


CLEAN = Toxics()


class Link:
    """Listens on a port of its own and passes everything on to ``upstream``, as ``toxics`` say at the moment."""

    def __init__(self, upstream: int, dice: Random) -> None:
        self._upstream, self._dice = upstream, dice
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self.toxics = CLEAN
        self.port = 0

    async def start(self) -> None:
        """Listen on a free port."""
        self._passing.set()
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def set(self, toxics: Toxics) -> None:
        """Change what is wrong, for connections that are open too."""
        was, self.toxics = self.toxics, toxics
        (self._passing.clear if toxics.silent else self._passing.set)()
        if toxics.down and not was.down:
            self.cut()

    def heal(self, *, forget: bool = False) -> None:
        """Nothing is wrong any more. ``forget``: what was open is lost, as after a router has restarted."""
        if forget:
            self.cut()
        self.set(CLEAN)

    def cut(self) -> None:
        """Reset every open connection."""
        for writer in tuple(self._lines):
            _reset(writer)

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.toxics.down:
                _reset(writer)
                return
            up_reader, up_writer = await asyncio.open_connection(HOST, self._upstream)
        except OSError:
            _reset(writer)
            return
        self._lines |= {writer, up_writer}
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, answers=False), self._pump(up_reader, writer, answers=True)
            )
        except asyncio.CancelledError:  # at the end of the loop, which is to be quiet
            _reset(writer)
        finally:
            self._lines -= {writer, up_writer}
            up_writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        sent = 0
        try:
            while data := await reader.read(self.toxics.slice_bytes or CHUNK):
                await self._passing.wait()
                if answers:
                    data = await self._poison(data)
                    if self.toxics.cut_after is not None and sent + len(data) > self.toxics.cut_after:
                        writer.write(data[: max(0, self.toxics.cut_after - sent)])
                        _reset(writer)
                        return
                writer.write(data)
                sent += len(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def _poison(self, data: bytes) -> bytes:
        toxics = self.toxics
        wait_s = toxics.latency_s + toxics.jitter_s * self._dice.uniform(-1, 1)
        if toxics.rate:
            wait_s += len(data) / toxics.rate
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        if toxics.corrupt:
            return bytes(b ^ 1 if self._dice.random() < toxics.corrupt else b for b in data)
        return data


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:  # closed already
            return
    writer.transport.abort()
