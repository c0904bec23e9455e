"""Serve an ASGI app inside a task: uvicorn without its own signal handling and access log."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from reporter.errors import PortTaken


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the process has one signal handler, in cli.py


async def serve(app: ASGIApp, listen: str, what: str) -> None:
    """Serve until cancelled.

    Args:
        listen: ``host:port``.
        what: Named in the error when the port is taken.

    Raises:
        PortTaken: The port is in use.
    """
    bound = bind(listen, what)
    server = _Server(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=30)
    )
    try:
        await server.serve(sockets=[bound])
    except asyncio.CancelledError:
        server.force_exit = True
        await server.shutdown(sockets=[bound])
        raise


def bind(listen: str, what: str) -> socket.socket:
    """A listening socket on ``host:port``. Raises ``PortTaken``."""
    host, _, port = listen.rpartition(":")
    try:
        return socket.create_server((host, int(port)), backlog=2048)
    except OSError as error:
        raise PortTaken(
            int(port), what, hint=f"{error.strerror}: stop what listens there or choose another"
        ) from None
