"""The newest quotes of every market, with a few seconds of history, by exchange time.

Reporters sign the index as of ``observedAt``, a whole second 1 to 2 s ago. Pricing that moment, and not the
moment of their last poll, lets honest reporters agree more closely than their polls do.
"""

from bisect import bisect_right

from reporter.models import Leg, Quote

HISTORY_MS = 8_000
SLOT_MS = 100
MAX_AHEAD_MS = 2_000


class Book:
    """Quotes per (venue, symbol): about 8 s by exchange time and the newest one before that.

    Per market and slot of 100 ms that ends on a whole one, only the newest quote is kept: memory is bounded
    however fast a venue streams, and a whole second is still priced exactly. A quote stamped more than 2 s
    ahead of its arrival is held only while the market has no other, so that a venue's wrong clock is seen and
    does no harm.
    """

    def __init__(self) -> None:
        self._markets: dict[Leg, list[Quote]] = {}

    def put(self, quote: Quote) -> bool:
        """Take a quote in. True if it is now its market's newest and says something new.

        An older exchange time goes into the history, never over a newer one. The same exchange time with
        other prices replaces; with the same prices it is the quote that was there, which ages: a frozen book
        stays frozen. What arrived more than 2 s later than now was stamped by a clock of ours that has been set back
        since: it goes, or nothing newer would come for as long as the clock was wrong.
        """
        history = self._markets.setdefault(Leg(quote.venue, quote.symbol), [])
        _mistrust(history, quote.received_at_ms)
        if _ahead(quote) or (history and _ahead(history[0])):
            return _put_beside_ahead(history, quote)
        changed = _insert(history, _position(history, quote.observed_at_ms), quote)
        _forget(history)
        return changed and history[-1] is quote

    def as_of(self, at_ms: int) -> dict[Leg, Quote]:
        """Return each market's newest quote with exchange time <= ``at_ms``.

        A market that has only later ones gives its oldest, which the clock rule of the index then judges.
        """
        return {
            leg: history[max(0, bisect_right(history, at_ms, key=_time) - 1)]
            for leg, history in self._markets.items()
        }

    def newest(self) -> dict[Leg, Quote]:
        """Return each market's newest quote."""
        return {leg: history[-1] for leg, history in self._markets.items()}


def _mistrust(history: list[Quote], now_ms: int) -> None:
    """Drop what arrived in a future that our clock has come back from."""
    if history and history[-1].received_at_ms - now_ms > MAX_AHEAD_MS:
        history[:] = [quote for quote in history if quote.received_at_ms - now_ms <= MAX_AHEAD_MS]


def _position(history: list[Quote], at_ms: int) -> int:
    """Behind every quote that is not newer: at the end, nearly always."""
    if not history or history[-1].observed_at_ms <= at_ms:
        return len(history)
    return bisect_right(history, at_ms, key=_time)


def _insert(history: list[Quote], position: int, quote: Quote) -> bool:
    """Put a quote in its place, one per slot. ``position`` is behind every quote that is not newer."""
    before = history[position - 1] if position else None
    if before is not None and _slot(before) == _slot(quote):
        if before.observed_at_ms == quote.observed_at_ms and _content(before) == _content(quote):
            return False
        history[position - 1] = quote
        return True
    if position < len(history) and _slot(history[position]) == _slot(quote):
        return False
    history.insert(position, quote)
    return True


def _put_beside_ahead(history: list[Quote], quote: Quote) -> bool:
    """Keep a quote with a wrong clock only where there is no other, and drop it for the first right one."""
    if history and _ahead(quote) and not _ahead(history[0]):
        return False
    history[:] = [quote]
    return True


def _forget(history: list[Quote]) -> None:
    """Drop what is older than the newest quote that is itself past the history."""
    past_ms = history[-1].observed_at_ms - HISTORY_MS
    if len(history) > 1 and history[1].observed_at_ms <= past_ms:
        del history[: bisect_right(history, past_ms, key=_time) - 1]


def _ahead(quote: Quote) -> bool:
    return quote.observed_at_ms - quote.received_at_ms > MAX_AHEAD_MS


def _time(quote: Quote) -> int:
    return quote.observed_at_ms


def _slot(quote: Quote) -> int:
    return -(-quote.observed_at_ms // SLOT_MS)


def _content(quote: Quote) -> tuple[int | None, ...]:
    return quote.bid, quote.ask, quote.last, quote.last_at_ms
