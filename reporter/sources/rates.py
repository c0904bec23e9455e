"""What venues of perpetuals say of their funding, for people who compare: no reporter asks it, nothing of it is signed.

Where a rate is documented stands with each reader; all are brought to 8 hours.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from reporter.errors import ConfigError, SourceError
from reporter.models import VenueFunding
from reporter.sources import strict
from reporter.sources.base import Fetcher
from reporter.sources.fields import Fields, rows
from reporter.sources.hyperliquid import Hyperliquid
from reporter.sources.venue import Request

HOUR_S = 3_600
PERIOD_S = 8 * HOUR_S
_SINCE_2000 = re.compile(r"2000-01-0([12])T([0-9]{2}):([0-9]{2}):([0-9]{2})\.000Z")


class Told(NamedTuple):
    """What a venue tells, its rates for ``interval_s``; ``spot`` is its index, ``next_ms`` in Unix milliseconds."""

    mark: int | None
    mid: int | None
    spot: int | None
    rate: int
    interval_s: int
    next_ms: int | None = None
    predicted: int | None = None


class Question(NamedTuple):
    """What is asked and how the answers are read: ``name`` is the venue's name of the market."""

    venue: str
    name: str
    documents: Sequence[strict.Json]
    now_ms: int

    def only(self, place: int, key: str = "") -> Fields:
        """An answer that is an object, or the object under ``key`` of one."""
        found = Fields.of(self.venue, self.documents[place])
        return found.child(key) if key else found

    def one(self, found: Sequence[Fields], key: str) -> Fields:
        """The only row that says it is our market; raises SourceError where there is none or more."""
        mine = [row for row in found if row.text(key) == self.name]
        if len(mine) != 1:
            raise SourceError(self.venue, "symbol", f"{len(mine)} rows for {self.name}, not one")
        return mine[0]


async def venue_funding(fetcher: Fetcher, symbol: str, now_ms: int) -> VenueFunding:
    """Ask one venue for one perpetual, all that it takes at once.

    Raises:
        ConfigError: A venue without perpetuals, or a symbol it cannot have.
        SourceError: It did not answer, or not as documented.
    """
    source = fetcher.source
    if source.name not in READERS:
        raise ConfigError(
            f"{source.name} has no funding", hint=f"venues that have: {', '.join(sorted(READERS))}"
        )
    name = source.symbol(symbol)
    targets, read = READERS[source.name]
    asked = [Request(_filled(t, name), (symbol,)) for t in targets] or source.requests((symbol,))
    told = read(Question(source.name, name, await _answers(fetcher, asked), now_ms))
    return VenueFunding(
        fetcher.venue,
        symbol,
        told.mark,
        told.mid,
        told.spot,
        told.rate * PERIOD_S // told.interval_s,
        None if told.predicted is None else told.predicted * PERIOD_S // told.interval_s,
        None if told.next_ms is None else told.next_ms // 1000,
        told.interval_s,
        fetcher.label,
    )


async def _answers(fetcher: Fetcher, asked: Sequence[Request]) -> list[strict.Json]:
    """Every answer; the first failure only when none is under way any more."""
    found = await asyncio.gather(*map(fetcher.document, asked), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]


def _filled(target: str, name: str) -> str:
    return target.replace("{name}", name).replace("{index}", name.removesuffix("-SWAP"))


def _mid(bid: int | None, ask: int | None) -> int | None:
    return None if bid is None or ask is None else (bid + ask) // 2


def _hours(row: Fields, key: str) -> int:
    hours = row.whole(key)
    if not 1 <= hours <= 24:
        raise SourceError(row.venue, "range", f"{key} is {hours}")
    return hours * HOUR_S


def _binance(asked: Question) -> Told:
    """``lastFundingRate`` is the running one of this interval, which is 8 h where fundingInfo does not list the market."""
    row = asked.only(0).expect("symbol", asked.name, "symbol")
    book = asked.only(1).expect("symbol", asked.name, "symbol")
    special = [info for info in rows(asked.venue, asked.documents[2]) if info.says("symbol", asked.name)]
    interval_s = _hours(special[0], "fundingIntervalHours") if special else PERIOD_S
    mid, next_ms = (
        _mid(book.price("bidPrice"), book.price("askPrice")),
        row.time("nextFundingTime", strict.at_ms),
    )
    return Told(
        row.price("markPrice"), mid, row.price("indexPrice"), row.rate("lastFundingRate"), interval_s, next_ms
    )


