"""A node without keys: it computes all that it would sign and send, tells it, and does neither.

What it would have published counts as the newest round for it, so that each would-be round is told once, whether or not
others publish.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reporter.chain.aggregator import ChainState
from reporter.chain.calls import usual_update_gas
from reporter.models import Index, Report, Round, feed_id
from reporter.peers.observe import FeedTerms
from reporter.pricing import report_price
from reporter.publish import ASK_BEHIND_S, MAX_BATCH_FEEDS, dues
from reporter.report import report_digest
from reporter.telemetry import log
from reporter.trigger import Due

WEI_IN_GWEI = 10**9


@dataclass(frozen=True, slots=True)
class WouldBe:
    """A round that was not sent: prices with the feed's decimals, venues kept, and what the transaction may have taken."""

    observed_at: int
    prices: Mapping[str, int]
    venues: Mapping[str, list[str]]
    digest: bytes
    signatures: int
    gas: int
    cost_gwei: int

    def document(self) -> dict[str, Any]:
        """As the log and ``/api/status`` show it."""
        return {
            "observedAt": self.observed_at,
            "prices": {name: str(price) for name, price in self.prices.items()},
            "venues": dict(self.venues),
            "digest": "0x" + self.digest.hex(),
            "signatures": self.signatures,
            "gas": self.gas,
            "costGwei": self.cost_gwei,
        }


class DryRun:
    """Plays a publisher whose every update is accepted."""

    def __init__(self, terms: Mapping[str, FeedTerms]) -> None:
        self._terms = terms
        self._rounds: dict[str, Round] = {}
        self.last: WouldBe | None = None

    def follow(self, terms: Mapping[str, FeedTerms]) -> None:
        """Go on with the feeds of another configuration."""
        self._terms = terms

    def look(self, indices: Mapping[str, Index], chain: ChainState, now_ms: int) -> WouldBe | None:
        """What would be published now, told in the log; None while nothing is due."""
        now_s = now_ms // 1000
        seen = replace(chain, rounds={name: self._newest(name, chain) for name in self._terms})
        due_now = dues(self._terms, indices, seen, now_s)
        if Due.YES not in due_now.values():
            return None
        wanted = sorted(
            (n for n, d in due_now.items() if d is not Due.NO), key=lambda n: due_now[n] is Due.JOIN
        )
        found = self._would(wanted[:MAX_BATCH_FEEDS], indices, chain, now_s - ASK_BEHIND_S)
        for name, price in found.prices.items():
            before = self._newest(name, chain)
            self._rounds[name] = replace(
                before, observed_at=found.observed_at, answer=price, round_id=before.round_id + 1
            )
        self.last = found
        advice = "nothing: a dry run; add [keys] to sign and send"
        log().info("would publish", **found.document(), advice=advice)
        return found

    def _newest(self, name: str, chain: ChainState) -> Round:
        real, ours = chain.rounds[name], self._rounds.get(name)
        return real if ours is None or real.observed_at >= ours.observed_at else ours

    def _would(
        self, names: list[str], indices: Mapping[str, Index], chain: ChainState, observed_at: int
    ) -> WouldBe:
        priced = {name: report_price(indices[name], self._terms[name].decimals) for name in names}
        prices = {name: price for name, price in priced.items() if price is not None}
        report = Report(observed_at, tuple(feed_id(name) for name in prices), tuple(prices.values()))
        gas = usual_update_gas(chain.set.quorum, len(prices))
        return WouldBe(
            observed_at,
            prices,
            {name: _venues(indices[name]) for name in prices},
            report_digest(chain.set.domain.separator(), report),
            chain.set.quorum,
            gas,
            -(-gas * chain.head.base_fee // WEI_IN_GWEI),
        )


def _venues(index: Index) -> list[str]:
    return sorted({source.venue for source in index.sources if source.kept})
