"""Serve an ASGI app inside a task: uvicorn without its own signal handling and access log."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from reporter.errors import ConfigError, PortTaken


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
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_keep_alive=30,
        limit_concurrency=256,
        timeout_graceful_shutdown=1,  # a half-sent request would keep us from stopping
    )
    server = _Server(config)
    try:
        await server.serve(sockets=[bound])
    except asyncio.CancelledError:
        server.force_exit = True
        await server.shutdown(sockets=[bound])
        raise


def bind(listen: str, what: str) -> socket.socket:
    """A listening socket on ``host:port`` or ``[host]:port``. Raises ``PortTaken`` or ``ConfigError``."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(int(port), what, hint="stop what listens there or choose another port") from None
        raise ConfigError(f"cannot listen on {listen} for the {what}: {error.strerror or error}") from None
