"""Our own form: JSON lines, gzip, a header and then one quote a line, prices as decimal text.

    {"spotline_tape": 1}
    {"venue": "kraken", "symbol": "BTC/USD", "bid": "64999.9", "ask": "65000.0", "last": "64990.0",
     "book_at": null, "last_at": null, "received_at": 1700000000000, "label": ""}

(each quote on one line). Times are Unix milliseconds; null is "the venue gives none".
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reporter.errors import TapeError
from reporter.market.decimals import to_fixed, to_text
from reporter.market.tape_rows import bad_value, is_symbol, read_lines
from reporter.models import Quote

VERSION = 1
HEADER = {"spotline_tape": VERSION}
KEYS = ("venue", "symbol", "bid", "ask", "last", "book_at", "last_at", "received_at", "label")
FIRST_MS, LAST_MS = 1_420_070_400_000, 4_102_444_800_000


def read(path: Path, label: str) -> Iterator[Quote]:
    """Yield every quote.

    Args:
        label: For quotes that were of real venues; one that says SIMULATED keeps saying so.

    Raises:
        TapeError: A bad line, or one that arrived before the line above it.
    """
    before_ms = 0
    known: set[tuple[str, str]] = set()
    for line, text in enumerate(read_lines(path), 1):
        row = _object(path, line, text)
        if line == 1:
            _check_header(path, row)
            continue
        quote = _quote(path, line, row, label, known)
        if quote.received_at_ms < before_ms:
            raise TapeError(
                f"{path} line {line}: received_at is {quote.received_at_ms}, before the line above it"
            )
        before_ms = quote.received_at_ms
        yield quote


def to_line(quote: Quote) -> str:
    """A quote as one line of a tape, without the line's end."""
    return json.dumps(
        {
            "venue": quote.venue,
            "symbol": quote.symbol,
            "bid": _text(quote.bid),
            "ask": _text(quote.ask),
            "last": _text(quote.last),
            "book_at": quote.book_at_ms,
            "last_at": quote.last_at_ms,
            "received_at": quote.received_at_ms,
            "label": quote.label,
        },
        separators=(",", ":"),
    )


def _text(price: int | None) -> str | None:
    return None if price is None else to_text(price, 0)


def _object(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise TapeError(f"{path} line {line}: not JSON: {text.strip()[:60]!r}") from broken
    if not isinstance(row, dict):
        raise TapeError(f"{path} line {line}: not an object: {text.strip()[:60]!r}")
    return row


def _check_header(path: Path, row: Mapping[str, Any]) -> None:
    version = row.get("spotline_tape")
    if version != VERSION:
        raise TapeError(
            f"{path} is a tape of version {version!r}, this Spotline reads version {VERSION}",
            hint="a tape's first line is " + json.dumps(HEADER),
        )


def _quote(path: Path, line: int, row: Mapping[str, Any], label: str, known: set[tuple[str, str]]) -> Quote:
    if len(row) != len(KEYS) or any(key not in row for key in KEYS):
        wrong = next((k for k in KEYS if k not in row), None) or next(k for k in row if k not in KEYS)
        raise TapeError(f"{path} line {line}: the keys are not {', '.join(KEYS)}: see {wrong!r}")
    venue, symbol, said = row["venue"], row["symbol"], row["label"]
    if (venue, symbol) not in known:
        _check_market(path, line, venue, symbol)
        known.add((venue, symbol))
    if not isinstance(said, str):
        raise bad_value(path, line, "label", said, "text")
    received_at_ms = _time(path, line, "received_at", row["received_at"])
    if received_at_ms is None:
        raise bad_value(path, line, "received_at", str(None), "Unix milliseconds of 2015 to 2099")
    return Quote(
        venue,
        symbol,
        _price(path, line, "bid", row["bid"]),
        _price(path, line, "ask", row["ask"]),
        _price(path, line, "last", row["last"]),
        _time(path, line, "book_at", row["book_at"]),
        _time(path, line, "last_at", row["last_at"]),
        received_at_ms,
        f"{label} {said}" if said else label,
    )


def _check_market(path: Path, line: int, venue: Any, symbol: Any) -> None:
    if not (isinstance(venue, str) and venue.isalnum()):
        raise bad_value(path, line, "venue", venue, "a venue's name")
    if not (isinstance(symbol, str) and is_symbol(symbol)):
        raise bad_value(path, line, "symbol", symbol, "BASE/QUOTE")


def _price(path: Path, line: int, name: str, value: Any) -> int | None:
    if value is None:
        return None
    try:
        return to_fixed(value)
    except (TypeError, ValueError) as broken:
        raise bad_value(path, line, name, value, "a decimal number as text") from broken


def _time(path: Path, line: int, name: str, value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not FIRST_MS <= value < LAST_MS:
        raise bad_value(path, line, name, value, "Unix milliseconds of 2015 to 2099")
    return value
