"""Writing a tape as it happens, so that a recorder that is killed leaves a tape that can be read."""

import gzip
import json
from bisect import bisect_right
from io import BufferedWriter
from pathlib import Path
from types import TracebackType

from reporter.errors import TapeError
from reporter.models import Quote
from reporter.tapes.lines import HEADER, to_line

FLUSH_LINES = 1_000
FLUSH_MS = 5_000
HOLD_BACK_MS = 10_000
"""A venue's fetch hands its quotes over when its last request ends, at most 4 s after the first arrived."""


class TapeWriter:
    """Appends quotes to a new ``.jsonl.gz`` file in order of arrival, about every 5 s or 1,000 quotes.

    Each write is a whole gzip member (a gzip file may have many), so what is on the disk is complete. Quotes wait
    10 s for others that arrived before them.

    Attributes:
        count: Quotes taken.
        late: Quotes refused because they arrived before one that is written already.
    """

    def __init__(self, path: Path) -> None:
        """Raises TapeError when the file exists already, cannot be made, or is not named ``.jsonl.gz``."""
        if not path.name.endswith(".jsonl.gz"):
            raise TapeError(f"{path} is no name for a tape", hint="name it something.jsonl.gz")
        self._path = path
        self.count = self.late = 0
        self._waiting: list[Quote] = []
        self._newest_ms = self._written_ms = self._flushed_ms = 0
        try:
            self._file: BufferedWriter = path.open("xb")
        except FileExistsError as exists:
            raise TapeError(
                f"{path} exists already", hint="choose another name; a tape is never overwritten"
            ) from exists
        except OSError as refused:
            raise TapeError(f"{path} cannot be written: {refused.strerror}") from refused

        self._write([json.dumps(HEADER)])

    def put(self, quote: Quote) -> None:
        """Take a quote.

        Raises:
            TapeError: The file cannot be written.
        """
        if quote.received_at_ms < self._written_ms:
            self.late += 1
            return
        self.count += 1
        self._waiting.append(quote)
        self._newest_ms = max(self._newest_ms, quote.received_at_ms)
        self._flushed_ms = self._flushed_ms or quote.received_at_ms
        due_ms = self._flushed_ms + HOLD_BACK_MS + FLUSH_MS
        if len(self._waiting) % FLUSH_LINES == 0 or self._newest_ms >= due_ms:
            self._flush(self._newest_ms - HOLD_BACK_MS)

    def close(self) -> None:
        """Write what waits and close the file."""
        self._flush(self._newest_ms)
        self._file.close()

    def __enter__(self) -> "TapeWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _flush(self, until_ms: int) -> None:
        """Write what arrived by ``until_ms``."""
        self._waiting.sort(key=lambda quote: quote.received_at_ms)
        split = bisect_right(self._waiting, until_ms, key=lambda quote: quote.received_at_ms)
        if split:
            self._write([to_line(quote) for quote in self._waiting[:split]])
            del self._waiting[:split]
        self._written_ms = self._flushed_ms = until_ms

    def _write(self, lines: list[str]) -> None:
        try:
            self._file.write(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
            self._file.flush()
        except OSError as full:
            raise TapeError(f"{self._path} cannot be written: {full.strerror}") from full
