"""Any method's indices against a scenario's bounds. Pure: what a method is compared with is what the venues said."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reporter.index.units import PPM, percent, seconds
from reporter.models import Index, Status
from reporter.scenario.bounds import Bound, Measure
from reporter.scenario.model import Variant
from reporter.scenario.moments import Moment


@dataclass(frozen=True, slots=True)
class Outcome:
    """One moment: what was said, what a method made of it, and how far that is from the truth.

    Attributes:
        price: The index if it may be signed, else None.
        error_ppm: Signed, of the truth; None without a price or without a truth.
    """

    moment: Moment
    index: Index
    before: Moment | None

    @property
    def price(self) -> int | None:
        return self.index.price if self.index.status.signable else None

    @property
    def error_ppm(self) -> int | None:
        truth = self.moment.truth
        if self.price is None or truth is None:
            return None
        return (self.price - truth) * PPM // truth


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a method did: moment by moment, and bound by bound in the order of the file."""

    outcomes: tuple[Outcome, ...]
    measures: tuple[Measure, ...]

    @property
    def met(self) -> bool:
        return all(measure.met for measure in self.measures)

    @property
    def broken(self) -> list[str]:
        return [measure.text for measure in self.measures if not measure.met]

    @property
    def worst_error_ppm(self) -> int | None:
        """The largest distance from the truth; None if no price was stated."""
        return max((abs(o.error_ppm) for o in self.outcomes if o.error_ppm is not None), default=None)

    @property
    def silent(self) -> int:
        """Moments without a price."""
        return sum(o.price is None for o in self.outcomes)


def judge(variant: Variant, said: Sequence[Moment], indices: Sequence[Index]) -> Judgement:
    """Hold the indices, one per moment, against every bound of the variant.

    Raises:
        ValueError: Not one index per moment.
    """
    outcomes = tuple(
        Outcome(moment, index, before)
        for moment, index, before in zip(said, indices, [None, *said[:-1]], strict=True)
    )
    return Judgement(outcomes, tuple(_measure(bound, outcomes) for bound in variant.bounds))


def _measure(bound: Bound, outcomes: Sequence[Outcome]) -> Measure:
    start_ms = outcomes[0].moment.at_ms
    window = [
        outcome
        for outcome in outcomes
        if bound.from_ms <= outcome.moment.at_ms - start_ms
        and (bound.to_ms is None or outcome.moment.at_ms - start_ms <= bound.to_ms)
    ]
    if not window:
        return Measure(bound, False, None, f"{bound.rule}: no moment in its time")
    met, worst, text = _RULES[bound.rule](bound, window)
    return Measure(bound, met, worst, f"{bound.rule}: {text}")


Found = tuple[bool, int | None, str]


def _max_error(bound: Bound, window: Sequence[Outcome]) -> Found:
    errors = [abs(o.error_ppm) for o in window if o.error_ppm is not None]
    if not errors:
        return True, None, "no price, no error"
    worst, limit = max(errors), bound.ppm or 0
    return worst <= limit, worst, f"{percent(worst)} of at most {percent(limit)}"


def _stated(_: Bound, window: Sequence[Outcome]) -> Found:
    missing = sum(o.price is None for o in window)
    return missing == 0, missing, f"{missing} of {len(window)} moments without a price"


def _silent(_: Bound, window: Sequence[Outcome]) -> Found:
    prices = sum(o.price is not None for o in window)
    return prices == 0, prices, f"{prices} of {len(window)} moments with a price"


def _not_beyond_others(bound: Bound, window: Sequence[Outcome]) -> Found:
    beyond = 0
    for o in window:
        if o.price is not None:
            low, high = _range_of_others(o, bound.venue or "")
            beyond = max(beyond, (o.price - high) * PPM // high, (low - o.price) * PPM // low)
    return beyond <= 0, beyond, f"{percent(beyond)} beyond every venue but {bound.venue}"


def _range_of_others(o: Outcome, venue: str) -> tuple[int, int]:
    quotes = [q for leg, q in o.moment.quotes.items() if leg.venue != venue and leg.symbol == o.index.feed]
    mids = [((q.bid or 0) + (q.ask or 0)) // 2 for q in quotes]
    return min(mids), max(mids)


def _follows(bound: Bound, window: Sequence[Outcome]) -> Found:
    """Never further than ``percent`` from where the truth has been since the moment before."""
    worst = max(_behind_ppm(o) for o in window)
    limit = bound.ppm or 0
    return worst <= limit, worst, f"{percent(worst)} behind, of at most {percent(limit)}"


def _behind_ppm(o: Outcome) -> int:
    truths = [m.truth for m in (o.before, o.moment) if m is not None and m.truth is not None]
    if o.price is None:
        return PPM
    low, high = min(truths), max(truths)
    return max(0, (o.price - high) * PPM // high, (low - o.price) * PPM // low)


def _nobody_rejected(_: Bound, window: Sequence[Outcome]) -> Found:
    dropped = sum(not source.kept for o in window for source in o.index.sources)
    return dropped == 0, dropped, f"{dropped} sources dropped"


def _flagged(bound: Bound, window: Sequence[Outcome]) -> Found:
    count = sum(bound.flag in o.index.flags for o in window)
    return count == len(window), count, f"{count} of {len(window)} moments are {bound.flag}"


def _doubted(bound: Bound, window: Sequence[Outcome]) -> Found:
    limit = bound.ppm or 0
    count = sum(_doubt_ppm(o) >= limit and o.index.status is not Status.OK for o in window)
    return (
        count == len(window),
        count,
        f"{count} of {len(window)} moments say that they are {percent(limit)} unsure",
    )


def _doubt_ppm(o: Outcome) -> int:
    if o.price is None:
        return PPM
    return (o.index.confidence or 0) * PPM // o.price


def _barred(bound: Bound, window: Sequence[Outcome]) -> Found:
    count = sum(any(_is_barred(s.reason) for s in o.index.sources if s.venue == bound.venue) for o in window)
    return (
        count == len(window),
        count,
        f"{bound.venue} is excluded for good in {count} of {len(window)} moments",
    )


def _is_barred(reason: str) -> bool:
    return reason.startswith("excluded by the bias monitor")


def _fresh(bound: Bound, window: Sequence[Outcome]) -> Found:
    """By the venue's own clock, whatever the method believes."""
    oldest = max((age for o in window for age in _ages_ms(o)), default=0)
    limit = (bound.age_s or 0) * 1000
    return (
        oldest <= limit,
        oldest,
        f"the oldest that counted was {seconds(oldest)} old, of at most {seconds(limit)}",
    )


def _ages_ms(o: Outcome) -> Iterator[int]:
    kept = {(s.venue, s.symbol) for s in o.index.sources if s.kept} if o.price is not None else set()
    return (
        o.moment.at_ms - quote.observed_at_ms
        for leg, quote in o.moment.quotes.items()
        if (leg.venue, leg.symbol) in kept
    )


_RULES: dict[str, Callable[[Bound, Sequence[Outcome]], Found]] = {
    "max_error": _max_error,
    "stated": _stated,
    "silent": _silent,
    "not_beyond_others": _not_beyond_others,
    "follows": _follows,
    "nobody_rejected": _nobody_rejected,
    "flagged": _flagged,
    "doubted": _doubted,
    "barred": _barred,
    "fresh": _fresh,
}
