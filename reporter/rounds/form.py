"""The shape of a round record. The JSON Schema in ``reporter/schema/round.json`` is made from these classes.

Integers that can pass 2^53 are decimal text; times and counts are JSON integers. Every key is required, no other is allowed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from reporter.models import Status
from reporter.rounds.observation import Abstained

FORM = "spotline-round-1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_SAFE = 2**53 - 1

Whole = Annotated[int, Field(ge=0, le=MAX_SAFE)]
Number = Annotated[str, Field(pattern=r"^(0|-?[1-9][0-9]{0,59})$")]
"""An integer as text; a price is 1e18 fixed point."""
ReportPrice = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,18})$")]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
Signature = Annotated[str, Field(pattern=r"^0x[0-9a-f]{128}$")]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Text = Annotated[str, Field(max_length=1_000)]
Venue = Annotated[str, Field(pattern=r"^[a-z0-9]{1,64}$")]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,16}/[A-Z0-9]{1,16}(-PERP)?$")]
FeedName = Annotated[Symbol, Field(max_length=32)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class LegForm(_Form):
    """One market of a feed."""

    venue: Venue
    symbol: Symbol


class RulesForm(_Form):
    """How one feed's index is made: ``FeedRules``, every parameter."""

    feed: Symbol
    legs: Annotated[list[LegForm], Field(min_length=1, max_length=1_000)]
    min_venues: Whole
    weights: dict[Venue, Annotated[int, Field(ge=1, le=MAX_SAFE)]]
    fallback: list[Venue]
    pegged: bool
    max_age_ms: Whole
    fade_from_ms: Whole
    max_ahead_ms: Whole
    last_trade_max_age_ms: Whole
    band_min_ppm: Whole
    band_max_ppm: Whole
    two_venue_agreement_ppm: Whole
    max_spread_ppm: Whole
    weight_cap_ppm: Whole
    readmit_ms: Whole
    hold_ms: Whole
    bias_limit_ppm: Whole
    bias_window_ms: Whole
    confidence_floor_ppm: Whole
    confidence_degraded_ppm: Whole
    confidence_unsigned_ppm: Whole
    volatile_round_ppm: Whole
    volatile_window_ppm: Whole
    volatile_window_ms: Whole
    peg_band_ppm: Whole


class QuoteForm(_Form):
    """One market's state as its venue told it."""

    venue: Venue
    symbol: Symbol
    bid: Number | None
    ask: Number | None
    last: Number | None
    book_at_ms: Whole | None
    last_at_ms: Whole | None
    received_at_ms: Whole
    label: Text


class PastForm(_Form):
    """A price that could be signed, and its moment."""

    at_ms: Whole
    price: Number


class ExcludedForm(_Form):
    """A leg that was beyond the band, and since when it is back within half of it."""

    venue: Venue
    symbol: Symbol
    back_since_ms: Whole | None


class BiasForm(_Form):
    """A venue's signed distance from the median, ppm times milliseconds, in one slot of the window."""

    slot: Whole
    sum: Number


class StateForm(_Form):
    """What the moment before left for a feed."""

    excluded: list[ExcludedForm]
    biases: dict[Venue, list[BiasForm]]
    bias_at_ms: Whole | None
    barred: list[Venue]
    at_ms: Whole | None
    last: PastForm | None
    history: list[PastForm]


class SourceForm(_Form):
    """What became of one leg: its price after conversion, its share, kept or dropped and why."""

    venue: Venue
    symbol: Symbol
    kept: bool
    reason: Text
    book_at_ms: Whole | None
    last_at_ms: Whole | None
    received_at_ms: Whole | None
    clock: Literal["book", "last", "received", ""]
    converted_by: Annotated[str, Field(max_length=40)]
    weight_ppm: Whole
    label: Text
    price: Number | None
    bid: Number | None
    ask: Number | None
    last: Number | None


class IndexForm(_Form):
    """One feed's index with every source."""

    feed: Symbol
    at_ms: Whole
    status: Annotated[Status, Field(strict=False)]
    price: Number | None
    confidence: Number | None
    held: PastForm | None
    reason: Text
    flags: list[Text]
    methodology: Text
    sources: list[SourceForm]


class DomainForm(_Form):
    """The EIP-712 domain of both signatures; ``configDigest`` is its salt."""

    name: Literal["Spotline"]
    version: Literal["1"]
    chain_id: Annotated[int, Field(ge=1, le=MAX_SAFE)]
    verifying_contract: Address
    config_digest: Hash


class EntryForm(_Form):
    """One feed of the report. A price of 0 abstains, for the reason given."""

    feed: FeedName | None
    feed_id: Hash
    decimals: Annotated[int, Field(ge=0, le=18)] | None
    price: ReportPrice
    abstained: Annotated[Abstained, Field(strict=False)]


class ReportForm(_Form):
    """The report as the aggregator takes it: its EIP-712 digest and EIP-2098 signature."""

    feeds: Annotated[list[EntryForm], Field(min_length=1, max_length=255)]
    digest: Hash
    signature: Signature


class AttestationForm(_Form):
    """SHA-256 of ``hashes``, and the reporter's EIP-2098 signature of ``Record(uint64 observedAt,bytes32 recordHash)``."""

    hash: Hash
    signature: Signature


class RoundForm(_Form):
    """A round record: what one reporter signed for one second, and all that it was made of."""

    form: Literal["spotline-round-1"]
    methodology: Text
    package: Text
    reporter: Address
    observed_at: Annotated[int, Field(ge=1, le=2**32 - 1)]
    priced_at_ms: Whole
    configuration_hash: Hash
    domain: DomainForm
    report: ReportForm
    rules: list[RulesForm]
    quotes: list[QuoteForm]
    before: dict[Symbol, StateForm]
    indices: list[IndexForm]
    hashes: dict[Text, Hash]
    attestation: AttestationForm


def schema() -> dict[str, Any]:
    """The JSON Schema of a round record, draft 2020-12."""
    made: dict[str, Any] = {"$schema": DIALECT, "$id": f"urn:{FORM}"} | RoundForm.model_json_schema()
    _close(made)
    return made


def _close(node: Any) -> None:
    """Refuse keys that no pattern allows, which pydantic does and its schema leaves out."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _close(child)
    if isinstance(node, dict) and "patternProperties" in node:
        node["additionalProperties"] = False
