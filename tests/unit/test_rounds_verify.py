"""A record verifies, and no value in it can be changed without the verification naming it."""

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.keys import LocalSigner
from reporter.models import Leg, Report, feed_id
from reporter.report import report_digest
from reporter.rounds.canonical import hash_of
from reporter.rounds.document import attestation_digest, hashes, rules_document
from reporter.rounds.parse import NotARecord, from_document
from reporter.rounds.verify import against_configuration, verify
from tests.unit.peers import DOMAIN, NOW_S, SIGNERS
from tests.unit.rounds import RULES, at, changed, leaves, observation, record, signed_again

pytestmark = pytest.mark.unit

XRP = next(rules for rules in RULES if rules.feed == "XRP/USD")
LEAVES = list(leaves(record()))
OTHER_WORDS = {
    "kept": "other",
    "clock": {"book": "last", "last": "book", "received": "book"},
    "status": {"OK": "REDUCED", "REDUCED": "OK", "INVALID": "HELD"},
    "abstained": {"": "not due", "not due": "not newer", "no signable index": "not due", "unknown feed": "not due"},
    "feed": {"BTC/USD": "BTC/EUR", "ETH/USD": "ETH/EUR", "SOL/USD": "SOL/EUR"},
    "symbol": "BTC/EUR",
}  # fmt: skip
WHOLE = re.compile(r"-?[0-9]+")


def other(path: tuple[Any, ...]) -> Any:
    """A value of the same form as the one at the path, and not that one."""
    value, key = at(record(), path), str(path[-1])
    if isinstance(value, str):
        words = OTHER_WORDS.get(key)
        return words or _other_text(value) if not isinstance(words, dict) else words.get(value, "USDC/USD")
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return {"decimals": 8, "feed": "DOGE/USD"}.get(key, 1 if key.endswith("Ms") else "1")
    return {"z": 1} if isinstance(value, dict) else ["x"]


def _other_text(value: str) -> str:
    if value.startswith("0x"):
        return value[:-1] + ("1" if value[-1] != "1" else "2")
    if WHOLE.fullmatch(value):
        return str(int(value) + 1)
    return value + "x" if re.fullmatch("[a-z]*", value) else "x" + value


def names(path: tuple[Any, ...]) -> list[str]:
    """Parts of a reason's path, one of which must be in it."""
    whole = record()
    if path[0] == "rules":
        return [f"rules.{whole['rules'][path[1]]['feed']}", f"rules.{path[1]}."]
    if path[0] == "before":
        return [f"before.{path[1]}"]
    if path[0] == "quotes":
        quote = whole["quotes"][path[1]]
        place = f"{quote['venue']}:{quote['symbol']}"
        return ["quotes."] if path[2] in ("venue", "symbol") else [f"{place}.{path[2]}", "quotes."]
    if path[0] == "indices":
        return [f"indices.{whole['indices'][path[1]]['feed']}", "indices."]
    if path[0] == "hashes":
        return [str(path[1])]
    return [str(path[0])]


def reasons(document: dict[str, Any]) -> list[str]:
    try:
        return [difference.path for difference in verify(document)]
    except NotARecord as error:
        return [error.path]


def test_record__as_written__verifies() -> None:
    assert verify(record()) == []


def test_record__as_written__holds_every_kind_of_input() -> None:
    whole = record()

    states = whole["before"]["BTC/USD"]
    assert [leg["venue"] for leg in states["excluded"]] == ["f", "e"]
    assert states["barred"] == ["e", "f"]
    assert len(states["history"]) > 10
    assert [entry["abstained"] for entry in whole["report"]["feeds"]] == [
        "", "not due", "no signable index", "unknown feed"
    ]  # fmt: skip
    assert [rules["feed"] for rules in whole["rules"]] == ["USDT/USD", "SOL/USD", "BTC/USD", "ETH/USD"]
    assert len(LEAVES) > 700


@pytest.mark.parametrize("part", sorted({path[0] for path in LEAVES}))
def test_verify__any_one_value_changed__fails_and_names_it(part: str) -> None:
    paths = [path for path in LEAVES if path[0] == part]

    for path in paths:
        found = reasons(changed(path, other(path)))
        assert any(name in reason for name in names(path) for reason in found), (path, found)


@pytest.mark.parametrize("part", ["quotes", "rules", "before", "report", "indices", "package"])
def test_verify__changed_and_hashed_again_without_the_key__signature_fails(part: str) -> None:
    for path in [path for path in LEAVES if path[0] == part][::7]:
        document = changed(path, other(path))
        parts = hashes(document)
        attestation = document["attestation"] | {"hash": hash_of(parts)}
        found = reasons(document | {"hashes": parts, "attestation": attestation})
        assert "attestation.signature" in found or len(found) == 1, path  # or it is no record any more


def test_verify__every_key_left_out_or_added__refused_by_its_path() -> None:
    objects = {path[:length] for path in LEAVES for length in range(len(path))}
    for path in objects:
        holder = at(record(), path)
        if (
            isinstance(holder, dict)
            and path not in (("hashes",), ("before",))
            and path[-1:] not in (("weights",), ("biases",))
        ):
            key = next(iter(holder))
            without = {k: v for k, v in holder.items() if k != key}
            for document in (without, holder | {"extra": 1}):
                whole = document if not path else changed(path, document)
                with pytest.raises(NotARecord, match=rf"\b({key}|extra)\b"):
                    verify(whole)


