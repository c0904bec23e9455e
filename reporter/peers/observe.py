"""Answering a peer that asks for our signature: what is checked, in which order, and every refusal by name.

One asker can neither bias, nor make us equivocate, nor starve others: the price is ours as of the asked second, the ledger
keeps it for every later ask of that second, and an abstention binds nothing. The first ask that gets a price fixes the
moment that the other feeds of that second are priced by, so that one record explains one second.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from reporter.errors import SignerFailed, SpotlineError, StoreFailed
from reporter.keys import Signer
from reporter.models import Index, Report, Round, SignedReport
from reporter.pricing import Moment, report_price
from reporter.record import index_document
from reporter.report import MAX_FEEDS, Domain, report_message
from reporter.rounds.observation import Abstained, Entry, Observation
from reporter.store import Priced
from reporter.trigger import Due, TriggerRules, due

MAX_BLOCK_AHEAD_S = 2
OLDEST_S, NEWEST_S = 2, 1
PINNED_SECONDS = 8
"""A peer signs any whole second in [its clock - 2, its clock + 1]: Scribe allows any past, API3 an hour ahead."""


class Code(StrEnum):
    """Why a request was refused."""

    BAD_REQUEST = "bad_request"
    TOO_MANY_REQUESTS = "too_many_requests"
    WRONG_CHAIN = "wrong_chain"
    WRONG_AGGREGATOR = "wrong_aggregator"
    WRONG_CONFIG = "wrong_config"
    OUTSIDE_WINDOW = "outside_window"
    NOT_NEWER = "not_newer"
    NOTHING_TO_SIGN = "nothing_to_sign"
    NOT_READY = "not_ready"
    WRONG_CLOCK = "wrong_clock"
    NOT_A_REPORTER = "not_a_reporter"
    SIGNER_FAILED = "signer_failed"


class Refused(SpotlineError):
    """We do not sign this request; ``code`` says why, ``detail`` with which value."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ObserveRequest:
    """Please sign your prices of these feeds for this second."""

    chain_id: int
    aggregator: str
    config_digest: bytes
    observed_at: int
    feed_ids: tuple[bytes, ...]

    def document(self) -> dict[str, Any]:
        """The JSON body of ``POST /observe``."""
        return {
            "chainId": self.chain_id,
            "aggregator": self.aggregator,
            "configDigest": "0x" + self.config_digest.hex(),
            "observedAt": self.observed_at,
            "feedIds": ["0x" + f.hex() for f in self.feed_ids],
        }


def parse_request(body: Any) -> ObserveRequest:
    """Read a request strictly.

    Raises:
        Refused: ``bad_request`` with the field at fault.
    """
    keys = {"chainId", "aggregator", "configDigest", "observedAt", "feedIds"}
    if not isinstance(body, dict) or set(body) != keys:
        raise Refused(Code.BAD_REQUEST, f"the fields are {', '.join(sorted(keys))}")
    for key in ("chainId", "observedAt"):
        if type(body[key]) is not int or not 0 < body[key] < 2**63:
            raise Refused(Code.BAD_REQUEST, f"{key} is a positive integer")
    feeds = body["feedIds"]
    if not isinstance(feeds, list) or not 1 <= len(feeds) <= MAX_FEEDS:
        raise Refused(Code.BAD_REQUEST, f"feedIds holds 1 to {MAX_FEEDS} ids")
    identifiers = tuple(hex_bytes(f, 32, "feedIds") for f in feeds)
    if len(set(identifiers)) != len(identifiers):
        raise Refused(Code.BAD_REQUEST, "a feed id stands twice")
    aggregator = "0x" + hex_bytes(body["aggregator"], 20, "aggregator").hex()
    digest = hex_bytes(body["configDigest"], 32, "configDigest")
    return ObserveRequest(body["chainId"], aggregator, digest, body["observedAt"], identifiers)


def hex_bytes(value: Any, size: int, field: str) -> bytes:
    """The bytes of a ``0x`` text of exactly that size. Raises ``Refused`` with the field's name."""
    if isinstance(value, str) and value.startswith("0x") and len(value) == 2 + 2 * size:
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise Refused(Code.BAD_REQUEST, f"{field} is {size} bytes in hex")


