"""Strict JSON: one meaning for each body, and a refusal with a reason for every other."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import SourceError
from reporter.sources import strict
from reporter.sources.strict import NumberToken

pytestmark = pytest.mark.unit


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


REFUSED = {
    "empty": (b"", "json"),
    "bom": (b"\xef\xbb\xbf{}", "encoding"),
    "utf-16": ('{"a":"1"}'.encode("utf-16"), "encoding"),
    "utf-16 without mark": ('{"a":"1"}'.encode("utf-16-le"), "json"),
    "utf-32": ('{"a":"1"}'.encode("utf-32"), "encoding"),
    "invalid utf-8": (b'{"a":"\xff"}', "encoding"),
    "overlong utf-8": (b'{"a":"\xc0\xaf"}', "encoding"),
    "surrogate in utf-8": (b'{"a":"\xed\xa0\x80"}', "encoding"),
    "raw NUL": (b'{"a":"\x00"}', "json"),
    "raw newline in a string": (b'{"a":"1\n"}', "json"),
    "trailing comma": (b"[1,]", "json"),
    "trailing garbage": (b"{} x", "json"),
    "two documents": (b"{}{}", "json"),
    "single quotes": (b"{'a':1}", "json"),
    "unclosed": (b'{"a":', "json"),
    "duplicate key": (b'{"price":"1","price":"2"}', "duplicate"),
    "duplicate key, escaped": (b'{"price":"1","\\u0070rice":"2"}', "duplicate"),
    "duplicate key below": (b'[{"x":{"a":1,"a":1}}]', "duplicate"),
    "NaN": (b'{"a":NaN}', "number"),
    "Infinity": (b"[Infinity]", "number"),
    "-Infinity": (b"[-Infinity]", "number"),
    "leading zero": (b"[01]", "json"),
    "plus": (b"[+1]", "json"),
    "no fraction": (b"[1.]", "json"),
    "no whole": (b"[.5]", "json"),
    "hexadecimal": (b"[0x10]", "json"),
    "underscore": (b"[1_000]", "json"),
    "full-width digits": ("[１]".encode(), "json"),  # noqa: RUF001
    "65 characters": (b"[" + b"1" * 65 + b"]", "number"),
    "4,000 digits": (b"[" + b"9" * 4_000 + b"]", "number"),
    "4,301 digits": (b"[" + b"9" * 4_301 + b"]", "number"),
    "5,000 digits": (b"[" + b"9" * 5_000 + b"]", "number"),
    "65 characters of fraction": (b"[0." + b"1" * 63 + b"]", "number"),
    "depth 33": (nested(33), "depth"),
    "depth 990": (nested(990), "depth"),
    "depth 100,000": (nested(100_000), "depth"),
    "depth 100,000 unclosed": (b"[" * 100_000, "depth"),
    "depth 33 of objects": (b'{"a":' * 33 + b"1" + b"}" * 33, "depth"),
    "depth 33 after an escaped quote": (b'["\\"",' + nested(32) + b"]", "depth"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_loads__bad_body__refused_with_its_reason(name: str) -> None:
    body, reason = REFUSED[name]

    with pytest.raises(SourceError) as refused:
        strict.loads("v", body)

    assert (refused.value.venue, refused.value.reason) == ("v", reason)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"null", None),
        (b"[]", []),
        (b'"text"', "text"),
        (b' {"a" : [true, false, null]} ', {"a": [True, False, None]}),
        (b'{"__proto__":{"price":"1"}}', {"__proto__": {"price": "1"}}),
        (b'{"a":1,"A":2}', {"a": "1", "A": "2"}),
        (b'"' + b"x" * 1_000_000 + b'"', "x" * 1_000_000),
        (b'["' + b"[" * 100 + b'"]', ["[" * 100]),
        (b'["\\"' + b"[" * 100 + b'"]', ['"' + "[" * 100]),
        (b'["\\\\",' + b"[]," * 40 + b"0]", ["\\", *[[]] * 40, "0"]),
    ],
)
def test_loads__good_body__read(body: bytes, document: Any) -> None:
    assert strict.loads("v", body) == document


@pytest.mark.parametrize("levels", [1, 31, 32])
def test_loads__depth_up_to_32__read(levels: int) -> None:
    assert json.dumps(strict.loads("v", nested(levels))).encode() == nested(levels)


def test_loads__lone_surrogate_escape__harmless() -> None:
    assert strict.shown(strict.loads("v", b'"\\ud800"')) == "'\\ud800'"


def test_loads__100_000_keys__read_without_fuss() -> None:
    body = json.dumps({str(n): "1" for n in range(100_000)}).encode()

    assert len(dict(strict.loads("v", body))) == 100_000  # type: ignore[arg-type]


@pytest.mark.parametrize("token", ["9007199254740993", "0.1", "1e999", "-0.0", "1E400", "1" * 64])
def test_loads__number__kept_as_the_text_it_was(token: str) -> None:
    (number,) = strict.loads("v", f"[{token}]".encode())  # type: ignore[union-attr]

    assert isinstance(number, NumberToken)
    assert number == token


def test_loads__string_of_digits__is_not_a_number() -> None:
    assert not isinstance(strict.loads("v", b'"1"'), NumberToken)


def test_loads__parser_out_of_stack__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict, "too_deep", lambda body: False)

    with pytest.raises(SourceError) as refused:
        strict.loads("v", nested(100_000))

    assert refused.value.reason == "depth"


def test_loads__out_of_memory__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(strict, "_scanner", lambda venue: out_of_memory)

    with pytest.raises(SourceError) as refused:
        strict.loads("v", b"[]")

    assert refused.value.reason == "memory"


def test_shown__hostile_text__one_short_line_of_ascii() -> None:
    text = strict.shown("\x1b[31m\n‮${jndi:x}" + "A" * 1_000_000)  # noqa: PLE2502

    assert text.isascii()
    assert text.isprintable()
    assert len(text) == 60


@given(st.binary(max_size=300) | st.text(alphabet='[]{}",:\\u0019aeE+-. \n', max_size=200).map(str.encode))
def test_loads__any_bytes__a_document_or_a_source_error(body: bytes) -> None:
    try:
        document = strict.loads("v", body)
    except SourceError:
        return

    assert json.loads(body, parse_int=str, parse_float=str) == document


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_loads__any_json_that_python_writes__read_back(document: Any) -> None:
    assert strict.loads("v", json.dumps(document).encode()) == document
