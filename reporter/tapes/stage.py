"""What replay and backtest do first: open the tape, choose the feeds, put the faults in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reporter.config import load_config
from reporter.errors import TapeError, UsageError
from reporter.models import FeedRules, Leg, Quote
from reporter.replay import Moment, moments
from reporter.tapes.faults import Fault, faulty, parse_faults
from reporter.tapes.plans import default_feeds
from reporter.tapes.progress import with_bar
from reporter.tapes.reader import RecordedTape, open_tape

MAX_MOMENTS = 5_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """A tape with its feeds and faults."""

    tape: RecordedTape
    rules: Sequence[FeedRules]
    faults: Sequence[Fault]
    seed: int

    def moments(self, what: str) -> Iterator[Moment]:
        """The moments of the tape with the faults in it, and a bar while they go by."""
        quotes = faulty(self.tape.quotes(), self.faults, self.seed)
        return with_bar(moments(quotes, self.tape.every_ms), what, count_moments(self.tape))


def open_stage(
    path: Path, config: Path | None, faults: str, seed: int, look: Callable[[Quote], object] = lambda _: None
) -> Stage:
    """Read the tape once and check all that was asked.

    Raises:
        TapeError: The tape cannot be used.
        UsageError: A fault that is none, or a tape that makes no feed.
        ConfigError: The configuration cannot be used.
    """
    configured = [feed.rules for feed in load_config(config).feeds] if config else None
    tape = open_tape(path, look)
    if count_moments(tape) > MAX_MOMENTS:
        raise TapeError(
            f"{path} spans {count_moments(tape):,} moments, the most is {MAX_MOMENTS:,}; cut it into parts"
        )
    rules = default_feeds(tape.markets) if configured is None else configured
    if not rules:
        raise UsageError(
            f"the tape {tape.name} makes no feed in USD by itself", hint="give the feeds with --config FILE"
        )
    return Stage(tape, rules, parse_faults(faults, tape.first_ms, tape.markets), seed)


def count_moments(tape: RecordedTape) -> int:
    """How many moments a tape has, without faults."""
    return -(-tape.last_ms // tape.every_ms) - -(-tape.first_ms // tape.every_ms) + 1


def split_legs(text: str, option: str) -> tuple[Leg, ...]:
    """The markets of ``venue:SYMBOL,...``, none twice.

    Raises:
        UsageError: Another form.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if wrong := next((word for word in words if not all(word.partition(":"))), None):
        raise UsageError(f"{option}: {wrong!r} is not VENUE:SYMBOL", hint="for example kraken:BTC/USD")
    return tuple(dict.fromkeys(Leg(*word.split(":", 1)) for word in words))


def require_markets(legs: Sequence[Leg], markets: Sequence[Leg], option: str) -> None:
    """Raises ``UsageError`` naming a market that the tape does not have."""
    if absent := next((leg for leg in legs if leg not in markets), None):
        raise UsageError(
            f"{option}: the tape has no {absent}", hint="it has " + ", ".join(str(leg) for leg in markets)
        )
