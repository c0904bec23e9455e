"""What each venue traded on a tape of minute bars, in a feed's quote currency, and the weights that follow."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reporter.errors import UsageError
from reporter.index import convert
from reporter.index.convert import Kind, Rate, rate_of
from reporter.index.weights import Traded, raw_weights, window_volumes
from reporter.market.tape_rows import MINUTE_S, Bar, read_bars
from reporter.models import SCALE, FeedRules, Leg
from reporter.replay import moments, replay
from reporter.tapes.plans import for_tape
from reporter.tapes.progress import with_bar
from reporter.tapes.reader import RecordedTape


@dataclass(frozen=True, slots=True)
class Volumes:
    """One feed's volumes, in its quote currency, 1e18 fixed point, each venue of the feed by name.

    Attributes:
        by_venue: Over the last 30 days of the tape, or all of it where it is shorter.
        unconverted: Traded minutes that do not count, for there was no index to convert them by.
    """

    by_venue: Mapping[str, int]
    unconverted: int

    @property
    def raw(self) -> dict[str, int]:
        """The venues' shares in ppm, floored, at least 1, as ``raw_weights`` makes them."""
        return raw_weights(self.by_venue, {}, self.by_venue)


def feed_volumes(tape: RecordedTape, rules: Sequence[FeedRules]) -> dict[str, Volumes]:
    """Return the volumes of every feed.

    A minute's volume counts at that minute's close, floored, converted as the index converts: by the measured
    index of that minute, floored, never at par. The conversions here are made with equal weights.

    Args:
        rules: With every conversion that they need.

    Raises:
        UsageError: The tape has no volumes.
    """
    if tape.form != "bars":
        raise UsageError(
            f"{tape.name} has no volumes to weigh by", hint="a tape of minute bars has: see RESEARCH.md"
        )
    found: dict[str, list[Traded | None]] = {r.feed: [] for r in rules}
    for bar, rates in _traded(tape, rules):
        for of_feed in (r for r in rules if Leg(bar.venue, bar.symbol) in r.legs):
            found[of_feed.feed].append(_amount(bar, of_feed.feed, rates))
    return {r.feed: _volumes(r, found[r.feed], tape.last_ms) for r in rules}


def weighed(tape: RecordedTape, rules: Sequence[FeedRules]) -> list[FeedRules]:
    """The same feeds with the weights that the whole tape gives them, with hindsight; the index caps them itself."""
    volumes = feed_volumes(tape, rules)
    return [replace(r, weights=tuple(sorted(volumes[r.feed].raw.items()))) for r in rules]


def check_weights(asked: str) -> None:
    """Raises ``UsageError`` for a ``--weights`` that is neither ``tape`` nor absent."""
    if asked not in ("", "tape"):
        raise UsageError(f"--weights is {asked!r}", hint="--weights tape, or none for the configured weights")


def _traded(tape: RecordedTape, rules: Sequence[FeedRules]) -> Iterator[tuple[Bar, Mapping[str, Rate]]]:
    """Every traded bar with what converts at its end."""
    bars: dict[int, list[Bar]] = {}
    for bar in read_bars(tape.path):
        if bar.traded:
            bars.setdefault(_end_ms(bar), []).append(bar)
    said = with_bar(moments(tape.quotes(), tape.every_ms), "volumes")
    for indices in replay(said, for_tape(rules, tape.form)):
        at_ms = next(iter(indices.values())).at_ms
        rates = {feed: rate_of(index) for feed, index in indices.items()}
        yield from ((bar, rates) for bar in bars.get(at_ms, ()))


def _end_ms(bar: Bar) -> int:
    return (bar.minute_s + MINUTE_S) * 1000


def _amount(bar: Bar, feed: str, rates: Mapping[str, Rate]) -> Traded | None:
    """What a bar traded in the feed's quote currency; None where it cannot be converted."""
    way = convert.route(feed, bar.symbol)
    if convert.fault(way, rates, _end_ms(bar)):
        return None
    if way.kind is Kind.INVERSE:  # USD/EUR on EUR/USD: its base is the feed's quote currency
        return Traded(bar.venue, _end_ms(bar), bar.volume)
    return Traded(bar.venue, _end_ms(bar), bar.volume * convert.convert(bar.close, way, rates) // SCALE)


def _volumes(rules: FeedRules, rows: Iterable[Traded | None], until_ms: int) -> Volumes:
    found = list(rows)
    counted = window_volumes([row for row in found if row], until_ms)
    venues = sorted({leg.venue for leg in rules.legs})
    return Volumes({venue: counted.get(venue, 0) for venue in venues}, found.count(None))