def sign_report(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the signature of the report that it now holds, and everything over it."""
    entries = document["report"]["feeds"]
    ids, prices = (bytes.fromhex(e["feedId"][2:]) for e in entries), (int(e["price"]) for e in entries)
    digest = report_digest(DOMAIN.separator(), Report(document["observedAt"], tuple(ids), tuple(prices)))
    document["report"]["digest"] = "0x" + digest.hex()
    document["report"]["signature"] = "0x" + SIGNERS[0].sign(digest).hex()
    return signed_again(document)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("report", "feeds", 0, "price"), "6400000000001", "report.BTC/USD.price"),
        (("report", "feeds", 0, "decimals"), 9, "report.BTC/USD.price"),
        (("report", "feeds", 0, "abstained"), "not due", "report.BTC/USD.abstained"),
        (("report", "feeds", 1, "abstained"), "", "report.ETH/USD.abstained"),
        (("report", "feeds", 1, "abstained"), "no signable index", "report.ETH/USD.abstained"),
        (("report", "feeds", 2, "abstained"), "not due", "report.SOL/USD.abstained"),
        (("report", "feeds", 2, "price"), "1", "report.SOL/USD.price"),
        (("report", "feeds", 3, "price"), "1", "DOGE"),
        (("indices", 2, "price"), "1", "indices.BTC/USD.price"),
        (("indices", 2, "flags"), ["VOLATILE"], "indices.BTC/USD.flags"),
        (("indices", 2, "sources", 0, "weightPpm"), 1, "indices.BTC/USD.sources.a:BTC/USD.weightPpm"),
        (("pricedAtMs",), (NOW_S - 1) * 1000 + 1, "pricedAtMs"),
        (("pricedAtMs",), (NOW_S - 3) * 1000, "pricedAtMs"),
        (("methodology",), "0.1", "methodology"),
        (("rules", 2, "maxAgeMs"), 100, "indices.BTC/USD"),
        (("rules", 2, "biasWindowMs"), 1, "rules"),
        (("before",), {}, "indices.BTC/USD"),
        (("quotes",), [], "indices.BTC/USD"),
    ],
)  # fmt: skip
def test_verify__the_reporter_itself_signs_what_does_not_follow__named(path, value, named) -> None:
    document = sign_report(changed(path, value))

    assert any(
        named in reason or (named == "DOGE" and feed_id("DOGE/USD").hex() in reason)
        for reason in reasons(document)
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d["rules"].pop(1), "rules.SOL/USD"),
        (lambda d: d["rules"].append(d["rules"][1]), "rules"),
        (lambda d: d["rules"].append(rules_document(XRP)), "rules.XRP/USD"),
        (lambda d: d["quotes"].append(d["quotes"][0]), "quotes.a:USDT/USD"),
        (lambda d: d["quotes"].append(d["quotes"][0] | {"symbol": "USDT/EUR"}), "quotes.a:USDT/EUR"),
        (lambda d: d["before"].update({"XRP/USD": d["before"]["BTC/USD"]}), "before.XRP/USD"),
        (lambda d: d["indices"].pop(), "indices.ETH/USD"),
        (lambda d: d["indices"].append(d["indices"][0]), "indices.USDT/USD"),
        (lambda d: d["report"]["feeds"][0].update(feedId="0x" + feed_id("BTC/EUR").hex()), "report.BTC/USD.feedId"),
        (lambda d: d["report"]["feeds"].append(d["report"]["feeds"][0]), "report"),
    ],
)  # fmt: skip
def test_verify__parts_that_do_not_belong_together__named(change, named) -> None:
    document = record()
    change(document)

    assert named in reasons(signed_again(document))


def test_verify__another_reporter_attests_the_record_as_its_own__the_report_is_still_not_its() -> None:
    thief = LocalSigner(b"\x55" * 32)
    document = signed_again(record() | {"reporter": thief.address})
    whole = attestation_digest(DOMAIN, document["observedAt"], document["attestation"]["hash"])
    document["attestation"]["signature"] = "0x" + thief.sign(whole).hex()

    assert reasons(document) == ["report.signature"]


def test_verify__against_its_own_configuration__nothing() -> None:
    assert against_configuration(record(), RULES) == []


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"max_age_ms": 1}, "rules.SOL/USD.maxAgeMs"),
        ({"weights": (("a", 2),)}, "rules.SOL/USD.weights.a"),
        ({"feed": "SOL/EUR", "legs": (Leg("a", "SOL/EUR"),), "min_venues": 1}, "rules.SOL/USD"),
    ],
)
def test_verify__against_another_configuration__rule_named(terms: dict[str, Any], named: str) -> None:
    ours = [replace(rules, **terms) if rules.feed == "SOL/USD" else rules for rules in RULES]

    found = [difference.path for difference in against_configuration(record(), ours)]

    assert found == [named, "configurationHash"]


HOSTILE = st.sampled_from(
    [0, 1, -1, 2**53 - 1, 2**60, "0", "-1", "9" * 60, "", None, True, [], {}, "BTC/USD", "0x"]
)


@given(path=st.sampled_from(LEAVES), value=HOSTILE, again=st.booleans())
def test_verify__any_value_anywhere__a_verdict_and_never_an_accident(path, value, again) -> None:
    document = changed(path, value)
    with suppress(TypeError, AttributeError, OverflowError, KeyError):
        document = signed_again(document) if again else document

    assert all(isinstance(reason, str) for reason in reasons(document))


def test_from_document__values__are_those_that_were_priced() -> None:
    moment = observation().moment

    parsed = from_document(record())

    assert parsed.rules == tuple(rules for rules in moment.plan if rules.feed != "XRP/USD")
    assert len(parsed.quotes) == 16
    assert all(moment.quotes[leg] == quote for leg, quote in parsed.quotes.items())
    assert parsed.before == {rules.feed: moment.before[rules.feed] for rules in parsed.rules}
    assert parsed.signed == observation().signed
