"""A real record: an hour of a market with outliers that the bias monitor bars, conversions, then one signature."""

import copy
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from reporter.book import Book
from reporter.index import plan
from reporter.models import SCALE, FeedRules, Leg, Quote, feed_id
from reporter.peers.observe import Context, FeedTerms, Observer
from reporter.pricing import Pricer
from reporter.recorder import finished, message_of
from reporter.rounds.canonical import hash_of, loads
from reporter.rounds.document import attestation_digest, configuration_hash, hashes, to_document
from reporter.rounds.observation import Observation
from reporter.trigger import TriggerRules
from tests.unit.peers import (
    BTC,
    DOMAIN,
    ETH,
    NOW_S,
    REPORTERS,
    SIGNERS,
    MemoryLedger,
    at_once,
    request,
    round_,
)

UNKNOWN = feed_id("DOGE/USD")
QUIET = feed_id("SOL/USD")
RULES = plan(
    [
        FeedRules("USDT/USD", tuple(Leg(v, "USDT/USD") for v in "abc"), pegged=True),
        FeedRules(
            "BTC/USD",
            (*(Leg(v, "BTC/USD") for v in "abcdefhi"), Leg("a", "BTC/USDT"), Leg("g", "BTC/USDT")),
            weights=(("a", 3), ("b", 2)),
            fallback=("g",),
        ),
        FeedRules("ETH/USD", tuple(Leg(v, "ETH/BTC") for v in "abc")),
        FeedRules("SOL/USD", tuple(Leg(v, "SOL/USD") for v in "abc")),
        FeedRules("XRP/USD", tuple(Leg(v, "XRP/USD") for v in "abc")),
    ]
)
MICRO = {"USDT/USD": 999_500, "BTC/USD": 64_000_000_000, "BTC/USDT": 64_030_000_000, "ETH/BTC": 50_000}
"""Prices in millionths."""
ODD = {("e", "BTC/USD"): 1.02, ("f", "BTC/USD"): 1.012}
NAMES = ("BTC/USD", "ETH/USD", "SOL/USD")


class Rows:
    """The store's records without its disk."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def add_record(self, observed_at: int, digest: bytes, body: bytes) -> None:
        self.bodies.append(body)


def put_quotes(book: Book, at_ms: int) -> None:
    """One quote per leg; ``SOL/USD`` has none."""
    for leg in sorted({leg for rules in RULES for leg in rules.legs}, key=str):
        if leg.symbol in MICRO:
            book.put(_quote(leg, at_ms))


def _quote(leg: Leg, at_ms: int) -> Quote:
    """Venue ``b`` gives no time of its book, ``c`` none of its last trade, ``d`` is labelled."""
    price = int(MICRO[leg.symbol] * ODD.get((leg.venue, leg.symbol), 1)) * SCALE // 10**6
    return Quote(
        leg.venue,
        leg.symbol,
        price - price // 10**5,
        price + price // 10**5,
        price,
        None if leg.venue == "b" else at_ms - 300,
        None if leg.venue == "c" else at_ms - 900,
        at_ms - 100,
        "SIMULATED" if leg.venue == "d" else "",
    )


def site(book: Book, pricer: Pricer, keep: Any, ledger: MemoryLedger | None = None) -> Observer:
    """A reporter over a book, that signs BTC/USD, ETH/USD and SOL/USD; ETH/USD is not due."""
    terms = {feed_id(name): FeedTerms(name, 8, TriggerRules(5_000, 3_600, 30)) for name in NAMES}
    held = {"BTC/USD": round_("BTC/USD", 60_000, 100), "ETH/USD": round_("ETH/USD", 3_200, 2)}
    held["SOL/USD"] = round_("SOL/USD", 100, 100)
    context = Context(DOMAIN, REPORTERS, held, False, NOW_S, 60)
    return Observer(SIGNERS[0], ledger or MemoryLedger(), terms, lambda: context, pricer.moment, keep)


@lru_cache(maxsize=1)
def observation() -> Observation:
    """What is signed at the end of the hour: a price, three abstentions."""
    book, found = Book(), []
    pricer = Pricer(book, RULES)
    for before_s in range(3_660, 0, -20):
        put_quotes(book, (NOW_S - 1 - before_s) * 1000)
        pricer.at((NOW_S - 1 - before_s) * 1000)
    put_quotes(book, (NOW_S - 1) * 1000)
    asked = request(BTC, ETH, QUIET, UNKNOWN)
    at_once(site(book, pricer, found.append).answer(asked, NOW_S * 1000 + 400))
    return found[0]


@lru_cache(maxsize=1)
def body() -> bytes:
    """Its record's bytes."""
    found = to_document(observation(), configuration_hash(RULES))
    return finished(found, at_once(SIGNERS[0].sign_typed(message_of(found, DOMAIN))))


def record() -> dict[str, Any]:
    """Its record, to change at will."""
    return loads(body())


def signed_again(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as its own reporter would have written it: hashes and attestation made anew."""
    parts = {k: v for k, v in document.items() if k not in ("hashes", "attestation")}
    made = copy.deepcopy(parts) | {"hashes": hashes(parts)}
    whole = hash_of(made["hashes"])
    signature = SIGNERS[0].sign(attestation_digest(DOMAIN, parts["observedAt"], whole))
    return made | {"attestation": {"hash": whole, "signature": "0x" + signature.hex()}}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value that holds no other."""
    if isinstance(value, dict) and value:
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list) and value:
        for number in range(len(value)):
            yield from leaves(value[number], (*path, number))
    else:
        yield path


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for key in path:
        document = document[key]
    return document


def changed(path: tuple[Any, ...], value: Any, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """A record with one value replaced."""
    found = record() if document is None else json.loads(json.dumps(document))
    at(found, path[:-1])[path[-1]] = value
    return found
