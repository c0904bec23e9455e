"""Where each key of a TOML text stands, so that an error can name the line."""

import re
from typing import Any


def key_lines(text: str) -> dict[tuple[Any, ...], int]:
    """Where each key of a TOML text stands: path (as pydantic's ``loc``) -> line from 1. Inline tables count as one."""
    found: dict[tuple[Any, ...], int] = {}
    counts: dict[tuple[Any, ...], int] = {}
    table: tuple[Any, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[\s*(.+?)\s*\]\]", line):
            base = _dotted(header[1])
            table = (*base, counts.get(base, 0))
            counts[base] = table[-1] + 1
            found.setdefault(base, number)
            found[table] = number
        elif header := re.match(r"\s*\[\s*([^\[].*?)\s*\]\s*(#.*)?$", line):
            table = _dotted(header[1])
            for length in range(1, len(table) + 1):
                found.setdefault(table[:length], number)
        elif key := re.match(r"""\s*((?:[\w.-]|"[^"]*"|'[^']*')+)\s*=""", line):
            found[(*table, *_dotted(key[1]))] = number
    return found


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in re.findall(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)', text))
