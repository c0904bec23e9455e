"""Gathering: ask every peer at once, check what comes back, stop when a quorum stands. Transport-independent."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reporter.errors import SpotlineError
from reporter.keys import recover
from reporter.models import SignedReport, feed_name
from reporter.peers.observe import ObserveRequest
from reporter.redact import redact
from reporter.report import Domain, pack_observations, report_digest

Ask = Callable[[ObserveRequest], Awaitable[SignedReport]]


class PeerFailed(SpotlineError):
    """A peer did not give a usable signature; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction carries. ``signed`` is in the order of the reporter set."""

    request: ObserveRequest
    bitmap: int
    signed: tuple[SignedReport, ...]

    @property
    def observations(self) -> bytes:
        return pack_observations(self.signed)


@dataclass(slots=True)
class Gathered:
    """The outcome of one gathering: a batch, or why there is none (reporter address -> reason)."""

    request: ObserveRequest
    batch: Batch | None = None
    arrived: list[SignedReport] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def explain(self, quorum: int) -> str:
        """One sentence: how many signed, how many are needed, and what the others said."""
        said = "; ".join(f"{address[:8]} {reason}" for address, reason in sorted(self.failed.items()))
        names = ", ".join(feed_name(f) for f in self.request.feed_ids)
        return f"{names}: {len(self.arrived)} of {quorum} needed reporters signed" + (
            f" ({said})" if said else ""
        )


def check_answer(signed: SignedReport, request: ObserveRequest, domain: Domain, expected: str) -> None:
    """Refuse an answer that is not the peer's signature on exactly what was asked.

    Raises:
        PeerFailed: With the difference.
    """
    report = signed.report
    if report.observed_at != request.observed_at or report.feed_ids != request.feed_ids:
        raise PeerFailed("answered another time or other feeds than asked")
    try:
        digest = report_digest(domain.separator(), report)
    except ValueError as error:
        raise PeerFailed(f"sent a malformed report: {error}") from None
    if recover(digest, signed.signature) != expected:
        raise PeerFailed("sent a signature that is not its own")


def choose(
    arrived: Sequence[SignedReport],
    request: ObserveRequest,
    reporters: Sequence[str],
    quorum: int,
    needed: int,
) -> Batch | None:
    """The fewest signatures, earliest first, that bring ``needed`` feeds to quorum; None while they do not.

    Args:
        arrived: Checked answers in order of arrival, one per reporter.
        needed: How many of the request's feeds must reach quorum.
    """
    chosen = list(arrived)
    if len(chosen) < quorum or _ready(chosen, quorum) < needed:
        return None
    for late in reversed(arrived):
        fewer = [s for s in chosen if s is not late]
        if len(fewer) >= quorum and _ready(fewer, quorum) >= needed:
            chosen = fewer
    chosen.sort(key=lambda s: reporters.index(s.reporter))
    bitmap = sum(1 << reporters.index(s.reporter) for s in chosen)
    return Batch(request, bitmap, tuple(chosen))


def _ready(signed: Sequence[SignedReport], quorum: int) -> int:
    columns = zip(*(s.report.prices for s in signed), strict=True)
    return sum(sum(1 for p in column if p) >= quorum for column in columns)


async def gather(
    request: ObserveRequest,
    asks: Mapping[str, Ask],
    domain: Domain,
    reporters: Sequence[str],
    quorum: int,
    timeout_s: float,
) -> Gathered:
    """Ask all at once; done when every feed has a quorum, or at the deadline with those feeds that have one.

    Args:
        asks: How to reach each reporter, ourselves included, by address; who is not in the set is not asked.
    """
    outcome = Gathered(request)
    inbox: asyncio.Queue[tuple[str, SignedReport | str]] = asyncio.Queue()

    async def put(address: str, ask: Ask) -> None:
        inbox.put_nowait((address, await _asked(ask, request)))

    members = {address: ask for address, ask in asks.items() if address in reporters}
    tasks = [asyncio.create_task(put(address, ask)) for address, ask in members.items()]
    try:
        async with asyncio.timeout(timeout_s):
            for _ in tasks:
                _note(outcome, *await inbox.get(), domain)
                outcome.batch = choose(outcome.arrived, request, reporters, quorum, len(request.feed_ids))
                if outcome.batch:
                    return outcome
    except TimeoutError:
        answered = {s.reporter for s in outcome.arrived} | set(outcome.failed)
        outcome.failed |= {a: f"no answer in {timeout_s:g} s" for a in members if a not in answered}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ready = _ready(outcome.arrived, quorum)
    outcome.batch = choose(outcome.arrived, request, reporters, quorum, ready) if ready else None
    return outcome


async def _asked(ask: Ask, request: ObserveRequest) -> SignedReport | str:
    try:
        return await ask(request)
    except SpotlineError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - one peer's trouble is a reason, never the end of a gathering
        return redact(f"failed: {type(error).__name__}: {error}")


def _note(outcome: Gathered, address: str, said: SignedReport | str, domain: Domain) -> None:
    if isinstance(said, str):
        outcome.failed[address] = said
        return
    try:
        check_answer(said, outcome.request, domain, address)
    except PeerFailed as error:
        outcome.failed[address] = str(error)
    else:
        outcome.arrived.append(replace(said, reporter=address))
