"""Reading a recorded market: CSV of minute bars, plain or gzip, every row checked."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import TapeError
from reporter.index.symbols import parse
from reporter.market.decimals import to_fixed

COLUMNS = ("minute", "venue", "symbol", "open", "high", "low", "close", "volume")
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One market's minute. ``minute_s`` is the Unix second of its open, ``close`` 1e18 fixed point.

    Attributes:
        volume: What was traded in it, in the base currency, 1e18 fixed point; 0 where nothing was.
    """

    minute_s: int
    venue: str
    symbol: str
    close: int
    volume: int

    @property
    def traded(self) -> bool:
        """Whether the close is a price of this minute."""
        return self.volume > 0


def read_bars(path: Path) -> Iterator[Bar]:
    """Yield the bars of a tape in the order of its lines.

    Raises:
        TapeError: The file is missing, cannot be unpacked, has other columns, or has a bad row; or a market's
            minutes do not grow, so that a quote would go back in time.
    """
    newest: dict[tuple[str, str], int] = {}
    for line, row in read_rows(path, COLUMNS):
        bar = _bar(path, line, row)
        key = (bar.venue, bar.symbol)
        if bar.minute_s <= newest.get(key, -1):
            raise TapeError(
                f"{path} line {line}: minute {bar.minute_s} of {bar.venue} {bar.symbol} does not follow {newest[key]}"
            )
        newest[key] = bar.minute_s
        yield bar


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with these columns, each with the number of its line.

    Raises:
        TapeError: As ``read_bars``; what the values say is left to the caller.
    """
    rows = csv.reader(read_lines(path), strict=True)
    try:
        _check_columns(path, next(rows, []), columns)
        for row in rows:
            if len(row) != len(columns):
                raise TapeError(
                    f"{path} line {rows.line_num}: {len(row)} values instead of {len(columns)}: {','.join(row)!r}"
                )
            yield rows.line_num, row
    except csv.Error as broken:
        raise TapeError(f"{path} line {rows.line_num}: not CSV ({broken})") from broken


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, unpacked when its name ends in ``.gz``, without holding all of it.

    Raises:
        TapeError: The file is missing, cannot be unpacked, or is not text.
    """
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="")
        ) as lines:
            yield from lines
    except FileNotFoundError as missing:
        raise TapeError(
            f"no tape at {path}", hint="give the path of a .csv, .csv.gz or .jsonl.gz file"
        ) from missing
    except (gzip.BadGzipFile, EOFError, zlib.error) as broken:
        raise TapeError(f"{path} is not a complete gzip file ({broken})") from broken
    except UnicodeDecodeError as broken:
        raise TapeError(
            f"{path} is not text", hint="a compressed tape must be named .csv.gz or .jsonl.gz"
        ) from broken
    except OSError as unreadable:
        raise TapeError(f"cannot read the tape {path}: {unreadable.strerror}") from unreadable


def _check_columns(path: Path, header: list[str], columns: Sequence[str]) -> None:
    if tuple(header) != tuple(columns):
        raise TapeError(
            f"{path} has the columns {','.join(header) or '(none)'}", hint=f"a tape has {','.join(columns)}"
        )


def _bar(path: Path, line: int, row: list[str]) -> Bar:
    """One checked row; the error names the line, the column and the value."""
    minute, venue, symbol, *amounts = row
    if not (minute.isascii() and minute.isdigit() and len(minute) <= 12 and int(minute) % MINUTE_S == 0):
        raise bad_value(path, line, "minute", minute, "the Unix second of a full minute")
    if not venue:
        raise bad_value(path, line, "venue", venue, "a venue's name")
    if not is_symbol(symbol):
        raise bad_value(path, line, "symbol", symbol, "BASE/QUOTE")
    *_, close, volume = [
        amount_of(path, line, name, text) for name, text in zip(COLUMNS[3:], amounts, strict=True)
    ]
    if close == 0:
        raise bad_value(path, line, "close", amounts[3], "a price above 0")
    return Bar(int(minute), venue, symbol, close, volume)


def amount_of(path: Path, line: int, name: str, text: str) -> int:
    """A decimal value of a row, 1e18 fixed point; the error names line, column and value."""
    try:
        return to_fixed(text)
    except ValueError as broken:
        raise bad_value(path, line, name, text, "a decimal number") from broken


def is_symbol(text: str) -> bool:
    """Whether this is ``BASE/QUOTE`` or ``BASE/QUOTE-PERP`` as we write it."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


def bad_value(path: Path, line: int, column: str, value: str, wanted: str) -> TapeError:
    """The refusal of a value: where it stands, what it is, what it should be."""
    return TapeError(f"{path} line {line}: {column} is {value!r}, not {wanted}")
