"""One key, one use, one process of this machine: wherever its files lie, and however many copies of them there are."""

import errno
import socket
from hashlib import sha256
from typing import Self

from reporter.errors import AlreadyRunning


class Lock:
    """What this process alone does with its keys, until it is closed or the process ends, however it ends.

    Each use is the name of a socket in Linux's abstract namespace: nothing to clean up, no folder to write to. Processes in
    other network namespaces are not seen.

    Args:
        uses: Sentences that say what is done, the same in every process that does it.

    Raises:
        AlreadyRunning: Another process does one of them.
    """

    def __init__(self, *uses: str) -> None:
        self._sockets: list[socket.socket] = []
        try:
            for use in uses:
                self._sockets.append(_named(use))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others."""
        for held in self._sockets:
            held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _named(use: str) -> socket.socket:
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(f"\0spotline {sha256(use.encode()).hexdigest()}")  # a name has at most 107 bytes
    except OSError as error:
        held.close()
        if error.errno != errno.EADDRINUSE:
            raise
        hint = "two instances with one key could sign two prices for one second, or use one nonce twice"
        raise AlreadyRunning(f"another reporter is running with {use}", hint=hint) from None
    return held
