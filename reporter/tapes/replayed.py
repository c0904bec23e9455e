"""``spotline replay``: the pipeline on a tape, and what came of it."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from reporter.errors import NoIndex, UsageError
from reporter.market.tape import utc_text
from reporter.models import Index
from reporter.money import decimal_text
from reporter.record import index_document
from reporter.replay import paced, replay
from reporter.tapes.plans import for_tape
from reporter.tapes.stage import Stage, open_stage
from reporter.tapes.volumes import check_weights, weighed

MAX_SPEED = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked. ``speed``: tape seconds per second, None for as fast as it goes."""

    tape: Path
    faults: str = ""
    seed: int = 1
    config: Path | None = None
    speed: int | None = None
    rounds: Path | None = None
    weights: str = ""


@dataclass(slots=True)
class FeedSummary:
    """One feed over the whole tape: moments by status and by flag, and its prices, 1e18 fixed point."""

    statuses: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    low: int | None = None
    high: int | None = None
    last: int | None = None

    def add(self, index: Index) -> None:
        """Take the index of a moment."""
        self.statuses[str(index.status)] += 1
        self.flags.update(index.flags)
        if index.price is not None and index.status.signable:
            self.low = index.price if self.low is None else min(self.low, index.price)
            self.high = index.price if self.high is None else max(self.high, index.price)
            self.last = index.price


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    stage: Stage
    moments: int
    feeds: Mapping[str, FeedSummary]
    weights: str = ""

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints: prices as decimal strings of 1e18 fixed-point integers."""
        tape = self.stage.tape
        return {
            "tape": tape.name,
            "form": tape.form,
            "first_ms": tape.first_ms,
            "last_ms": tape.last_ms,
            "quotes": tape.count,
            "markets": [str(leg) for leg in tape.markets],
            "faults": [fault.text for fault in self.stage.faults],
            "weights": self.weights or "configured",
            "moments": self.moments,
            "feeds": {name: _feed_document(feed) for name, feed in self.feeds.items()},
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        tape = self.stage.tape
        faults = ", ".join(fault.text for fault in self.stage.faults)
        return [
            f"{tape.name}: {tape.count:,} quotes of {len(tape.markets)} markets, {self.moments:,} moments from "
            f"{utc_text(tape.first_ms)} to {utc_text(tape.last_ms)}"
            + (f", faults {faults}" if faults else "")
            + (", weighed by its volumes" if self.weights else ""),
            *(_feed_line(name, feed) for name, feed in self.feeds.items()),
        ]

    def index_or_raise(self) -> None:
        """Raises ``NoIndex`` when no feed ever had a price."""
        if all(feed.last is None for feed in self.feeds.values()):
            raise NoIndex(f"no index of any feed at any of {self.moments} moments")


def replay_tape(request: Request, tell: Callable[[str], object] | None = None) -> Replayed:
    """Price every feed at every moment of the tape.

    Args:
        tell: Takes a line per moment while a replay with a speed runs.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist.
    """
    stage = open_stage(request.tape, request.config, request.faults, request.seed)
    check_weights(request.weights)
    rules = weighed(stage.tape, stage.rules) if request.weights else stage.rules
    plan = for_tape(rules, stage.tape.form)
    found = stage.moments("replay")
    if request.speed:
        found = paced(found, request.speed, lambda: time.monotonic_ns() // 1_000_000, time.sleep)
    feeds = {rules.feed: FeedSummary() for rules in plan}
    count = 0
    with _rounds_file(request.rounds) as rounds:
        for indices in replay(found, plan):
            count += 1
            for index in indices.values():
                feeds[index.feed].add(index)
            _write(rounds, indices.values())
            if tell and request.speed:
                tell(_moment_line(indices.values()))
    return Replayed(stage, count, feeds, request.weights)


def parse_speed(text: str) -> int | None:
    """``none``, or a whole number of tape seconds per second.

    Raises:
        UsageError: Something else.
    """
    if text == "none":
        return None
    if (
        text.isascii()
        and text.isdigit()
        and 1 <= int(text[:9]) <= MAX_SPEED
        and len(text) <= len(str(MAX_SPEED))
    ):
        return int(text)
    raise UsageError(f"--speed is {text!r}", hint=f"none, or a whole number from 1 to {MAX_SPEED:,}")


def _rounds_file(path: Path | None) -> AbstractContextManager[IO[str] | None]:
    if path is None:
        return nullcontext()
    try:
        return path.open("x", encoding="utf-8")
    except FileExistsError as exists:
        raise UsageError(f"{path} exists already", hint="choose another name for --rounds") from exists
    except OSError as refused:
        raise UsageError(f"{path} cannot be written: {refused.strerror}") from refused


def _write(rounds: IO[str] | None, indices: Iterable[Index]) -> None:
    if rounds is not None:
        rounds.writelines(json.dumps(index_document(index)) + "\n" for index in indices)


def _feed_document(feed: FeedSummary) -> dict[str, Any]:
    prices = {"low": feed.low, "high": feed.high, "last": feed.last}
    return {
        "statuses": dict(sorted(feed.statuses.items())),
        "flags": dict(sorted(feed.flags.items())),
        **{name: None if price is None else str(price) for name, price in prices.items()},
    }


def _feed_line(name: str, feed: FeedSummary) -> str:
    counts = ", ".join(f"{count:,} {word}" for word, count in (feed.statuses + feed.flags).most_common())
    if feed.low is None or feed.high is None:
        return f"  {name:14} no index  ({counts})"
    return f"  {name:14} {_price(feed.low)} to {_price(feed.high)}  ({counts})"


def _moment_line(indices: Iterable[Index]) -> str:
    found = list(indices)
    prices = (
        f"{index.feed} {_price(index.price) if index.price is not None else '-'} {index.status}"
        for index in found
    )
    return f"{utc_text(found[0].at_ms)}  " + "  ".join(prices)


def _price(price: int) -> str:
    return decimal_text(price, 18, 4)
