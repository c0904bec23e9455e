"""From a record to the values that it was made of. Nothing is believed: the shape is checked first, by ``form``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reporter.errors import SpotlineError
from reporter.index.flags import extremes
from reporter.index.state import FeedState, Past
from reporter.models import FeedRules, Leg, Quote, Report, SignedReport
from reporter.report import Domain
from reporter.rounds.form import PastForm, QuoteForm, RoundForm, RulesForm, StateForm

Form = TypeVar("Form", bound=BaseModel)


class NotARecord(SpotlineError):
    """The document has not the shape of a record; ``path`` names the first place."""

    exit_code = 4

    def __init__(self, path: str, says: str) -> None:
        super().__init__(f"{path}: {says}")
        self.path = path
        self.says = says


@dataclass(frozen=True, slots=True)
class Parsed:
    """A record as values. ``form`` keeps what is only compared."""

    form: RoundForm
    rules: tuple[FeedRules, ...]
    quotes: Mapping[Leg, Quote]
    before: Mapping[str, FeedState]
    domain: Domain
    signed: SignedReport


def from_document(document: Any) -> Parsed:
    """Read a record that ``canonical.loads`` gave.

    Raises:
        NotARecord: A key is missing, unknown, or holds what it must not.
    """
    form = _checked(RoundForm, document)
    domain = form.domain
    return Parsed(
        form,
        tuple(_rules(rules) for rules in form.rules),
        {Leg(quote.venue, quote.symbol): _quote(quote) for quote in form.quotes},
        {feed: _state(state) for feed, state in form.before.items()},
        Domain(domain.chain_id, domain.verifying_contract, _bytes(domain.config_digest)),
        SignedReport(_report(form), _bytes(form.report.signature), form.reporter),
    )


def _report(form: RoundForm) -> Report:
    entries = form.report.feeds
    identifiers, prices = (_bytes(e.feed_id) for e in entries), (int(e.price) for e in entries)
    return Report(form.observed_at, tuple(identifiers), tuple(prices))


def _rules(form: RulesForm) -> FeedRules:
    terms = form.model_dump(exclude={"legs", "weights", "fallback"})
    legs = tuple(Leg(leg.venue, leg.symbol) for leg in form.legs)
    return FeedRules(
        **terms, legs=legs, weights=tuple(sorted(form.weights.items())), fallback=tuple(form.fallback)
    )


def _quote(form: QuoteForm) -> Quote:
    return Quote(
        form.venue,
        form.symbol,
        _whole(form.bid),
        _whole(form.ask),
        _whole(form.last),
        form.book_at_ms,
        form.last_at_ms,
        form.received_at_ms,
        form.label,
    )


def state_from(document: Any) -> FeedState:
    """Read a feed's memory by itself. Raises ``NotARecord``."""
    return _state(_checked(StateForm, document))


def _checked(form: type[Form], document: Any) -> Form:
    try:
        return form.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "the document"
        raise NotARecord(path, f"{first['msg']}, not {ascii(first['input'])[:80]}") from None


def _state(form: StateForm) -> FeedState:
    history = tuple(_past(past) for past in form.history)
    return FeedState(
        excluded=tuple((Leg(e.venue, e.symbol), e.back_since_ms) for e in form.excluded),
        biases=tuple(
            (venue, tuple((b.slot, int(b.sum)) for b in sums)) for venue, sums in form.biases.items()
        ),
        bias_at_ms=form.bias_at_ms,
        barred=tuple(form.barred),
        at_ms=form.at_ms,
        last=None if form.last is None else _past(form.last),
        history=history,
        extremes=extremes(history),
    )


def _past(form: PastForm) -> Past:
    return Past(form.at_ms, int(form.price))


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
