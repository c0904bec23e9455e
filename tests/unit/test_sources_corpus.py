"""The corpus of bad input against every venue's parser, and mutated payloads against a naive reading of them.

A parser says the price that the body says, or gives a typed error; never anything else, never another symbol's.
"""

import json
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.errors import SourceError
from reporter.models import Quote
from reporter.sources import Fetched, make_source
from tests.unit.venue_cases import (
    BOOKS,
    EXPECTED,
    GOLDEN,
    KEYS,
    KINDS,
    TIMED,
    first,
    golden,
    parse,
    rows,
    scaled,
)

pytestmark = pytest.mark.unit

DIGITS = "1" * 25
BAD_NUMBERS = "-1 1e999 -1e999 1e-999 1E400 NaN Infinity -Infinity 01 +1 1. .5 0x10 1_000 true false 9007199254740993 1e308"
BAD_TEXTS = "1_000 1,000.5 1.000,5 1e5 1e999 1e1000000 1e3000000 nan sNaN inf 0x1p3 +1 01 1. .5 -1 -0.5 true null 0x10"
BAD_TOKENS = [
    *BAD_NUMBERS.split(),
    *('{"v":100}', "{}", "[]", "[100]", "1" * 31, "1" * 50, "1" * 4_000, "1" * 4_301, "1" * 5_000),
    *(f'"{text}"' for text in BAD_TEXTS.split()),
    *('"100 "', '" 100"', '"100\\n"', '"100\\u0000"', '"' + "1" * 31 + '"'),
    *('"\uff11\uff12\uff13"', '"\u0661\u0662\u0663"'),
]
EMPTY_TOKENS = ["0", "-0", "-0.0", "0.000", '"0"', '"0.00000000"', '""', "null"]
GOOD_TOKENS = {
    "90071992547.40993": 9007199254740993 * 10**13,
    "0.1": 10**17,
    '"0.1"': 10**17,
    "1e5": 10**23,
    f'"0.{DIGITS}"': 111_111_111_111_111_111,
    f'"1.{"0" * 17}15"': 10**18 + 2,
    "123456789012.12345678901": 123456789012123456789010000000,
    '"0.000000000001"': 10**6,
    '"1000000000000"': 10**30,
}
DEEP = {depth: b"[" * depth + b"]" * depth for depth in (31, 32, 33, 990, 100_000)}
BAD_BODIES = {
    "empty": b"",
    "null": b"null",
    "array": b"[]",
    "object": b"{}",
    "text": b'"65000"',
    "number": b"65000",
    "invalid UTF-8": b'{"price":"\xff"}',
    "NUL": b'{"price":\x00}',
    "trailing comma": b'{"a":1,}',
    "100,000 keys": json.dumps({f"k{n}": n for n in range(100_000)}).encode(),
    "1 MB of text": b'"' + b"x" * 1_000_000 + b'"',
    "__proto__": b'{"__proto__":{"price":"1"}}',
    "lone surrogate": b'{"symbol":"\\ud800"}',
    "an error": b'{"code":-1121,"msg":"Invalid symbol.","success":false,"status":"error","error":["E"]}',
    "array of arrays": b"[[]]",
    "array of nulls": b"[null,null]",
    **{f"depth {depth}": body for depth, body in DEEP.items()},
}


def outcome(kind: str, body: bytes) -> Fetched:
    """What a parser makes of a body; a refusal as a whole is an error like the others."""
    source = make_source(kind)
    (request,) = source.requests(tuple(row[0] for row in EXPECTED[kind]))
    try:
        return source.parse(body, request, 0)
    except SourceError as error:
        return Fetched(errors=(error,))


def with_token(kind: str, token: str) -> bytes:
    """The documented payload whose first bid, or mark, is this JSON text."""
    document, key = golden(kind), first(kind)
    rows(kind, document)[0][key] = ["@", "1", "1.000"] if kind == "kraken" else "@"
    return json.dumps(document).replace('"@"', token).encode()


@pytest.mark.parametrize("token", BAD_TOKENS)
@pytest.mark.parametrize("kind", KINDS)
def test_parse__bad_number_for_a_price__no_quote_of_that_market(kind: str, token: str) -> None:
    fetched = outcome(kind, with_token(kind, token))

    assert fetched.errors
    assert EXPECTED[kind][0][0] not in [quote.symbol for quote in fetched.quotes]


@pytest.mark.parametrize("token", EMPTY_TOKENS)
@pytest.mark.parametrize("kind", BOOKS)
def test_parse__nothing_for_a_price__that_side_is_none(kind: str, token: str) -> None:
    fetched = outcome(kind, with_token(kind, token))

    assert fetched.errors == ()
    assert fetched.quotes[0].bid is None


@pytest.mark.parametrize("token", GOOD_TOKENS)
@pytest.mark.parametrize("kind", KINDS)
def test_parse__unusual_but_exact_number__read_to_the_last_digit(kind: str, token: str) -> None:
    fetched = outcome(kind, with_token(kind, token))

    assert fetched.errors == ()
    read = fetched.quotes[0].bid if kind in BOOKS else fetched.quotes[0].last
    assert read == GOOD_TOKENS[token]