class Ledger(Protocol):
    """What the observer needs of the store."""

    def claim(self, config_digest: bytes, observed_at: int, priced: list[Priced]) -> dict[bytes, int]: ...


@dataclass(frozen=True, slots=True)
class FeedTerms:
    """What deciding on one feed takes."""

    name: str
    decimals: int
    trigger: TriggerRules


@dataclass(frozen=True, slots=True)
class Context:
    """The chain as we know it when a request arrives; ``head_time`` is its newest block's, Unix seconds.

    ``clock``: what the venues say against our clock; empty while it is good.
    """

    domain: Domain
    reporters: Sequence[str]
    rounds: Mapping[str, Round]
    paused: bool
    head_time: int
    stall_s: int
    clock: str = ""


class Observer:
    """Signs our own observation for whoever asks within the rules.

    Args:
        born_s: Unix second in which this process began to sign. What the one before it may have signed is not signed again,
            whatever has become of the ledger since: a power cut, an older copy put back.
    """

    def __init__(
        self,
        signer: Signer,
        ledger: Ledger,
        feeds: Mapping[bytes, FeedTerms],
        context: Callable[[], Context | None],
        moment_at: Callable[[int], Moment],
        keep: Callable[[Observation], None],
        born_s: int = 0,
    ) -> None:
        self._signer, self._ledger, self._feeds = signer, ledger, feeds
        self._context, self._moment_at, self._keep = context, moment_at, keep
        self._first_s = born_s + NEWEST_S + 1 if born_s else 0
        self._pinned: dict[int, Moment] = {}

    async def answer(self, request: ObserveRequest, now_ms: int) -> SignedReport:
        """Our signed report on exactly the asked feeds, 0 where we abstain.

        All that is decided is decided, and in the ledger, before the signer is waited for: whoever asks meanwhile, or again
        after the signer failed, finds the same prices and the same moment.

        Raises:
            Refused: The request is not one we sign, we would abstain on every feed, or the signer failed.
        """
        context = self._context()
        if context is None:
            raise Refused(Code.NOT_READY, "the chain has not been read yet")
        _check(request, context, now_ms)
        if self._signer.address not in context.reporters:
            raise Refused(Code.NOT_READY, f"{self._signer.address} is not in the aggregator's reporter set")
        if request.observed_at < self._first_s:
            raise Refused(Code.NOT_READY, "just started: an earlier process may have signed that second")
        newer = [f for f in request.feed_ids if self._is_newer(f, request.observed_at, context)]
        if not newer:
            raise Refused(
                Code.NOT_NEWER, "the chain already has a round at or after observedAt for these feeds"
            )
        moment = self._moment(request.observed_at, now_ms)
        indices = moment.indices
        priced = [p for f in newer if (p := self._price(f, indices, context, now_ms // 1000)) is not None]
        digest = context.domain.config_digest
        stated = self._claim(digest, request.observed_at, priced)
        prices = tuple(stated.get(f, 0) if f in newer else 0 for f in request.feed_ids)
        if not any(prices):
            raise Refused(Code.NOTHING_TO_SIGN, self._reasons(newer, indices))
        report = Report(request.observed_at, request.feed_ids, prices)
        self._pin(request.observed_at, moment)
        signed = await self._sign(context.domain, report)
        self._keep(Observation(moment, context.domain, signed, self._entries(report, newer, indices)))
        return signed

    async def _sign(self, domain: Domain, report: Report) -> SignedReport:
        try:
            signature = await self._signer.sign_typed(report_message(domain.separator(), report))
        except SignerFailed as error:
            raise Refused(Code.SIGNER_FAILED, str(error)) from None
        return SignedReport(report, signature, self._signer.address)

    def _moment(self, observed_at: int, now_ms: int) -> Moment:
        return self._pinned.get(observed_at) or self._moment_at(min(observed_at * 1000, now_ms))

    def _pin(self, observed_at: int, moment: Moment) -> None:
        self._pinned[observed_at] = moment
        if len(self._pinned) > PINNED_SECONDS:
            del self._pinned[min(self._pinned)]

    def _entries(self, report: Report, newer: list[bytes], indices: Mapping[str, Index]) -> tuple[Entry, ...]:
        rows = zip(report.feed_ids, report.prices, strict=True)
        return tuple(self._entry(identifier, price, newer, indices) for identifier, price in rows)

    def _entry(
        self, identifier: bytes, price: int, newer: list[bytes], indices: Mapping[str, Index]
    ) -> Entry:
        terms = self._feeds.get(identifier)
        if terms is None:
            return Entry(None, None, Abstained.UNKNOWN_FEED)
        why = Abstained.NOT_DUE
        if price:
            why = Abstained.PRICED
        elif identifier not in newer:
            why = Abstained.NOT_NEWER
        elif report_price(indices[terms.name], terms.decimals) is None:
            why = Abstained.NO_INDEX
        return Entry(terms.name, terms.decimals, why)

    def _claim(self, digest: bytes, observed_at: int, priced: list[Priced]) -> dict[bytes, int]:
        try:
            return self._ledger.claim(digest, observed_at, priced)
        except StoreFailed as error:  # what cannot be remembered is not signed
            raise Refused(Code.NOT_READY, f"the ledger cannot be written: {error}") from None

    def _is_newer(self, identifier: bytes, observed_at: int, context: Context) -> bool:
        terms = self._feeds.get(identifier)
        return terms is not None and observed_at > context.rounds[terms.name].observed_at

    def _price(
        self, identifier: bytes, indices: Mapping[str, Index], context: Context, now_s: int
    ) -> Priced | None:
        terms = self._feeds[identifier]
        index = indices[terms.name]
        price = report_price(index, terms.decimals)
        if price is None or due(terms.trigger, price, context.rounds[terms.name], now_s) is Due.NO:
            return None
        return Priced(identifier, price, index_document(index))

    def _reasons(self, identifiers: list[bytes], indices: Mapping[str, Index]) -> str:
        shown = [indices[self._feeds[f].name] for f in identifiers[:5]]
        return "; ".join(
            f"{i.feed}: {'not due' if i.status.signable else i.reason or i.status}" for i in shown
        )


def _check(request: ObserveRequest, context: Context, now_ms: int) -> None:
    domain = context.domain
    if request.chain_id != domain.chain_id:
        raise Refused(Code.WRONG_CHAIN, f"chain {request.chain_id}, ours is {domain.chain_id}")
    if request.aggregator.lower() != domain.aggregator.lower():
        raise Refused(Code.WRONG_AGGREGATOR, f"{request.aggregator}, ours is {domain.aggregator}")
    if request.config_digest != domain.config_digest:
        raise Refused(
            Code.WRONG_CONFIG, f"0x{request.config_digest.hex()}, ours is 0x{domain.config_digest.hex()}"
        )
    if context.paused:
        raise Refused(Code.NOT_READY, "the aggregator is paused")
    _check_clocks(context, now_ms // 1000)
    ahead_s = request.observed_at - now_ms // 1000
    if not -OLDEST_S <= ahead_s <= NEWEST_S:
        raise Refused(Code.OUTSIDE_WINDOW, f"observedAt is {ahead_s:+d} s from our clock, allowed -2 to +1")


def _check_clocks(context: Context, now_s: int) -> None:
    """Sign nothing while our clock and the venues' or the chain's disagree: who is wrong, we cannot tell."""
    if context.clock:
        raise Refused(Code.WRONG_CLOCK, context.clock)
    ahead_s = context.head_time - now_s
    if ahead_s > MAX_BLOCK_AHEAD_S:
        raise Refused(Code.NOT_READY, f"the newest block is {ahead_s} s ahead of our clock")
    if -ahead_s > context.stall_s:
        raise Refused(
            Code.NOT_READY, f"the newest block is {-ahead_s} s old: the chain or our view of it stands still"
        )
