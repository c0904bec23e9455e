"""The form of a record: the shipped JSON Schema, the strict reading, and the canonical bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reporter.models import FeedRules
from reporter.rounds.canonical import MAX_BYTES, canonical, hash_of, loads
from reporter.rounds.form import RulesForm, schema
from reporter.rounds.parse import NotARecord, from_document
from tests.unit.rounds import at, body, changed, leaves, record

pytestmark = pytest.mark.unit

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "reporter" / "schema" / "round.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
BROKEN: dict[str, tuple[tuple[Any, ...], Any]] = {
    "another form": (("form",), "spotline-round-2"),
    "no methodology": (("methodology",), None),
    "a short address": (("reporter",), "0x1234"),
    "a time as text": (("observedAt",), "1700000000"),
    "a time of zero": (("observedAt",), 0),
    "a time over 32 bits": (("observedAt",), 2**32),
    "a boolean for a number": (("pricedAtMs",), True),
    "a negative time": (("pricedAtMs",), -1),
    "a time over 2^53": (("pricedAtMs",), 2**53),
    "a hash in capitals": (("configurationHash",), "0x" + "AB" * 32),
    "a hash without 0x": (("configurationHash",), "ab" * 32),
    "another name of the domain": (("domain", "name"), "Chainlink"),
    "chain 0": (("domain", "chainId"), 0),
    "no feeds": (("report", "feeds"), []),
    "too many feeds": (("report", "feeds"), [record()["report"]["feeds"][0]] * 256),
    "a price as a number": (("report", "feeds", 0, "price"), 1),
    "a negative price": (("report", "feeds", 0, "price"), "-1"),
    "a price with a leading zero": (("report", "feeds", 0, "price"), "01"),
    "a price with a fraction": (("report", "feeds", 0, "price"), "1.0"),
    "a price in full-width digits": (("report", "feeds", 0, "price"), "\uff11"),
    "19 decimals": (("report", "feeds", 0, "decimals"), 19),
    "a feed name too long for an id": (("report", "feeds", 0, "feed"), "A" * 16 + "/" + "B" * 16),
    "an unknown reason to abstain": (("report", "feeds", 0, "abstained"), "tired"),
    "a short signature": (("report", "signature"), "0x" + "11" * 65),
    "no rules": (("rules",), None),
    "a rule as text": (("rules", 0, "maxAgeMs"), "30000"),
    "no legs": (("rules", 0, "legs"), []),
    "a weight of zero": (("rules", 2, "weights"), {"a": 0}),
    "a venue in capitals": (("quotes", 0, "venue"), "Kraken"),
    "a symbol without a slash": (("quotes", 0, "symbol"), "BTCUSD"),
    "a bid as a number": (("quotes", 0, "bid"), 1),
    "an endless bid": (("quotes", 0, "bid"), "9" * 61),
    "a quote that never arrived": (("quotes", 0, "receivedAtMs"), None),
    "a memory of no feed": (("before",), {"Bitcoin": record()["before"]["BTC/USD"]}),
    "a pair in the history": (("before", "BTC/USD", "history", 0), [1, "1"]),
    "another status": (("indices", 0, "status"), "FINE"),
    "another clock": (("indices", 0, "sources", 0, "clock"), "wall"),
    "kept as text": (("indices", 0, "sources", 0, "kept"), "true"),
    "no attestation": (("attestation",), None),
}


def test_schema__shipped__is_the_one_of_the_code_and_valid() -> None:
    assert schema() == SCHEMA  # make schema writes it
    Draft202012Validator.check_schema(SCHEMA)


def test_schema__a_real_record__holds() -> None:
    assert list(VALIDATOR.iter_errors(record())) == []


def test_schema__rules__are_all_of_the_code() -> None:
    assert set(RulesForm.model_fields) == set(FeedRules.__dataclass_fields__)


@pytest.mark.parametrize("name", BROKEN)
def test_form__broken__refused_by_schema_and_reader_alike(name: str) -> None:
    path, value = BROKEN[name]
    document = changed(path, value)

    assert list(VALIDATOR.iter_errors(document)) != []
    with pytest.raises(NotARecord) as raised:
        from_document(document)
    assert raised.value.path.startswith(str(path[0]))


@pytest.mark.parametrize("document", [None, [], "x", 1, {}, {"form": "spotline-round-1"}])
def test_form__no_record_at_all__refused(document: Any) -> None:
    assert list(VALIDATOR.iter_errors(document)) != []
    with pytest.raises(NotARecord):
        from_document(document)


VALUES = st.sampled_from(
    [None, True, 0, 1, -1, 2**53, "", "0", "1", "-1", "01", "0x", [], {}, "BTC/USD", "OK"]
)


@given(path=st.sampled_from(list(leaves(record()))), value=VALUES)
def test_form__any_value_anywhere__schema_and_reader_agree(path: tuple[Any, ...], value: Any) -> None:
    document = changed(path, value)

    try:
        from_document(document)
        read = True
    except NotARecord:
        read = False

    assert read == (next(VALIDATOR.iter_errors(document), None) is None)


def test_canonical__a_record__is_its_own_canonical_text() -> None:
    assert canonical(record()) == body()
    assert record()["hashes"]["domain"] == hash_of(dict(reversed(record()["domain"].items())))


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"b": 1, "a": [True, None, -5]}, '{"a":[true,null,-5],"b":1}'),
        ({"\u20ac": '"\\\n\x1f/', "A": "\x7f\u00fc"}, '{"A":"\x7f\u00fc","\u20ac":"\\"\\\\\\n\\u001f/"}'),
    ],
)  # the forms of RFC 8785, section 3.2.2.2
def test_canonical__known_values__the_text_of_rfc_8785(document: Any, text: str) -> None:
    assert canonical(document) == text.encode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'{"a":1,"a":2}', "'a' stands twice"),
        (b'{"a":1.0}', "1.0 is not an integer"),
        (b'{"a":1e3}', "1e3 is not an integer"),
        (b'{"a":NaN}', "NaN is not an integer"),
        (b'{"a":' + b"1" * 5_000 + b"}", "a number of 5000 digits"),
        (b"[" * 17 + b"]" * 17, "deeper than 16"),
        (b"[" * 100_000, "deeper than 16"),
        (b'"\\ud800"', "surrogates not allowed"),
        (b'"\xff"', "invalid start byte"),
        (b"", "Expecting value"),
        (b"{} {}", "Extra data"),
        (b" " * (MAX_BYTES + 1), "more than"),
    ],
)
def test_loads__not_strict_json__refused(text: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        loads(text)


def test_changed__a_record__leaves_the_first_as_it_was() -> None:
    before = record()

    after = changed(("quotes", 0, "bid"), "1")

    assert at(after, ("quotes", 0, "bid")) == "1"
    assert before == record()