@pytest.mark.parametrize("name", BAD_BODIES)
@pytest.mark.parametrize("kind", KINDS)
def test_parse__bad_body__errors_and_no_quote(kind: str, name: str) -> None:
    fetched = outcome(kind, BAD_BODIES[name])

    assert fetched.quotes == ()
    assert fetched.errors


@pytest.mark.parametrize("kind", KINDS)
def test_parse__payload_dressed_otherwise__refused(kind: str) -> None:
    body = (GOLDEN / f"{kind}.json").read_bytes()
    first = json.dumps(golden(kind)).encode()
    dressed = [
        b"\xef\xbb\xbf" + body,
        body.decode().encode("utf-16"),
        body.decode().encode("utf-32"),
        body + body,
    ]

    for bad in (*dressed, first[:-1] + b",", first + b"x", b"[" * 33 + first + b"]" * 33):
        assert outcome(kind, bad).quotes == ()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "bitfinex"])  # whose rows are arrays
def test_parse__a_key_twice__refused(kind: str) -> None:
    key = first(kind)
    text = (GOLDEN / f"{kind}.json").read_text()
    twice = text.replace(f'"{key}":', f'"{key}":"1","{key}":', 1)

    fetched = outcome(kind, twice.encode())

    assert fetched.quotes == ()
    assert fetched.errors[0].reason == "duplicate"


@pytest.mark.parametrize(
    "at", [0, -1, 1e3, 253402300799000, 4102444800000, 17908487690, "2024-03-13", "now", [1]]
)
@pytest.mark.parametrize("kind", TIMED)
def test_parse__impossible_time__no_quote_of_that_market(kind: str, at: Any) -> None:
    document, key = golden(kind), KEYS[kind][1]
    assert key is not None
    rows(kind, document)[0][key] = at

    fetched = parse(kind, document)

    assert EXPECTED[kind][0][0] not in [quote.symbol for quote in fetched.quotes]
    assert {error.reason for error in fetched.errors} <= {"time"}


@pytest.mark.parametrize("kind", BOOKS)
def test_parse__bid_and_ask_swapped__read_as_they_stand_for_the_index_to_drop(kind: str) -> None:
    document, (bid, ask, _) = golden(kind), KEYS[kind][0]
    row = rows(kind, document)[0]
    row[bid], row[ask] = row[ask], row[bid]

    quote = parse(kind, document).quotes[0]

    assert (quote.ask, quote.bid) == (scaled(EXPECTED[kind][0][1]), scaled(EXPECTED[kind][0][2]))


# --- mutations against a naive reading

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**20),
    st.decimals(0, 10**9, places=8).map(str),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [before, *(path for key, each in inner for path in paths(each, (*before, key)))]


def place(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    document[path[0]] = place(document[path[0]], path[1:], value)
    return document


def naive(text: Any) -> int | None:
    """A price by Decimal, 1e18; None for nothing."""
    text = text[0] if isinstance(text, list) else text
    with localcontext() as context:
        context.prec = 80
        number = Decimal(0) if text in (None, "") else Decimal(str(text))
        return int((number * 10**18).to_integral_value(ROUND_HALF_EVEN)) or None


def says(kind: str, body: bytes, quote: Quote) -> bool:
    """Whether some row of the body has exactly these three prices."""
    found = rows(kind, json.loads(body, parse_float=Decimal))
    for row in found:
        try:
            read = tuple(
                naive(row[key] if kind == "bitfinex" else row.get(key)) if key else None
                for key in KEYS[kind][0]
            )
        except (InvalidOperation, AttributeError, TypeError, IndexError):
            continue
        if read == (quote.bid, quote.ask, quote.last):
            return True
    return False


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_parse__any_place_replaced__what_the_body_says_or_a_typed_error(
    kind: str, data: st.DataObject
) -> None:
    document = golden(kind)
    path = data.draw(st.sampled_from(paths(document)))
    body = json.dumps(place(document, path, data.draw(leaves))).encode()

    fetched = outcome(kind, body)

    asked = {row[0]: row for row in EXPECTED[kind]}
    for quote in fetched.quotes:
        assert quote.symbol in asked
        assert says(kind, body, quote)
    assert len({quote.symbol for quote in fetched.quotes}) == len(fetched.quotes)
    assert fetched.errors or {quote.symbol for quote in fetched.quotes} == set(asked)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_parse__any_byte_changed__what_the_body_says_or_a_typed_error(kind: str, data: st.DataObject) -> None:
    body = bytearray((GOLDEN / f"{kind}.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    fetched = outcome(kind, bytes(body))

    for quote in fetched.quotes:
        assert quote.symbol in [row[0] for row in EXPECTED[kind]]
        assert says(kind, bytes(body), quote)
