"""Minute bars as quotes: close = last = bid = ask, observed and heard when the minute ends.

A minute without a trade says nothing, so the old quote stays, with its old time.
"""

from collections.abc import Iterator
from pathlib import Path

from reporter.market.tape_rows import MINUTE_S, Bar, read_bars
from reporter.models import Quote


def read(path: Path, label: str) -> Iterator[Quote]:
    """Yield the traded bars in order of their minutes; within one, in the file's order.

    Raises:
        TapeError: As ``read_bars``.
    """
    traded = sorted((bar for bar in read_bars(path) if bar.traded), key=lambda bar: bar.minute_s)
    return (_quote(bar, label) for bar in traded)


def _quote(bar: Bar, label: str) -> Quote:
    at_ms = (bar.minute_s + MINUTE_S) * 1000
    return Quote(bar.venue, bar.symbol, bar.close, bar.close, bar.close, at_ms, at_ms, at_ms, label)
