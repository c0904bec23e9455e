"""What a market is: quotes of venues as a function of wall time, and references to measure answers by."""

from dataclasses import dataclass
from typing import Protocol

MarketKey = tuple[str, str]
"""A venue and a symbol, e.g. ``("kraken", "BTC/USDT")``."""


@dataclass(frozen=True, slots=True)
class MarketQuote:
    """One market's state at one moment. Prices are 1e18 fixed point, times wall Unix milliseconds.

    Attributes:
        book_at_ms: When bid and ask were true.
        last_at_ms: When the last trade happened.
    """

    bid: int
    ask: int
    last: int
    book_at_ms: int
    last_at_ms: int


class Market(Protocol):
    """A recorded or simulated market. Every answer is a pure function of the wall time that is passed in."""

    @property
    def label(self) -> str:
        """What a person should be told the prices are, e.g. ``"TAPE usdc_depeg_2023-03-10_12 x60"``."""

    @property
    def source(self) -> str:
        """``"tape"`` or ``"simulated"``."""

    @property
    def markets(self) -> tuple[MarketKey, ...]:
        """Every venue and symbol that ``quote`` knows, sorted."""

    def quote(self, venue: str, symbol: str, wall_ms: int) -> MarketQuote | None:
        """The market as its venue shows it at ``wall_ms``; None when unknown or not yet traded."""

    def reference(self, feed: str, wall_ms: int) -> int | None:
        """The price, 1e18 fixed point, that answers for ``feed`` are measured against; None without one."""

    def tape_ms(self, wall_ms: int) -> int | None:
        """The recorded time that is played at ``wall_ms``; None when nothing is replayed."""

    def ended(self, wall_ms: int) -> bool:
        """Whether nothing new will come after ``wall_ms``."""
