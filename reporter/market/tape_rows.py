"""Reading a recorded market: CSV of minute bars, plain or gzip, every row checked."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import TapeError
from reporter.market.decimals import to_fixed

COLUMNS = ("minute", "venue", "symbol", "open", "high", "low", "close", "volume")
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """One market's minute. ``minute_s`` is the Unix second of its open, ``close`` 1e18 fixed point."""

    minute_s: int
    venue: str
    symbol: str
    close: int
    traded: bool


def read_bars(path: Path) -> Iterator[Bar]:
    """Yield the bars of a tape in the order of its lines.

    Raises:
        TapeError: The file is missing, cannot be unpacked, has other columns, or has a bad row.
    """
    lines = _text(path).splitlines()
    rows = csv.reader(lines, strict=True)
    try:
        _check_columns(path, next(rows, []))
        for row in rows:
            yield _bar(path, rows.line_num, row)
    except csv.Error as broken:
        raise TapeError(f"{path} line {rows.line_num}: not CSV ({broken})") from broken


def _text(path: Path) -> str:
    """The file's text; gzip when its name says so."""
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except FileNotFoundError as missing:
        raise TapeError(f"no tape at {path}", hint="give the path of a .csv or .csv.gz file") from missing
    except (gzip.BadGzipFile, EOFError, zlib.error) as broken:
        raise TapeError(f"{path} is not a complete gzip file ({broken})") from broken
    except UnicodeDecodeError as broken:
        raise TapeError(f"{path} is not text", hint="a compressed tape must be named .csv.gz") from broken
    except OSError as unreadable:
        raise TapeError(f"cannot read the tape {path}: {unreadable.strerror}") from unreadable


def _check_columns(path: Path, header: list[str]) -> None:
    if tuple(header) != COLUMNS:
        raise TapeError(
            f"{path} has the columns {','.join(header) or '(none)'}", hint=f"a tape has {','.join(COLUMNS)}"
        )


def _bar(path: Path, line: int, row: list[str]) -> Bar:
    """One checked row; the error names the line, the column and the value."""
    if len(row) != len(COLUMNS):
        raise TapeError(f"{path} line {line}: {len(row)} values instead of {len(COLUMNS)}: {','.join(row)!r}")
    minute, venue, symbol, *amounts = row
    if not (minute.isascii() and minute.isdigit() and len(minute) <= 12 and int(minute) % MINUTE_S == 0):
        raise _bad(path, line, "minute", minute, "the Unix second of a full minute")
    if not venue:
        raise _bad(path, line, "venue", venue, "a venue's name")
    if not all(part.isalnum() for part in symbol.split("/")) or symbol.count("/") != 1:
        raise _bad(path, line, "symbol", symbol, "BASE/QUOTE")
    *_, close, volume = [
        _amount(path, line, name, text) for name, text in zip(COLUMNS[3:], amounts, strict=True)
    ]
    if close == 0:
        raise _bad(path, line, "close", amounts[3], "a price above 0")
    return Bar(int(minute), venue, symbol, close, volume > 0)


def _amount(path: Path, line: int, name: str, text: str) -> int:
    try:
        return to_fixed(text)
    except ValueError as broken:
        raise _bad(path, line, name, text, "a decimal number") from broken


def _bad(path: Path, line: int, column: str, value: str, wanted: str) -> TapeError:
    return TapeError(f"{path} line {line}: {column} is {value!r}, not {wanted}")
