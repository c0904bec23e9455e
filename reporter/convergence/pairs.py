"""Recorded prices of a perpetual and of its index, as one row of basis and funding, a sample a minute.

A file is CSV, packed (``.gz``) or not, with a column of times and a column of prices; one with ``venue`` and ``symbol``
columns, such as a tape of bars, needs the market's name behind an ``@``: ``bars.csv.gz@kraken:BTC/USD``.
"""

import csv
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from gzip import GzipFile
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from typing import BinaryIO, TextIO, cast

from reporter.convergence.metrics import Track
from reporter.convergence.modes import HOURLY, MODES
from reporter.convergence.play import STEP_S
from reporter.errors import TapeError
from reporter.funding import Reading, advance
from reporter.funding.clock import new_market
from reporter.funding.formulas import ONE, premium

DECIMALS = 8
TIMES = ("time", "timestamp", "minute", "at_s", "date")
PRICES = ("price", "close", "mark", "mark_price", "index", "index_price")
LEAST_HOLD_S = 300
"""A price holds for this long, or for two of its file's own steps."""
MS_FROM, US_FROM = 10**11, 10**14
WITHIN = 2 * ONE
"""A basis is shown as it is; only the clock clamps it."""
Sample = tuple[int, int]
"""Unix seconds, and a price with 8 decimals."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The longest stretch in which both prices are known, from ``start_s``; ``left_out`` minutes are not in it.

    ``basis`` is with 1e18 = 100 %. The track's rate is what the hourly rules would have charged.
    """

    start_s: int
    basis: Sequence[int]
    track: Track
    left_out: int

    def samples(self) -> Iterator[tuple[int, int]]:
        """Unix seconds and basis."""
        return ((self.start_s + i * STEP_S, value) for i, value in enumerate(self.basis))


def read_prices(name: str) -> list[Sample]:
    """Return a file's prices, oldest first.

    Args:
        name: A path, and a market behind an ``@`` where the file has several.

    Raises:
        TapeError: No such file, column, market or number; prices that are not positive, times that do not grow.
    """
    path, market = parted(name)
    try:
        with _opened(Path(path)) as lines:
            rows = csv.DictReader(lines)
            found = [
                _sample(path, row, number) for number, row in enumerate(rows, 2) if _is_of(path, row, market)
            ]
    except (OSError, UnicodeDecodeError, EOFError, csv.Error) as failed:
        raise TapeError(
            f"{path} cannot be read: {failed}", hint="a CSV file with times and prices"
        ) from failed
    if len(found) < 2:
        raise TapeError(
            f"{path} has {len(found)} prices" + (f" of {market}" if market else ""), hint="two or more"
        )
    if any(later[0] <= earlier[0] for earlier, later in pairwise(found)):
        raise TapeError(f"the times of {name} do not grow", hint="one market, sorted, no time twice")
    return found


def parted(name: str) -> tuple[str, str]:
    """The path, and the market behind it or nothing."""
    path, _, market = name.rpartition("@")
    return (path, market) if path and ":" in market else (name, "")


def pair_of(perpetual: Sequence[Sample], index: Sequence[Sample]) -> Pair:
    """Return both as basis and funding, minute by minute.

    Raises:
        TapeError: There is no hour in which both are known.
    """
    start_s = max(perpetual[0][0], index[0][0])
    minutes = (min(perpetual[-1][0], index[-1][0]) - start_s) // STEP_S + 1
    times = range(start_s, start_s + max(0, minutes) * STEP_S, STEP_S)
    both = list(zip(_held(perpetual, times), _held(index, times), strict=True))
    first, last = _longest(both)
    if (last - first) * STEP_S < 2 * 3_600:
        raise TapeError(
            "perpetual and index are not known together for two hours", hint="do their times overlap?"
        )
    known = [(mark, price) for mark, price in both[first:last] if mark and price]
    return _paired(times[first], known, len(both) - len(known))


def _paired(start_s: int, known: Sequence[tuple[int, int]], left_out: int) -> Pair:
    params, basis, rate = MODES[HOURLY], array("d"), array("d")
    market = new_market(params, DECIMALS, start_s)
    exact = [premium(mark, price, WITHIN) for mark, price in known]
    for i, (mark, price) in enumerate(known):
        at_s = start_s + i * STEP_S
        reading = Reading(price, at_s, at_s, True, premium(mark, price, params.max_premium))
        market, _ = advance(market, reading, at_s)
        basis.append(exact[i] * 10_000 / ONE)
        rate.append(market.rate * 10_000 / ONE)
    return Pair(start_s, exact, Track(STEP_S, basis, rate), left_out)


def _held(samples: Sequence[Sample], times: Sequence[int]) -> list[int | None]:
    """At each time the last price, if it is not too old."""
    hold_s = max(LEAST_HOLD_S, 2 * median_low([b[0] - a[0] for a, b in pairwise(samples)]))
    held: list[int | None] = []
    at = -1
    for time in times:
        while at + 1 < len(samples) and samples[at + 1][0] <= time:
            at += 1
        held.append(samples[at][1] if at >= 0 and time - samples[at][0] <= hold_s else None)
    return held


def _longest(both: Sequence[tuple[int | None, int | None]]) -> tuple[int, int]:
    """The longest stretch of places where both are known."""
    best, start = (0, 0), 0
    for place, (mark, price) in enumerate([*both, (None, None)]):
        if mark is None or price is None:
            best = max(best, (start, place), key=lambda stretch: stretch[1] - stretch[0])
            start = place + 1
    return best


def _opened(path: Path) -> TextIO:
    packed = GzipFile(path) if path.suffix == ".gz" else path.open("rb")
    return TextIOWrapper(cast("BinaryIO", packed), encoding="utf-8", newline="")


def _is_of(path: str, row: Mapping[str, str], market: str) -> bool:
    if "symbol" not in row or "venue" not in row:
        return True
    if not market:
        hint = f"{path}@{row['venue']}:{row['symbol']}"
        raise TapeError(f"{path} has several markets", hint=f"name one: {hint}")
    return f"{row['venue']}:{row['symbol']}" == market


def _sample(path: str, row: Mapping[str, str], number: int) -> Sample:
    time, price = (_number(path, row, names, number) for names in (TIMES, PRICES))
    if price <= 0:
        raise TapeError(f"{path}, line {number}: {price} is no price")
    divisor = 10**6 if time >= US_FROM else 10**3 if time >= MS_FROM else 1
    return int(time / divisor), int(price.scaleb(DECIMALS))


def _number(path: str, row: Mapping[str, str], names: Sequence[str], number: int) -> Decimal:
    column = next((name for name in names if name in row), None)
    if column is None:
        raise TapeError(
            f"{path} has none of the columns {', '.join(names)}", hint="the first line names the columns"
        )
    try:
        value = Decimal(row[column])
    except (InvalidOperation, TypeError):
        value = Decimal("NaN")
    if not value.is_finite():
        raise TapeError(f"{path}, line {number}: {row[column]!r} is no number in {column}")
    return value
