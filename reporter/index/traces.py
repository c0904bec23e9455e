"""What became of every leg of an index, written down when somebody asks.

A node prices each feed a few times a second and shows few of the indices to anybody: the traces of one cost as much as a
sixth of its price.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from reporter.index.aggregate import shares_ppm
from reporter.index.outliers import Screening
from reporter.index.row import Row
from reporter.models import SourceTrace


class Traces(Sequence[SourceTrace]):
    """One trace per leg in the order of the rows, made once, at the first look."""

    __slots__ = ("_counted", "_made", "_rows", "_screening", "_weights")

    def __init__(
        self,
        rows: Sequence[Row],
        screening: Screening,
        counted: Sequence[Row],
        weights: Mapping[str, int] | None,
    ) -> None:
        """``weights``: what the venues of the ``counted`` votes weighed in the price; None without a price."""
        self._rows, self._screening, self._counted, self._weights = rows, screening, counted, weights
        self._made: tuple[SourceTrace, ...] | None = None

    def made(self) -> tuple[SourceTrace, ...]:
        if self._made is None:
            counted, weights = self._counted, self._weights
            parts = shares_ppm(counted, weights) if weights is not None else [0] * len(counted)
            self._made = tuple(_traces(self._rows, self._screening, iter(parts)))
            self._rows = self._counted = ()
        return self._made

    def __len__(self) -> int:
        return len(self.made())

    def __iter__(self) -> Iterator[SourceTrace]:
        return iter(self.made())

    @overload
    def __getitem__(self, position: int) -> SourceTrace: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[SourceTrace, ...]: ...
    def __getitem__(self, position: int | slice) -> SourceTrace | tuple[SourceTrace, ...]:
        return self.made()[position]

    def __eq__(self, other: object) -> bool:
        return self.made() == (other.made() if isinstance(other, Traces) else other)

    def __hash__(self) -> int:
        return hash(self.made())

    def __repr__(self) -> str:
        return repr(self.made())


def _traces(rows: Sequence[Row], screening: Screening, parts: Iterator[int]) -> Iterator[SourceTrace]:
    """One trace per leg; ``parts`` has one entry for every vote that counted, in order."""
    position = -1
    remarks, degraded = screening.remarks, screening.degraded
    for row in rows:
        if not row.price:
            yield _trace(row, row.text, None, False, 0)
            continue
        position += 1
        remark, price = remarks.get(position), row.price
        if remark is None:
            yield _trace(row, row.text, price, True, next(parts))
        elif degraded:
            yield _trace(row, f"{row.text}; {remark}, not dropped", price, True, next(parts))
        else:
            yield _trace(row, remark, price, False, 0)


def _trace(row: Row, reason: str, price: int | None, kept: bool, weight_ppm: int) -> SourceTrace:
    (venue, symbol), quote = row.leg, row.quote
    if quote is None:
        nothing = (None,) * 7
        return SourceTrace(venue, symbol, kept, reason, *nothing, "", row.via, weight_ppm)
    book = (price, quote.bid, quote.ask, quote.last)
    times = (quote.book_at_ms, quote.last_at_ms, quote.received_at_ms)
    return SourceTrace(
        venue, symbol, kept, reason, *book, *times, quote.clock, row.via, weight_ppm, quote.label
    )
