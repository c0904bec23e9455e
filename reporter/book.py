"""The newest quotes of every market, with a few seconds of history, by exchange time.

Reporters sign the index as of ``observedAt``, a whole second 1 to 2 s ago. Pricing that moment, and not the
moment of their last poll, lets honest reporters agree more closely than their polls do.
"""

from bisect import bisect_right
from collections.abc import Container, ItemsView
from typing import cast

from reporter.models import Leg, Quote

HISTORY_MS = 8_000
SLOT_MS = 1_000
MAX_AHEAD_MS = 2_000


class _History:
    """One market's quotes, oldest first, and their exchange times."""

    __slots__ = ("quotes", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.quotes: list[Quote] = []


class Book:
    """Quotes per (venue, symbol): about 8 s by exchange time and the newest one before that.

    Per market and second that ends on a whole one, only the newest quote is kept: memory is bounded however
    fast a venue streams, and whole seconds, which are all that is ever signed, are priced exactly. A quote
    stamped more than 2 s ahead of its arrival is held only while the market has no other, so that a venue's
    wrong clock is seen and does no harm.
    """

    def __init__(self) -> None:
        self._markets: dict[tuple[str, str], _History] = {}

    def put(self, quote: Quote) -> bool:
        """Take a quote in. True if it is now its market's newest and says something new.

        An older exchange time goes into the history, never over a newer one. The same exchange time with
        other prices replaces; with the same prices it is the quote that was there, which ages: a frozen book
        stays frozen. What arrived more than 2 s later than now was stamped by a clock of ours that has been set back
        since: it goes, or nothing newer would come for as long as the clock was wrong.
        """
        history = self._markets.get((quote.venue, quote.symbol))
        if history is None:
            history = self._markets[Leg(quote.venue, quote.symbol)] = _History()
        at_ms = quote.observed_at_ms
        if history.quotes and history.quotes[-1].received_at_ms - quote.received_at_ms > MAX_AHEAD_MS:
            _mistrust(history, quote.received_at_ms)
        times = history.times
        if not times:
            history.times, history.quotes = [at_ms], [quote]
            return True
        if at_ms - quote.received_at_ms > MAX_AHEAD_MS or _ahead(history):
            return _put_beside_ahead(history, quote, at_ms)
        # Behind every quote that is not newer: at the end, nearly always.
        position = len(times) if times[-1] <= at_ms else bisect_right(times, at_ms)
        changed = _insert(history, position, quote, at_ms)
        _forget(history)
        return changed and history.quotes[-1] is quote

    def forget(self, venues: Container[str]) -> None:
        """Drop everything that came from these venues."""
        self._markets = {leg: history for leg, history in self._markets.items() if leg[0] not in venues}

    def as_of(self, at_ms: int) -> dict[Leg, Quote]:
        """Return each market's newest quote with exchange time <= ``at_ms``.

        A market that has only later ones gives its oldest, which the clock rule of the index then judges.
        """
        return {
            leg: history.quotes[max(0, bisect_right(history.times, at_ms) - 1)]
            for leg, history in self._legs()
        }

    def newest(self) -> dict[Leg, Quote]:
        """Return each market's newest quote."""
        return {leg: history.quotes[-1] for leg, history in self._legs()}

    def _legs(self) -> "ItemsView[Leg, _History]":
        return cast("dict[Leg, _History]", self._markets).items()


def _mistrust(history: _History, now_ms: int) -> None:
    """Drop what arrived in a future that our clock has come back from."""
    history.quotes = [quote for quote in history.quotes if quote.received_at_ms - now_ms <= MAX_AHEAD_MS]
    history.times = [quote.observed_at_ms for quote in history.quotes]


def _insert(history: _History, position: int, quote: Quote, at_ms: int) -> bool:
    """Put a quote in its place, one per slot. ``position`` is behind every quote that is not newer."""
    times, slot = history.times, -(-at_ms // SLOT_MS)
    if position and -(-times[position - 1] // SLOT_MS) == slot:
        before = history.quotes[position - 1]
        if times[position - 1] == at_ms and _content(before) == _content(quote):
            return False
        times[position - 1], history.quotes[position - 1] = at_ms, quote
        return True
    if position < len(times) and -(-times[position] // SLOT_MS) == slot:
        return False
    times.insert(position, at_ms)
    history.quotes.insert(position, quote)
    return True


def _put_beside_ahead(history: _History, quote: Quote, at_ms: int) -> bool:
    """Keep a quote with a wrong clock only where there is no other, and drop it for the first right one."""
    if at_ms - quote.received_at_ms > MAX_AHEAD_MS and not _ahead(history):
        return False
    history.times, history.quotes = [at_ms], [quote]
    return True


def _forget(history: _History) -> None:
    """Drop what is older than the newest quote that is itself past the history."""
    times = history.times
    past_ms = times[-1] - HISTORY_MS
    if len(times) > 1 and times[1] <= past_ms:
        keep = bisect_right(times, past_ms) - 1
        del times[:keep], history.quotes[:keep]


def _ahead(history: _History) -> bool:
    """Whether what is held has a wrong clock; then it is alone."""
    return history.times[0] - history.quotes[0].received_at_ms > MAX_AHEAD_MS


def _content(quote: Quote) -> tuple[int | None, ...]:
    return quote.bid, quote.ask, quote.last, quote.last_at_ms
