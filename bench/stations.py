"""What each station of the reporter costs: median microseconds of CPU, beside the libraries' own way where there is one.

python bench/stations.py [--json]
"""

import json
import sys
import time
import zlib
from collections.abc import Callable, Coroutine
from itertools import count
from statistics import median
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from reporter.book import Book
from reporter.index import compute, plan
from reporter.keys import LocalSigner, recover
from reporter.models import SCALE, FeedRules, Leg, Quote, Report, Round, SignedReport, feed_id
from reporter.peers.observe import Context, FeedTerms, Observer, ObserveRequest
from reporter.pricing import Pricer
from reporter.recorder import finished, message_of
from reporter.report import Domain, pack_observations, report_digest, typed_data
from reporter.rounds.document import configuration_hash, to_document
from reporter.rounds.observation import Observation
from reporter.store import Priced
from reporter.trigger import TriggerRules

NOW_MS = 1_700_000_000_000
SECRET = b"\x07" * 32
DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3", b"\1" * 32)
REPORT = Report(NOW_MS // 1000, (feed_id("BTC/USD"),), (64_000 * 10**8,))


def cost_us(call: Callable[[], object], repeats: int = 30, inner: int = 50) -> float:
    """Median CPU microseconds of one call over ``repeats`` batches."""
    samples = []
    for _ in range(repeats):
        start = time.process_time_ns()
        for _ in range(inner):
            call()
        samples.append((time.process_time_ns() - start) / inner / 1000)
    return round(median(samples), 1)


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


def index_job() -> Callable[[], object]:
    """One feed of seven legs on seven venues, no conversion."""
    legs = tuple(Leg(f"venue{n}", "BTC/USD") for n in range(7))
    order = plan([FeedRules("BTC/USD", legs)])
    quotes = {leg: _quote(leg, n) for n, leg in enumerate(legs)}
    return lambda: compute(order, quotes, NOW_MS)


def book_job() -> Callable[[], object]:
    """One quote into the book."""
    book, leg = Book(), Leg("venue", "BTC/USD")
    quotes = iter([_quote(leg, n, NOW_MS + n * 100) for n in range(30 * 50)])
    return lambda: book.put(next(quotes))


def answer_jobs() -> dict[str, Callable[[], object]]:
    """A peer's request for two feeds of seven legs, three of them converted, signed anew each time; and its record."""
    order = _two_feeds_and_a_conversion()
    book, found, seconds = Book(), list[Observation](), count(NOW_MS // 1000)
    for leg in dict.fromkeys(leg for rules in order for leg in rules.legs):
        book.put(_quote(leg, 0))
    signer, pricer = LocalSigner(SECRET), Pricer(book, order)
    rounds = {name: Round(name, 0, 0, 0, 0, 0, 0) for name in ("BTC/USD", "ETH/USD")}
    context = Context(DOMAIN, (signer.address,), rounds, False, NOW_MS // 1000, 3_600)
    terms = {feed_id(name): FeedTerms(name, 8, TriggerRules(5_000, 3_600, 30)) for name in rounds}
    observer = Observer(
        signer, _NoDisk(), terms, lambda: context, lambda _: pricer.moment(NOW_MS), found.append
    )

    def answer() -> object:
        found.clear()
        second = next(seconds)
        request = ObserveRequest(31337, DOMAIN.aggregator, DOMAIN.config_digest, second, tuple(terms))
        return at_once(observer.answer(request, second * 1000 + 100))

    answer()
    configuration, observation = configuration_hash(order), found[0]

    def record() -> object:
        document = to_document(observation, configuration)
        return zlib.compress(finished(document, at_once(signer.sign_typed(message_of(document, DOMAIN)))), 6)

    return {
        "answer a peer, 2 feeds of 7 legs": answer,
        "its round record, beside the path": record,
    }


class _NoDisk:
    def claim(self, config_digest: bytes, observed_at: int, priced: list[Priced]) -> dict[bytes, int]:
        return {p.feed_id: p.price for p in priced if json.dumps(p.record)}


def _two_feeds_and_a_conversion() -> tuple[FeedRules, ...]:
    feeds = []
    for base in ("BTC", "ETH"):
        legs = tuple(Leg(f"venue{n}", f"{base}/USDT" if n < 3 else f"{base}/USD") for n in range(7))
        feeds.append(FeedRules(f"{base}/USD", legs))
    return plan([*feeds, FeedRules("USDT/USD", tuple(Leg(f"venue{n}", "USDT/USD") for n in range(4)))])


def _quote(leg: Leg, offset: int, at_ms: int = NOW_MS - 500) -> Quote:
    price = (64_000 + offset) * SCALE
    return Quote(leg.venue, leg.symbol, price - SCALE, price + SCALE, price, at_ms, at_ms, at_ms)


def jobs() -> dict[str, Callable[[], object]]:
    """Everything that is measured, by name."""
    separator, signer = DOMAIN.separator(), LocalSigner(SECRET)
    digest = report_digest(separator, REPORT)
    signature = signer.sign(digest)
    batch = [SignedReport(REPORT, signature, signer.address)] * 13
    return {
        "EIP-712 digest and signature": lambda: signer.sign(report_digest(separator, REPORT)),
        "the same through eth-account's typed data": lambda: Account.sign_message(
            encode_typed_data(full_message=typed_data(DOMAIN, REPORT)), SECRET
        ),
        "check a peer's signature": lambda: recover(digest, signature),
        "pack 13 observations": lambda: pack_observations(batch),
        "index of one feed, 7 legs": index_job(),
        "quote into the book": book_job(),
        **answer_jobs(),
    }


def main() -> None:
    figures = {name: cost_us(job) for name, job in jobs().items()}
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, cost in figures.items():
        print(f"{name:44} {cost:>9.1f} us CPU")


if __name__ == "__main__":
    main()
