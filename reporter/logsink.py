"""Where log lines go: to a descriptor, through a thread, so that nobody who logs waits for whoever reads.

A pipe that nobody empties would otherwise stop the whole reporter at its next line.
"""

import atexit
import json
import os
from queue import SimpleQueue
from threading import Event, Thread

MAX_LINES = 5_000
"""About a megabyte. More are dropped and counted."""
LAST_WORDS_S = 1.0


class Sink:
    """A file for ``structlog.WriteLogger``."""

    def __init__(self, descriptor: int, limit: int = MAX_LINES) -> None:
        self._descriptor, self._limit = descriptor, limit
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._lost = 0
        self._empty = Event()
        Thread(target=self._drain, name="logs", daemon=True).start()
        atexit.register(self._empty.wait, LAST_WORDS_S)

    def write(self, line: str) -> None:
        """Take a line, or drop it if too many wait."""
        if self._lines.qsize() >= self._limit:
            self._lost += 1
            return
        self._empty.clear()
        self._lines.put(line)

    def flush(self) -> None:
        """Nothing to do: the thread is always at it."""

    def _drain(self) -> None:
        while True:
            line = self._lines.get()
            lost, self._lost = self._lost, 0
            if lost:
                line += json.dumps({"event": "log lines dropped", "count": lost, "level": "warning"}) + "\n"
            try:
                _write_all(self._descriptor, line.encode(errors="replace"))
            except OSError:  # the reader is gone for good
                self._lost += 1
            if self._lines.empty():
                self._empty.set()


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
