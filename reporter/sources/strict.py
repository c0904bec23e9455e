"""Strict reading of an exchange's bytes: JSON, prices and times that mean exactly one thing.

What is refused here was once accepted somewhere: ``float("1_000")``, full-width digits, the last of two equal
keys, ``1e999`` as infinity; 990 brackets were a RecursionError. Every refusal is a SourceError; its
reason is ``encoding``, ``depth``, ``json``, ``duplicate``, ``number``, ``price``, ``range``, ``time`` or
``memory``.
"""

import calendar
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache, lru_cache
from typing import NoReturn, TypeAlias

from reporter.errors import SourceError

MAX_DEPTH = 32
MAX_NUMBER_CHARS = 64
SCALE_EXPONENT = 18
PRICE_MIN = Decimal("1e-12")
PRICE_MAX = Decimal("1e12")
SCALED_MIN, SCALED_MAX = 10**6, 10**30
TIME_MIN_MS = calendar.timegm((2015, 1, 1, 0, 0, 0)) * 1000
TIME_MAX_MS = calendar.timegm((2100, 1, 1, 0, 0, 0)) * 1000

_PRICE = re.compile(r"-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,30})?")
_NUMBER_PRICE = re.compile(_PRICE.pattern + r"(?:[eE][+-]?[0-9]{1,3})?")
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z")
_POWERS: list[int] = [10 ** (SCALE_EXPONENT - places) for places in range(SCALE_EXPONENT + 1)]
_PLAIN_WHOLE = 30
_WHOLE_DIGITS = 20
_SPACE = " \t\n\r"
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_BRACKETS = b"[]{}"
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(_BRACKETS)))


class NumberToken(str):
    """A JSON number as the venue wrote it: text, so that no float ever exists, but not a JSON string."""

    __slots__ = ()


Json: TypeAlias = "dict[str, Json] | list[Json] | str | bool | None"


