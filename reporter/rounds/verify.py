"""Recomputing a record: every index from its quotes, rules and memory, every price from its index, both signatures.

What is found is a list of differences, each with its place. An empty list means: this reporter signed these prices, they
follow from these inputs by this version of the methodology, and no part of the document was changed since.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import is_checksum_address

from reporter.errors import SpotlineError
from reporter.index import plan, step
from reporter.keys import recover
from reporter.models import FeedRules, Index, feed_id
from reporter.pricing import report_price
from reporter.record import METHODOLOGY, index_document
from reporter.report import report_digest
from reporter.rounds.canonical import hash_of
from reporter.rounds.document import attestation_digest, configuration_hash, hashes, needed, rules_document
from reporter.rounds.form import EntryForm
from reporter.rounds.observation import Abstained
from reporter.rounds.parse import Parsed, from_document

EARLIEST_MS = 1_000
"""A second is priced as of itself, or, when it is still to come, as of now: at most this much before it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the record is not what it should be. ``says`` is a sentence for a person."""

    path: str
    expected: Any
    found: Any
    says: str

    def document(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {"path": self.path, "expected": self.expected, "found": self.found, "says": self.says}


def verify(document: Any) -> list[Difference]:
    """Every difference in a record that ``canonical.loads`` gave; the places that name an input come first.

    Raises:
        NotARecord: The document has another form.
    """
    record = from_document(document)
    return [*_made_by(record), *_content(record, document), *_hashes(document), *_signatures(record)]


def against_configuration(document: Mapping[str, Any], rules: Sequence[FeedRules]) -> list[Difference]:
    """Every difference between a well-formed record's rules and a configuration's."""
    says = "the configuration says otherwise"
    ours = {feed.feed: rules_document(feed) for feed in plan(rules)}
    found = []
    for theirs in document["rules"]:
        path = f"rules.{theirs['feed']}"
        if theirs["feed"] in ours:
            found += list(_compare(path, ours[theirs["feed"]], theirs, says))
        else:
            found.append(Difference(path, None, theirs["feed"], "the configuration has no such feed"))
    whole = configuration_hash(plan(rules))
    return [*found, *_compare("configurationHash", whole, document["configurationHash"], says)]


def _made_by(record: Parsed) -> Iterator[Difference]:
    form = record.form
    yield from _compare(
        "methodology",
        METHODOLOGY,
        form.methodology,
        "this program computes another version of the methodology",
    )
    early_ms = form.observed_at * 1000 - form.priced_at_ms
    if not 0 <= early_ms <= EARLIEST_MS:
        yield Difference(
            "pricedAtMs", form.observed_at * 1000, form.priced_at_ms, "another moment than the second signed"
        )
    if not is_checksum_address(form.reporter):
        yield Difference("reporter", "a checksummed address", form.reporter, "the checksum is wrong")


def _content(record: Parsed, document: Mapping[str, Any]) -> Iterator[Difference]:
    try:
        computed = step(plan(record.rules), record.quotes, record.form.priced_at_ms, record.before)[0]
    except (SpotlineError, ValueError, ArithmeticError, LookupError) as error:
        yield Difference("rules", "rules and memory that an index can be made by", None, f"{error!r}"[:300])
        return
    yield from _belonging(record)
    yield from _indices(record, computed, document)


def _belonging(record: Parsed) -> Iterator[Difference]:
    """Names and ids belong together, and what the record holds is what the report needs, no more."""
    form = record.form
    names = [entry.feed for entry in form.report.feeds if entry.feed is not None]
    for entry in form.report.feeds:
        if entry.feed is not None and "0x" + feed_id(entry.feed).hex() != entry.feed_id:
            says = "another feed's id"
            yield Difference(
                f"report.{entry.feed}.feedId", "0x" + feed_id(entry.feed).hex(), entry.feed_id, says
            )
    ruled = [rules.feed for rules in record.rules]
    wanted = {rules.feed for rules in needed(record.rules, names)} | set(names)
    yield from _same_names("rules", wanted, ruled, "feeds of the report, with their conversions")
    legs = {f"{leg.venue}:{leg.symbol}" for rules in record.rules for leg in rules.legs}
    quoted = [f"{quote.venue}:{quote.symbol}" for quote in form.quotes]
    yield from _same_names("quotes", legs & set(quoted), quoted, "legs of the rules, each at most once")
    yield from _same_names("before", set(ruled) & set(form.before), list(form.before), "feeds of the rules")
    yield from _same_names("indices", set(ruled), [i.feed for i in form.indices], "feeds of the rules")


def _same_names(path: str, wanted: set[str], found: Sequence[str], what: str) -> Iterator[Difference]:
    if sorted(wanted) != sorted(found):
        odd = sorted(wanted.symmetric_difference(found) or {n for n in found if found.count(n) > 1})
        says = f"these are not the {what}: {', '.join(odd)}"
        yield Difference(f"{path}.{odd[0]}", sorted(wanted), list(found), says)


def _indices(
    record: Parsed, computed: Mapping[str, Index], document: Mapping[str, Any]
) -> Iterator[Difference]:
    says = "the inputs of this record give another value"
    for theirs in document["indices"]:
        if theirs["feed"] in computed:
            ours = index_document(computed[theirs["feed"]])
            yield from _compare(f"indices.{theirs['feed']}", ours, theirs, says)
    for entry in record.form.report.feeds:
        yield from _price(entry, computed)


def _price(entry: EntryForm, computed: Mapping[str, Index]) -> Iterator[Difference]:
    path = f"report.{entry.feed or entry.feed_id}"
    index = computed.get(entry.feed) if entry.feed is not None else None
    if (index is None) != (entry.decimals is None) or (index is None) != (
        entry.abstained is Abstained.UNKNOWN_FEED
    ):
        says = "a feed has a name, decimals and rules, or none of these"
        yield Difference(f"{path}.decimals", None, entry.decimals, says)
        return
    price = report_price(index, entry.decimals) if index is not None and entry.decimals is not None else None
    stated = int(entry.price)
    if stated and stated != price:
        says = "not the index floored to the feed's decimals"
        yield Difference(f"{path}.price", None if price is None else str(price), entry.price, says)
    elif bool(stated) != (entry.abstained is Abstained.PRICED):
        says = "a price of 0 has a reason, another price has none"
        yield Difference(f"{path}.abstained", None, str(entry.abstained), says)
    elif (price is not None and entry.abstained is Abstained.NO_INDEX) or (
        price is None and entry.abstained is Abstained.NOT_DUE
    ):
        yield Difference(f"{path}.abstained", None, str(entry.abstained), "the index says otherwise")


def _hashes(document: Mapping[str, Any]) -> Iterator[Difference]:
    says = "this part is not the one that the reporter signed"
    signed, parts = document["hashes"], hashes(document)
    for path in sorted(signed.keys() | parts.keys()):
        if signed.get(path) != parts.get(path):
            yield Difference(path, signed.get(path), parts.get(path), says)
    says = "this is not the hash of the record's hashes"
    yield from _compare("attestation.hash", hash_of(signed), document["attestation"]["hash"], says)


def _signatures(record: Parsed) -> Iterator[Difference]:
    form, signed = record.form, record.signed
    try:
        digest = report_digest(record.domain.separator(), signed.report)
    except ValueError as error:
        yield Difference("report", "a report that can be signed", None, str(error))
        return
    says = "this is not the report's EIP-712 digest in this domain"
    yield from _compare("report.digest", "0x" + digest.hex(), form.report.digest, says)
    says = "the signature is another address's, or of other words"
    yield from _compare("report.signature", form.reporter, recover(digest, signed.signature), says)
    whole = attestation_digest(record.domain, form.observed_at, form.attestation.hash)
    signer = recover(whole, bytes.fromhex(form.attestation.signature[2:]))
    yield from _compare("attestation.signature", form.reporter, signer, says)


def _compare(path: str, expected: Any, found: Any, says: str) -> Iterator[Difference]:
    """The leaves that differ. Dictionaries by key, lists by position, or by market where they hold markets."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            yield from _compare(f"{path}.{key}", expected.get(key), found.get(key), says)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
            yield from _compare(f"{path}.{_place(number, ours)}", ours, theirs, says)
    elif expected != found:
        yield Difference(path, expected, found, says)


def _place(number: int, row: Any) -> str:
    return f"{row['venue']}:{row['symbol']}" if isinstance(row, dict) and "venue" in row else str(number)
