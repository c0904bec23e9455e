"""JSON documents of an index and of a round: the same from the API, the command line and the store.

Prices are decimal strings of 1e18 fixed-point integers (``"price"``), so no reader turns them into floats by accident.
"""

from typing import Any

from reporter.config import FeedSection
from reporter.models import Index, Round, SourceTrace

METHODOLOGY = "0.4"
STALE_GRACE_S = 2
_MONEY = ("price", "bid", "ask", "last")


def camel(name: str) -> str:
    """A field's name in our documents: ``max_age_ms`` -> ``maxAgeMs``."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def text(value: int | None) -> str | None:
    """An integer of money as our documents write it."""
    return None if value is None else str(value)


_WORDS = tuple((name, camel(name)) for name in SourceTrace._fields if name not in _MONEY)


def index_document(index: Index) -> dict[str, Any]:
    """One index with every source kept or dropped and why."""
    return {
        "feed": index.feed,
        "atMs": index.at_ms,
        "status": str(index.status),
        "price": text(index.price),
        "confidence": text(index.confidence),
        "held": None if index.held is None else {"price": str(index.held[0]), "atMs": index.held[1]},
        "reason": index.reason,
        "flags": list(index.flags),
        "methodology": METHODOLOGY,
        "sources": [_source(s) for s in index.sources],
    }


def round_document(round_: Round, decimals: int) -> dict[str, Any]:
    """One round as the aggregator and the Chainlink face give it."""
    return {
        "feed": round_.feed,
        "roundId": round_.round_id,
        "answer": str(round_.answer),
        "decimals": decimals,
        "observedAt": round_.observed_at,
        "updatedAt": round_.updated_at,
        "reporters": round_.reporters,
        "spreadBps": round_.spread_bps,
    }


def age_document(round_: Round, terms: FeedSection | None, now_s: int) -> dict[str, Any]:
    """How old a round is, and whether that is over the heartbeat this node publishes it by (None if it does not)."""
    age_s = max(0, now_s - round_.observed_at) if round_.round_id else None
    heartbeat_s = terms.heartbeat_s if terms else None
    stale = None if age_s is None or heartbeat_s is None else age_s > heartbeat_s + STALE_GRACE_S
    return {"ageS": age_s, "heartbeatS": heartbeat_s, "stale": stale}


def _source(source: SourceTrace) -> dict[str, Any]:
    words: dict[str, Any] = {key: getattr(source, name) for name, key in _WORDS}
    return words | {name: text(getattr(source, name)) for name in _MONEY}
