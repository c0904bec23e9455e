"""Where the parts of a devnet listen."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass

from reporter.errors import PortTaken

FIRST_REPORTER = 10
"""Reporters' ports start so far above the chain's."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on 127.0.0.1; one API and one observe port a reporter."""

    rpc: int
    market: int
    api: tuple[int, ...]
    observe: tuple[int, ...]


def find_ports(first: int, reporters: int) -> Ports:
    """The ports from ``first`` on, or any free ones for 0.

    Raises:
        PortTaken: One of them is in use.
    """
    wanted = [first, first + 1] + [first + FIRST_REPORTER + i for i in range(2 * reporters)]
    with ExitStack() as probes:  # all held at once, so that free ports differ
        rpc, market, *rest = (_probe(port if first else 0, probes) for port in wanted)
    return Ports(rpc, market, tuple(rest[:reporters]), tuple(rest[reporters:]))


def _probe(port: int, probes: ExitStack) -> int:
    probe = probes.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        raise PortTaken(
            port, "devnet", hint="stop what listens there, or use --port N (0: any free ones)"
        ) from None
    return int(probe.getsockname()[1])