def _okx(asked: Question) -> Told:
    """``fundingRate`` is paid at ``fundingTime``; the two times are one interval apart; a forecast may be missing."""
    every = [asked.only(place).expect("code", "0", "refused").rows("data") for place in range(4)]
    paid, mark, book = (asked.one(found, "instId") for found in every[:3])
    index = asked._replace(name=asked.name.removesuffix("-SWAP")).one(every[3], "instId")
    next_ms, after_ms = (paid.time(key, strict.at_ms) for key in ("fundingTime", "nextFundingTime"))
    interval_s = (after_ms - next_ms) // 1000
    if not HOUR_S <= interval_s <= 24 * HOUR_S:
        raise SourceError(asked.venue, "range", f"{interval_s} s from one funding to the next")
    predicted = None if paid.says("nextFundingRate", "") else paid.rate("nextFundingRate")
    mid = _mid(book.price("bidPx"), book.price("askPx"))
    rate = paid.rate("fundingRate")
    return Told(mark.price("markPx"), mid, index.price("idxPx"), rate, interval_s, next_ms, predicted)


def _bybit(asked: Question) -> Told:
    """``fundingRate`` is the running one of this interval of ``fundingIntervalHour``."""
    result = asked.only(0).expect("retCode", "0", "refused").child("result")
    row = asked.one(result.rows("list"), "symbol")
    mid, next_ms = (
        _mid(row.price("bid1Price"), row.price("ask1Price")),
        row.time("nextFundingTime", strict.at_ms),
    )
    interval_s, rate = _hours(row, "fundingIntervalHour"), row.rate("fundingRate")
    return Told(row.price("markPrice"), mid, row.price("indexPrice"), rate, interval_s, next_ms)


def _deribit(asked: Question) -> Told:
    """``current_funding`` is paid all the time and stated for 8 h; ``funding_8h`` is what the last 8 h came to."""
    row = asked.only(0, "result").expect("instrument_name", asked.name, "symbol")
    mid = _mid(row.price("best_bid_price"), row.price("best_ask_price"))
    return Told(row.price("mark_price"), mid, row.price("index_price"), row.rate("current_funding"), PERIOD_S)


def _bitmex(asked: Question) -> Told:
    """``fundingRate`` is fixed for ``fundingTimestamp``, ``indicativeFundingRate`` runs for the one after."""
    row = asked.one(rows(asked.venue, asked.documents[0]), "symbol")
    span = _SINCE_2000.fullmatch(row.text("fundingInterval"))
    days, hours, minutes, seconds = map(int, span.groups()) if span else (1, 0, 0, 0)
    interval_s = (days - 1) * 24 * HOUR_S + hours * HOUR_S + minutes * 60 + seconds
    if interval_s <= 0:
        raise SourceError(
            asked.venue, "range", f"fundingInterval is {strict.shown(row.text('fundingInterval'))}"
        )
    mid, next_ms = (
        _mid(row.price("bidPrice"), row.price("askPrice")),
        row.time("fundingTimestamp", strict.at_iso),
    )
    predicted = None if row.says("indicativeFundingRate", None) else row.rate("indicativeFundingRate")
    rate = row.rate("fundingRate")
    return Told(
        row.price("markPrice"), mid, row.price("indicativeSettlePrice"), rate, interval_s, next_ms, predicted
    )


def _hyperliquid(asked: Question) -> Told:
    """``funding`` runs for this hour and is paid at its end."""
    row = asked.one(list(Hyperliquid().rows(asked.documents[0], Request("", ()))), "name")
    next_ms = (asked.now_ms // (HOUR_S * 1000) + 1) * HOUR_S * 1000
    return Told(
        row.price("markPx"), row.price("midPx"), row.price("oraclePx"), row.rate("funding"), HOUR_S, next_ms
    )


READERS: Mapping[str, tuple[tuple[str, ...], Callable[[Question], Told]]] = {
    "binanceperp": (
        (
            "/fapi/v1/premiumIndex?symbol={name}",
            "/fapi/v1/ticker/bookTicker?symbol={name}",
            "/fapi/v1/fundingInfo",
        ),
        _binance,
    ),
    "okxperp": (
        (
            "/api/v5/public/funding-rate?instId={name}",
            "/api/v5/public/mark-price?instType=SWAP&instId={name}",
            "/api/v5/market/ticker?instId={name}",
            "/api/v5/market/index-tickers?instId={index}",
        ),
        _okx,
    ),
    "bybitperp": (("/v5/market/tickers?category=linear&symbol={name}",), _bybit),
    "deribit": (("/api/v2/public/ticker?instrument_name={name}",), _deribit),
    "bitmex": (("/api/v1/instrument?symbol={name}&count=1",), _bitmex),
    "hyperliquid": ((), _hyperliquid),
}
"""Where each venue tells it, beside the source's own requests where nothing is named here."""