def shown(value: object) -> str:
    """A value from outside, made safe and short for an error message or a log line."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def loads(venue: str, body: bytes) -> Json:
    """Read one JSON document (RFC 8259) whose numbers stay text.

    Args:
        venue: Named in the error.
        body: UTF-8 without a byte order mark, brackets at most 32 deep.

    Raises:
        SourceError: Anything else, also duplicate keys, NaN, Infinity and number tokens over 64 characters.
    """
    text = _decode(venue, body)
    if too_deep(body):
        raise SourceError(venue, "depth", f"brackets nested deeper than {MAX_DEPTH}")
    try:
        document, end = _scanner(venue)(text, 0)
    except StopIteration:
        document, end = None, -1
    except json.JSONDecodeError as error:
        raise SourceError(venue, "json", f"{error.msg} at {error.pos}") from None
    except RecursionError:
        raise SourceError(venue, "depth", "the parser ran out of stack") from None
    except MemoryError:
        raise SourceError(venue, "memory", f"{len(body)} bytes") from None
    if end != len(text):
        return _spaced(venue, text, document, end)
    return document


def _spaced(venue: str, text: str, document: Json, end: int) -> Json:
    """A document with white space around it; what else is there is refused."""
    if end < 0 and text[:1] in _SPACE and text.strip(_SPACE):
        return loads(venue, text.strip(_SPACE).encode())
    if end < 0 or text[end:].strip(_SPACE):
        what, at = ("Expecting value", 0) if end < 0 else ("Extra data", end)
        raise SourceError(venue, "json", f"{what} at {at}")
    return document


def too_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than 32, found without a parser and its stack."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    plain = _ESCAPE.sub(b"", body) if b"\\" in body else body
    outside = b"".join(plain.split(b'"')[::2]).translate(None, _NOT_BRACKETS)
    level = 0
    for bracket in outside:
        level += 1 if bracket in b"[{" else -1
        if level > MAX_DEPTH:
            return True
    return False


def price(venue: str, value: Json) -> int:
    """Scale a price to 1e18, rounding half to even.

    Args:
        venue: Named in the error.
        value: A decimal string without exponent, or a JSON number, which may carry one.

    Raises:
        SourceError: Not a number in that grammar (``price``), or outside 1e-12 to 1e12 (``range``).
    """
    plain = _plain(value)
    if plain is not None and SCALED_MIN <= plain <= SCALED_MAX:
        return plain
    number = _decimal(venue, value)
    if not PRICE_MIN <= number <= PRICE_MAX:
        raise SourceError(venue, "range", f"price {shown(value)} is outside 1e-12..1e12")
    context = Context(prec=80, rounding=ROUND_HALF_EVEN)
    return int(context.to_integral_value(context.scaleb(number, SCALE_EXPONENT)))


def optional_price(venue: str, value: Json) -> int | None:
    """A price, or None where the venue states none: null, an empty string, or zero (an empty side)."""
    if value is None or value == "":
        return None
    plain = _plain(value)
    if plain is not None and SCALED_MIN <= plain <= SCALED_MAX:
        return plain
    return None if _decimal(venue, value) == 0 else price(venue, value)


def rate(venue: str, value: Json) -> int:
    """Scale a rate to 1e18 = 100 %, rounding half to even; it may be negative.

    Raises:
        SourceError: Not a number in the grammar of ``price`` (``price``), or beyond 100 % either way (``range``).
    """
    number = _decimal(venue, value)
    if abs(number) > 1:
        raise SourceError(venue, "range", f"rate {shown(value)} is beyond 100 %")
    return int(Context(prec=80, rounding=ROUND_HALF_EVEN).to_integral_value(number.scaleb(SCALE_EXPONENT)))


def _plain(value: Json) -> int | None:
    """The common case, six times as fast as a Decimal: digits with at most 18 decimals, scaled to 1e18.

    ``1_000``, signs, blanks, exponents and digits of other scripts are not ``isdigit`` and ASCII, and go the long way.
    """
    if not isinstance(value, str):
        return None
    whole, point, fraction = value.partition(".")
    digits, places = whole + fraction, len(fraction)
    if not (digits.isdigit() and digits.isascii()) or places > SCALE_EXPONENT or len(whole) > _PLAIN_WHOLE:
        return None
    if (point and not fraction) or not whole or (whole[0] == "0" and whole != "0"):
        return None
    scaled: int = int(digits) * _POWERS[places]
    return scaled


def at_s(venue: str, value: Json) -> int:
    """Unix seconds, whole, as milliseconds."""
    return _in_range(venue, whole(venue, value) * 1000, value)


def at_ms(venue: str, value: Json) -> int:
    """Unix milliseconds, whole."""
    return _in_range(venue, whole(venue, value), value)


def at_us(venue: str, value: Json) -> int:
    """Unix microseconds, whole, as milliseconds (floored)."""
    return _in_range(venue, whole(venue, value) // 1000, value)


def at_ns(venue: str, value: Json) -> int:
    """Unix nanoseconds, whole, as milliseconds (floored)."""
    return _in_range(venue, whole(venue, value) // 1_000_000, value)


def at_iso(venue: str, value: Json) -> int:
    """ISO-8601 in UTC with a ``Z``, e.g. ``2024-03-13T11:10:41.270099Z``, as Unix milliseconds (floored)."""
    match = _ISO.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise SourceError(venue, "time", f"{shown(value)} is not an ISO-8601 time with Z")
    day_ms, hour, minute, second = _day_ms(match[1]), int(match[2]), int(match[3]), int(match[4])
    # No leap second either: Unix time cannot hold one.
    if day_ms is None or hour > 23 or minute > 59 or second > 59:
        raise SourceError(venue, "time", f"{shown(value)} is no date")
    millis = int((match[5] or "0").ljust(3, "0")[:3])
    return _in_range(venue, day_ms + (hour * 3600 + minute * 60 + second) * 1000 + millis, value)


@lru_cache(maxsize=8)
def _day_ms(text: str) -> int | None:
    """Unix milliseconds at which ``2024-03-13`` begins; None for a day that does not exist."""
    try:
        return calendar.timegm(date.fromisoformat(text).timetuple()) * 1000
    except ValueError:
        return None


def _decode(venue: str, body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(venue, "encoding", f"not UTF-8 at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise SourceError(venue, "encoding", "starts with a byte order mark")
    return text


@cache
def _scanner(venue: str) -> Callable[[str, int], tuple[Json, int]]:
    """One for each venue, as to make one costs as much as a small document; without ``decode``, which looks for white
    space twice.
    """
    number = _number(venue)
    scan: Callable[[str, int], tuple[Json, int]] = json.JSONDecoder(
        object_pairs_hook=_unique_keys(venue),
        parse_int=number,
        parse_float=number,
        parse_constant=_constant(venue),
    ).scan_once  # type: ignore[attr-defined]  # documented nowhere, and what ``raw_decode`` calls since Python 3.0
    return scan


def _unique_keys(venue: str) -> Callable[[list[tuple[str, Json]]], dict[str, Json]]:
    def build(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        if len(built := dict(pairs)) == len(pairs):
            return built
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise SourceError(venue, "duplicate", f"key {shown(twice)} appears twice")

    return build


def _number(venue: str) -> Callable[[str], NumberToken]:
    def build(token: str) -> NumberToken:
        if len(token) > MAX_NUMBER_CHARS:
            raise SourceError(venue, "number", f"{len(token)} characters, at most {MAX_NUMBER_CHARS}")
        return NumberToken(token)

    return build


def _constant(venue: str) -> Callable[[str], NoReturn]:
    def refuse(name: str) -> NoReturn:
        raise SourceError(venue, "number", f"{name} is not a number")

    return refuse


def _decimal(venue: str, value: Json) -> Decimal:
    grammar = _NUMBER_PRICE if isinstance(value, NumberToken) else _PRICE
    if not isinstance(value, str) or grammar.fullmatch(value) is None:
        raise SourceError(venue, "price", f"{shown(value)} is not a decimal number")
    return Decimal(value)


def whole(venue: str, value: Json) -> int:
    """A whole number of at most 20 digits, not negative."""
    if not isinstance(value, str) or not _digits(value):
        raise SourceError(venue, "time", f"{shown(value)} is not a whole number")
    return int(value)


def _digits(text: str) -> bool:
    if not (text.isdigit() and text.isascii()) or len(text) > _WHOLE_DIGITS:
        return False
    return text[0] != "0" or text == "0"


def _in_range(venue: str, at: int, value: Json) -> int:
    if not TIME_MIN_MS <= at < TIME_MAX_MS:
        raise SourceError(venue, "time", f"{shown(value)} is outside the years 2015 to 2099")
    return at
