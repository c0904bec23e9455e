"""A recorded market, and its replay at a chosen speed with exchange time mapped to the wall clock.

As quotes: close = last = bid = ask, observed when the minute ends. A minute without a trade (no row, or a row
of volume zero) repeats the old quote with its old time, so a market that stopped trading ages as it did then.
"""

import calendar
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reporter.errors import TapeError
from reporter.market.model import MarketKey, MarketQuote
from reporter.market.tape_rows import MINUTE_S, Bar, read_bars

MINUTE_MS = MINUTE_S * 1000
_START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Series:
    """One market's trades, oldest first: when each close was known (Unix ms) and what it was (1e18)."""

    times_ms: tuple[int, ...]
    closes: tuple[int, ...]

    def at(self, tape_ms: int) -> tuple[int, int] | None:
        """The newest ``(close, time_ms)`` known at ``tape_ms``; None before the first."""
        position = bisect_right(self.times_ms, tape_ms) - 1
        return (self.closes[position], self.times_ms[position]) if position >= 0 else None


@dataclass(frozen=True, slots=True)
class Tape:
    """A recorded market, from ``first_ms`` (open of its first minute) to ``last_ms`` (end of its last)."""

    name: str
    first_ms: int
    last_ms: int
    series: Mapping[MarketKey, Series]

    @classmethod
    def load(cls, path: Path) -> "Tape":
        """Read a tape of minute bars (CSV or gzip CSV: minute,venue,symbol,open,high,low,close,volume).

        Raises:
            TapeError: Missing, not gzip, other columns, a bad row (with line and value), no order, no rows.
        """
        bars = list(read_bars(path))
        if not any(bar.traded for bar in bars):
            raise TapeError(f"{path} has no row with a trade")
        minutes = [bar.minute_s * 1000 for bar in bars]
        return cls(_name(path), min(minutes), max(minutes) + MINUTE_MS, _series(bars))

    def reference_at(self, feed: str, tape_ms: int) -> int | None:
        """The mean, floored, of the closes that this tape's markets of ``feed`` had at ``tape_ms``.

        Only feeds in USD have one: a stablecoin price is no reference for a dollar price.
        """
        if not feed.endswith("/USD"):
            return None
        known = [series.at(tape_ms) for (_, symbol), series in self.series.items() if symbol == feed]
        closes = [found[0] for found in known if found is not None]
        return sum(closes) // len(closes) if closes else None


class TapeMarket:
    """A tape played from ``start_ms`` (tape time) at ``epoch_ms`` (wall time), ``speed`` times as fast."""

    source = "tape"

    def __init__(self, tape: Tape, start_ms: int, epoch_ms: int, speed: int) -> None:
        """Raises TapeError when the start lies outside the tape or the speed is not positive."""
        if not tape.first_ms <= start_ms <= tape.last_ms:
            raise TapeError(
                f"start {utc_text(start_ms)} is outside the tape {tape.name}",
                hint=f"the tape runs from {utc_text(tape.first_ms)} to {utc_text(tape.last_ms)}",
            )
        if speed < 1:
            raise TapeError(f"speed {speed} is not a positive whole number")
        self._tape = tape
        self._start_ms = start_ms
        self._epoch_ms = epoch_ms
        self._speed = speed
        self.label = f"TAPE {tape.name} x{speed}"
        self.markets = tuple(sorted(tape.series))

    def tape_ms(self, wall_ms: int) -> int:
        """The recorded time that is played at ``wall_ms``."""
        return self._start_ms + (wall_ms - self._epoch_ms) * self._speed

    def wall_ms(self, tape_ms: int) -> int:
        """The wall time at which ``tape_ms`` is played, floored: the inverse of ``tape_ms``."""
        return self._epoch_ms + (tape_ms - self._start_ms) // self._speed

    def quote(self, venue: str, symbol: str, wall_ms: int) -> MarketQuote | None:
        """The newest close of that market as bid, ask and last, with its time on the wall clock."""
        series = self._tape.series.get((venue, symbol))
        found = series.at(self.tape_ms(wall_ms)) if series else None
        if found is None:
            return None
        close, at_ms = found[0], self.wall_ms(found[1])
        return MarketQuote(close, close, close, at_ms, at_ms)

    def reference(self, feed: str, wall_ms: int) -> int | None:
        """``Tape.reference_at`` for the tape time that is played at ``wall_ms``."""
        return self._tape.reference_at(feed, self.tape_ms(wall_ms))

    def ended(self, wall_ms: int) -> bool:
        """Whether the last minute has been played; its quotes stay, and age."""
        return self.tape_ms(wall_ms) >= self._tape.last_ms


def parse_start(text: str) -> int:
    """Unix milliseconds of ``2023-03-11T06:40``, in UTC; seconds and a final Z may be given.

    Raises:
        TapeError: Another form, or a date that does not exist.
    """
    refusal = TapeError(f"start {text!r} is not a time", hint="write it in UTC, as 2023-03-11T06:40")
    if _START.fullmatch(text) is None:
        raise refusal
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as broken:
        raise refusal from broken
    return calendar.timegm(moment.utctimetuple()) * 1000


def utc_text(at_ms: int) -> str:
    """``2023-03-11T06:40:00Z`` for Unix milliseconds, floored to the second."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")


def _series(bars: list[Bar]) -> dict[MarketKey, Series]:
    """The traded bars by market, each market's oldest first."""
    times: dict[MarketKey, list[int]] = {}
    closes: dict[MarketKey, list[int]] = {}
    for bar in bars:
        if bar.traded:
            key = (bar.venue, bar.symbol)
            times.setdefault(key, []).append((bar.minute_s + MINUTE_S) * 1000)
            closes.setdefault(key, []).append(bar.close)
    return {key: Series(tuple(times[key]), tuple(closes[key])) for key in times}
