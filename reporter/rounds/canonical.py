"""One text per document: JSON with sorted keys and no spaces, as RFC 8785 (JCS) writes these values, and its SHA-256.

``jq -cjS . | sha256sum`` gives the same hash of a part of a record.
"""

import hashlib
import json
from typing import Any, NoReturn

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 16
MAX_DIGITS = 16


def canonical(document: Any) -> bytes:
    """The only bytes of a document of objects, lists, text, integers within 2^53, booleans and null.

    Raises:
        ValueError: Text that is not Unicode.
    """
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def hash_of(document: Any) -> str:
    """SHA-256 of the canonical bytes, in hex with ``0x``."""
    return "0x" + hashlib.sha256(canonical(document)).hexdigest()


def loads(body: bytes) -> Any:
    """Read one JSON document strictly: no key twice, no fractions, nothing nested deeper than 16, at most 32 MiB.

    Raises:
        ValueError: Which of these it is.
    """
    if len(body) > MAX_BYTES:
        raise ValueError(f"the document has more than {MAX_BYTES} bytes")
    if _depth(body) > MAX_DEPTH:
        raise ValueError(f"brackets are nested deeper than {MAX_DEPTH}")
    document = json.loads(
        body.decode("utf-8"),
        object_pairs_hook=_unique,
        parse_int=_integer,
        parse_float=_refused,
        parse_constant=_refused,
    )
    canonical(document)  # lone surrogates have no bytes
    return document


def _depth(body: bytes) -> int:
    """The deepest nesting of brackets, those inside of text counted too: a bound, found without recursion."""
    depth = deepest = 0
    for byte in body.translate(None, delete=_NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS + 1:
        raise ValueError(f"a number of {len(text)} digits; larger integers are text here")
    return int(text)


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is not an integer")
