"""Reporters in memory: real signatures, real ledger rules, no socket."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from reporter.keys import LocalSigner
from reporter.models import SCALE, Index, Round, Status, feed_id
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Moment
from reporter.report import Domain, config_digest
from reporter.rounds.observation import Observation
from reporter.trigger import TriggerRules

NOW_S = 1_700_000_000
NOW_MS = NOW_S * 1000 + 400
AGGREGATOR = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SIGNERS = [LocalSigner(bytes([n]) * 32) for n in range(1, 8)]
REPORTERS = tuple(s.address for s in SIGNERS)
QUORUM = 5
DOMAIN = Domain(31337, AGGREGATOR, config_digest(1, REPORTERS, QUORUM))
TERMS = {name: FeedTerms(name, 8, TriggerRules(5_000, 3_600, 30)) for name in ("BTC/USD", "ETH/USD")}
BTC, ETH = feed_id("BTC/USD"), feed_id("ETH/USD")


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that waits for nothing, as with a key in memory."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


class MemoryLedger:
    """The store's rule without its disk."""

    def __init__(self) -> None:
        self.rows: dict[tuple[bytes, int], dict[bytes, int]] = {}

    def claim(self, config_digest, observed_at, priced):
        row = self.rows.setdefault((config_digest, observed_at), {})
        for p in priced:
            row.setdefault(p.feed_id, p.price)
        return dict(row)


def index(feed: str, price: int | None, status: Status = Status.OK, reason: str = "") -> Index:
    """An index of whole dollars."""
    return Index(feed, NOW_MS, status, None if price is None else price * SCALE, (), reason)


def round_(feed: str, dollars: int, age_s: int, number: int = 7) -> Round:
    """A round on-chain with 8 decimals."""
    return Round(feed, number, NOW_S - age_s, NOW_S - age_s + 1, dollars * 10**8, 5, 1)


def request(*feeds: bytes, observed_at: int = NOW_S - 1, **changed: object) -> ObserveRequest:
    """A request as an honest asker makes it."""
    fields = {
        "chain_id": 31337,
        "aggregator": AGGREGATOR,
        "config_digest": DOMAIN.config_digest,
        "observed_at": observed_at,
        "feed_ids": feeds or (BTC, ETH),
    }
    return ObserveRequest(**(fields | changed))


def observer(
    number: int = 0,
    *,
    prices: Mapping[str, Index] | None = None,
    rounds: Mapping[str, Round] | None = None,
    ledger: MemoryLedger | None = None,
    paused: bool = False,
    ready: bool = True,
    reporters: Sequence[str] = REPORTERS,
    head_time: int = NOW_S,
    clock: str = "",
    keep: Callable[[Observation], None] = lambda _: None,
    born_s: int = 0,
) -> Observer:
    """A reporter that sees BTC 1 % above and ETH exactly at the chain's answers, unless told otherwise."""
    shown = prices or {"BTC/USD": index("BTC/USD", 64_640), "ETH/USD": index("ETH/USD", 3_000)}
    held = rounds or {"BTC/USD": round_("BTC/USD", 64_000, 100), "ETH/USD": round_("ETH/USD", 3_000, 100)}
    context = Context(DOMAIN, reporters, held, paused, head_time, 60, clock) if ready else None
    by_id = {feed_id(name): terms for name, terms in TERMS.items()}
    return Observer(
        SIGNERS[number],
        ledger or MemoryLedger(),
        by_id,
        lambda: context,
        lambda at_ms: Moment(at_ms, (), {}, {}, shown),
        keep,
        born_s,
    )
