"""From a signed observation to its record: a JSON document, hashed part by part and signed as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from eth_utils.crypto import keccak

from reporter.index.convert import Kind, route
from reporter.index.state import FeedState, Past
from reporter.models import FeedRules, Leg, Quote
from reporter.record import METHODOLOGY, camel, index_document, text
from reporter.report import Domain, report_digest
from reporter.rounds.canonical import hash_of
from reporter.rounds.form import FORM
from reporter.rounds.observation import Observation

RECORD_TYPEHASH = keccak(b"Record(uint64 observedAt,bytes32 recordHash)")
_OWN = ("feed", "legs", "weights", "fallback", "pegged")
_TERMS = tuple((f.name, camel(f.name)) for f in fields(FeedRules) if f.name not in _OWN)


def to_document(observation: Observation, configuration_hash: str) -> dict[str, Any]:
    """The record without its attestation: only the feeds of the report, and the conversions that they need.

    Args:
        configuration_hash: ``configuration_hash`` of all the reporter's rules.
    """
    moment, signed = observation.moment, observation.signed
    plan = needed(moment.plan, [e.name for e in observation.entries if e.name])
    legs = dict.fromkeys(leg for rules in plan for leg in rules.legs)
    document = {
        "form": FORM,
        "methodology": METHODOLOGY,
        "package": package_version(),
        "reporter": signed.reporter,
        "observedAt": signed.report.observed_at,
        "pricedAtMs": moment.at_ms,
        "configurationHash": configuration_hash,
        "domain": _domain(observation.domain),
        "report": _report(observation),
        "rules": [rules_document(rules) for rules in plan],
        "quotes": [_quote(moment.quotes[leg]) for leg in legs if leg in moment.quotes],
        "before": {r.feed: state_document(moment.before[r.feed]) for r in plan if r.feed in moment.before},
        "indices": [index_document(moment.indices[rules.feed]) for rules in plan],
    }
    return document | {"hashes": hashes(document)}


def attested(document: Mapping[str, Any], attestation_hash: str, signature: bytes) -> dict[str, Any]:
    """The whole record: the document with the signature of its hashes."""
    return {**document, "attestation": {"hash": attestation_hash, "signature": "0x" + signature.hex()}}


def hashes(document: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of every part of a record, by name; ``rules`` and ``before`` feed by feed."""
    return {name: hash_of(part) for name, part in _parts(document)}


def attestation_message(domain: Domain, observed_at: int, attestation_hash: str) -> bytes:
    """The 66 bytes whose hash the reporter signs for the whole record: EIP-712, in the report's domain."""
    words = RECORD_TYPEHASH + observed_at.to_bytes(32, "big") + bytes.fromhex(attestation_hash[2:])
    return b"\x19\x01" + domain.separator() + keccak(words)


def attestation_digest(domain: Domain, observed_at: int, attestation_hash: str) -> bytes:
    """The 32 bytes that are signed for the whole record."""
    return keccak(attestation_message(domain, observed_at, attestation_hash))


def configuration_hash(plan: Sequence[FeedRules]) -> str:
    """SHA-256 of all the rules that a reporter runs by, by feed."""
    return hash_of({rules.feed: rules_document(rules) for rules in plan})


def rules_document(rules: FeedRules) -> dict[str, Any]:
    """Every parameter of a feed's index."""
    return {
        "feed": rules.feed,
        "legs": [{"venue": leg.venue, "symbol": leg.symbol} for leg in rules.legs],
        "weights": dict(rules.weights),
        "fallback": list(rules.fallback),
        "pegged": rules.pegged,
        **{key: getattr(rules, name) for name, key in _TERMS},
    }


def needed(plan: Sequence[FeedRules], feeds: Sequence[str]) -> tuple[FeedRules, ...]:
    """The rules of these feeds and of every conversion behind them, in the plan's order."""
    by_feed = {rules.feed: rules for rules in plan}
    wanted, queue = set[str](), list(feeds)
    while queue:
        feed = queue.pop()
        if feed not in wanted and feed in by_feed:
            wanted.add(feed)
            queue += _conversions(by_feed[feed])
    return tuple(rules for rules in plan if rules.feed in wanted)


@lru_cache(maxsize=1)
def package_version() -> str:
    """The version of this package."""
    return version("spotline")


def _conversions(rules: FeedRules) -> Iterator[str]:
    ways = (route(rules.feed, leg.symbol) for leg in rules.legs)
    return (way.via for way in ways if way.kind is Kind.TIMES)


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, part in document.items():
        if key in ("hashes", "attestation"):
            continue
        if key == "rules":
            yield from ((f"rules.{rules['feed']}", rules) for rules in part)
        elif key == "before":
            yield from ((f"before.{feed}", state) for feed, state in part.items())
        else:
            yield key, part


def _domain(domain: Domain) -> dict[str, Any]:
    return {
        "name": "Spotline",
        "version": "1",
        "chainId": domain.chain_id,
        "verifyingContract": domain.aggregator,
        "configDigest": "0x" + domain.config_digest.hex(),
    }


def _report(observation: Observation) -> dict[str, Any]:
    report = observation.signed.report
    rows = zip(observation.entries, report.feed_ids, report.prices, strict=True)
    return {
        "feeds": [
            {
                "feed": entry.name,
                "feedId": "0x" + identifier.hex(),
                "decimals": entry.decimals,
                "price": str(price),
                "abstained": str(entry.abstained),
            }
            for entry, identifier, price in rows
        ],
        "digest": "0x" + report_digest(observation.domain.separator(), report).hex(),
        "signature": "0x" + observation.signed.signature.hex(),
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "venue": quote.venue,
        "symbol": quote.symbol,
        "bid": text(quote.bid),
        "ask": text(quote.ask),
        "last": text(quote.last),
        "bookAtMs": quote.book_at_ms,
        "lastAtMs": quote.last_at_ms,
        "receivedAtMs": quote.received_at_ms,
        "label": quote.label,
    }


def state_document(state: FeedState) -> dict[str, Any]:
    """A feed's memory, as ``parse.state_from`` reads it."""
    return {
        "excluded": [_leg(leg) | {"backSinceMs": since_ms} for leg, since_ms in state.excluded],
        "biases": {
            venue: [{"slot": slot, "sum": str(part)} for slot, part in sums] for venue, sums in state.biases
        },
        "biasAtMs": state.bias_at_ms,
        "barred": list(state.barred),
        "atMs": state.at_ms,
        "last": None if state.last is None else _past(state.last),
        "history": [_past(past) for past in state.history],
    }


def _leg(leg: Leg) -> dict[str, Any]:
    return {"venue": leg.venue, "symbol": leg.symbol}


def _past(past: Past) -> dict[str, Any]:
    return {"atMs": past.at_ms, "price": str(past.price)}
