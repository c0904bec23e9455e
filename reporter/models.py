"""The values that pass between stations. Frozen; integers for money; the unit is in the name.

Prices are integers scaled by 1e18 (``SCALE``) inside the reporter and integers with the feed's decimals in a report.
Times inside the reporter are Unix milliseconds (``*_ms``); in reports and on-chain they are Unix seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple

SCALE = 10**18


@dataclass(frozen=True, slots=True, init=False)
class Quote:
    """One market's state as one venue told it. Prices are 1e18 fixed point, None where the venue gives none.

    Attributes:
        symbol: Ours, e.g. ``"BTC/USDT"``; a perpetual ends in ``-PERP``.
        last: The last trade's price; of a perpetual the venue's mark price.
        book_at_ms: Exchange time of bid and ask, if the payload carries one.
        last_at_ms: Exchange time of ``last``, if the payload carries one.
        received_at_ms: Our clock when the payload had arrived.
        label: ``"SIMULATED"`` or ``"TAPE ..."`` when the venue is not the real one; empty when it is.
    """

    venue: str
    symbol: str
    bid: int | None
    ask: int | None
    last: int | None
    book_at_ms: int | None
    last_at_ms: int | None
    received_at_ms: int
    label: str

    def __init__(
        self,
        venue: str,
        symbol: str,
        bid: int | None,
        ask: int | None,
        last: int | None,
        book_at_ms: int | None,
        last_at_ms: int | None,
        received_at_ms: int,
        label: str = "",
    ) -> None:
        # By hand, for half the cost of the one that a frozen dataclass gets: a node makes thousands in a second.
        _SET_VENUE(self, venue)
        _SET_SYMBOL(self, symbol)
        _SET_BID(self, bid)
        _SET_ASK(self, ask)
        _SET_LAST(self, last)
        _SET_BOOK_AT(self, book_at_ms)
        _SET_LAST_AT(self, last_at_ms)
        _SET_RECEIVED_AT(self, received_at_ms)
        _SET_LABEL(self, label)

    @property
    def observed_at_ms(self) -> int:
        """Exchange time of the book, else of the last trade, else our receive time (METHODOLOGY.md, Freshness)."""
        if self.book_at_ms is not None:
            return self.book_at_ms
        return self.last_at_ms if self.last_at_ms is not None else self.received_at_ms

    @property
    def clock(self) -> str:
        """Which clock ``observed_at_ms`` is from: ``book``, ``last`` or ``received``."""
        if self.book_at_ms is not None:
            return "book"
        return "last" if self.last_at_ms is not None else "received"


_SETTERS = [vars(Quote)[field.name].__set__ for field in fields(Quote)]
_SET_VENUE, _SET_SYMBOL, _SET_BID, _SET_ASK, _SET_LAST = _SETTERS[:5]
_SET_BOOK_AT, _SET_LAST_AT, _SET_RECEIVED_AT, _SET_LABEL = _SETTERS[5:]


@dataclass(frozen=True, slots=True)
class VenueFunding:
    """What a venue of perpetuals says of one market. Prices are 1e18 fixed point in its quote currency, None where unsaid.

    Attributes:
        rate_8h: The rate that is paid next, or that is being paid, for 8 hours; 1e18 = 100 %, floored.
        predicted_8h: What the venue expects of the interval after, where it says so.
        next_at: When it is paid, Unix seconds; None where it is paid all the time.
        interval_s: For which time the venue itself states the rate.
        label: As a quote's.
    """

    venue: str
    symbol: str
    mark: int | None
    mid: int | None
    index: int | None
    rate_8h: int
    predicted_8h: int | None
    next_at: int | None
    interval_s: int
    label: str = ""


class Leg(NamedTuple):
    """One market that contributes to a feed, e.g. ``kraken:BTC/USDT``."""

    venue: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.venue}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class FeedRules:
    """How one feed's index is made. Defaults are those of METHODOLOGY.md.

    Attributes:
        weights: Raw weight per venue, any positive integer; a venue that is not named has the smallest one.
        fallback: Venues that count only while fewer than 3 others have a price.
        pegged: The feed prices a stablecoin in its peg: outside [0.90, 1.10] is flagged.
    """

    feed: str
    legs: tuple[Leg, ...]
    min_venues: int = 3
    weights: tuple[tuple[str, int], ...] = ()
    fallback: tuple[str, ...] = ()
    pegged: bool = False
    max_age_ms: int = 30_000
    fade_from_ms: int = 10_000
    max_ahead_ms: int = 2_000
    last_trade_max_age_ms: int = 60_000
    band_min_ppm: int = 5_000
    band_max_ppm: int = 50_000
    two_venue_agreement_ppm: int = 10_000
    max_spread_ppm: int = 10_000
    weight_cap_ppm: int = 240_000
    readmit_ms: int = 60_000
    hold_ms: int = 60_000
    bias_limit_ppm: int = 10_000
    bias_window_ms: int = 3_600_000
    confidence_floor_ppm: int = 100
    confidence_degraded_ppm: int = 5_000
    confidence_unsigned_ppm: int = 20_000
    volatile_round_ppm: int = 20_000
    volatile_window_ppm: int = 100_000
    volatile_window_ms: int = 300_000
    peg_band_ppm: int = 100_000


class Status(StrEnum):
    """How good an index is. Only OK, REDUCED and DEGRADED may be signed."""

    OK = "OK"
    REDUCED = "REDUCED"
    DEGRADED = "DEGRADED"
    HELD = "HELD"
    INVALID = "INVALID"

    @property
    def signable(self) -> bool:
        return self in (Status.OK, Status.REDUCED, Status.DEGRADED)


class SourceTrace(NamedTuple):
    """What became of one leg: its price in the feed's quote currency, and whether and why it was kept or dropped."""

    venue: str
    symbol: str
    kept: bool
    reason: str
    price: int | None
    bid: int | None
    ask: int | None
    last: int | None
    book_at_ms: int | None
    last_at_ms: int | None
    received_at_ms: int | None
    clock: str
    converted_by: str
    weight_ppm: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """One feed's index price at ``at_ms``. ``price`` is 1e18 fixed point, None when HELD or INVALID.

    Attributes:
        confidence: Half width of the survivors' middle half, 1e18 fixed point; None without a price.
        held: While HELD, the last good price with its own time, for display only; never signed.
    """

    feed: str
    at_ms: int
    status: Status
    price: int | None
    sources: Sequence[SourceTrace]
    reason: str = ""
    flags: tuple[str, ...] = ()
    confidence: int | None = None
    held: tuple[int, int] | None = None

    @property
    def venues_kept(self) -> int:
        return len({s.venue for s in self.sources if s.kept})


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter signs. One price per feed id, with the feed's decimals; 0 abstains."""

    observed_at: int
    feed_ids: tuple[bytes, ...]
    prices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SignedReport:
    """A report with its EIP-2098 signature (64 bytes: r, then yParity in the top bit of s)."""

    report: Report
    signature: bytes
    reporter: str


@dataclass(frozen=True, slots=True)
class Round:
    """One feed's round as the aggregator holds it. ``answer`` has the feed's decimals; ``round_id`` 0 is no data."""

    feed: str
    round_id: int
    observed_at: int
    updated_at: int
    answer: int
    reporters: int
    spread_bps: int


def feed_id(feed: str) -> bytes:
    """The 32-byte id of a feed: its ASCII name right-padded with zeros.

    Raises:
        ValueError: The name is empty, not printable ASCII, or longer than 32 bytes.
    """
    if not feed or not feed.isascii() or not feed.isprintable() or len(feed) > 32:
        raise ValueError(f"a feed name is 1 to 32 printable ASCII characters, not {feed!r}")
    return feed.encode().ljust(32, b"\0")


def feed_name(identifier: bytes) -> str:
    """The name behind a feed id."""
    return identifier.rstrip(b"\0").decode("ascii", "backslashreplace")
