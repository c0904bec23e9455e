"""``spotline funding``: what the chain says of the deployment's funding markets, and the perpetual venues beside it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reporter.chain.deployment import Deployment, load_deployment
from reporter.chain.funding import FundingReader
from reporter.chain.funding_events import FundingEvents, Past, Sampled
from reporter.chain.rpc import Rpc
from reporter.config import Config
from reporter.errors import ChainError, ConfigError, NoHistory, SourceError, UnknownMarket
from reporter.funding.forecast import LEAST_PAIRS, fit, forecast, forecasts, mean_error
from reporter.index.symbols import parse
from reporter.models import Leg, VenueFunding, feed_id
from reporter.sources.rates import venue_funding
from reporter.wiring import venue_fetcher, wall_ms


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of the past is wanted: the newest ``limit`` rates of these blocks; None for all there are."""

    limit: int
    first: int | None = None
    last: int | None = None


class Look:
    """One look at a deployment's funding contract."""

    def __init__(self, config: Config, deployment: Deployment, rpc: Rpc, address: str) -> None:
        self.config, self._deployment, self._rpc = config, deployment, rpc
        self.reader = FundingReader(rpc, address)

    async def markets(self) -> list[str]:
        """The markets, which are named like their index feeds. Raises ``ChainError``."""
        return [name for name in self._deployment.feeds if await self.reader.has(feed_id(name))]

    async def market(self, wanted: str) -> str:
        """The one that is wanted, or the only one there is. Raises ``UnknownMarket`` or ``ChainError``."""
        known = await self.markets()
        name = known[0] if not wanted and len(known) == 1 else wanted
        if name not in known:
            raise UnknownMarket(wanted, known)
        return name

    def events(self, market: str) -> FundingEvents:
        """The events of one market."""
        return FundingEvents(self._rpc, self.reader.address, feed_id(market))

    async def past(self, market: str, span: Span) -> Past:
        """Its past. Raises ``ChainError``."""
        last = (await self._rpc.head()).number if span.last is None else span.last
        first = self._deployment.start_block if span.first is None else span.first
        return await self.events(market).past(first, last, span.limit)


@asynccontextmanager
async def looking(config: Config) -> AsyncIterator[Look]:
    """Open a look at the configuration's deployment.

    Raises:
        ConfigError: The deployment has no funding contract.
    """
    path = config.path(config.chain.deployment)
    deployment = load_deployment(path)
    if deployment.funding is None:
        raise ConfigError(
            f"the deployment {path.name} has no funding contract",
            hint="deploy one: ape run deploy with a funding section",
        )
    rpc = Rpc(config.chain.rpc_urls, deployment.chain_id, block_time_s=config.chain.block_time_s)
    try:
        yield Look(config, deployment, rpc, deployment.funding)
    finally:
        await rpc.close()


async def now_documents(config: Config, market: str, *, venues: bool) -> list[dict[str, Any]]:
    """Present and predicted rate of one market or of all, with the perpetual venues' if asked for.

    Raises:
        UnknownMarket: There is no such market.
        ConfigError: No funding contract, or no perpetual of this market to ask venues for.
    """
    async with looking(config) as look:
        names = [await look.market(market)] if market else await look.markets()
        states = [await look.reader.state(name, feed_id(name)) for name in names]
    documents = [state.document() for state in states]
    if venues:
        documents = [document | await _venues(config, document["market"]) for document in documents]
    return documents


async def history_document(config: Config, market: str, span: Span) -> dict[str, Any]:
    """Fixed rates and samples, oldest first. Raises as ``now_documents``, and ``NoHistory``."""
    async with looking(config) as look:
        name = await look.market(market)
        past = await _past(look, name, span)
    return {
        "market": name,
        "fromBlock": past.first,
        "toBlock": past.last,
        "rates": [
            {
                **{"time": f.at, "rate8h": str(f.rate_8h), "meanPremium": str(f.mean_premium)},
                **{"coverageBps": f.coverage_bps, "block": f.block, "txHash": f.tx_hash},
            }
            for f in past.fixed
        ],
        "samples": [_sample_document(s) for s in past.sampled],
    }


async def forecast_document(config: Config, market: str, span: Span) -> dict[str, Any]:
    """The next rate by the contract and by AR(1), each with its mean absolute error. Raises as ``history_document``."""
    async with looking(config) as look:
        name = await look.market(market)
        past = await _past(look, name, span)
        state = await look.reader.state(name, feed_id(name))
        early, halfway, reason = await _predictions(look.events(name), past)
    rates = [fixed.rate_8h for fixed in past.fixed]
    if len(rates) <= LEAST_PAIRS:
        raise NoHistory(
            f"{name}: {len(rates)} rates are fixed, a forecast needs {LEAST_PAIRS + 1}",
            hint=f"the next is due at {_clock(state.next_funding_at)}",
        )
    fitted, own = fit(rates), forecasts(rates)
    early, halfway = _where(own, early), _where(own, halfway)
    return {
        "market": name,
        "rates": len(rates),
        "nextFundingTime": state.next_funding_at,
        "contract": {
            "next": str(state.predicted_8h),
            "atStart": _error(early, rates),
            "halfway": _error(halfway, rates),
        },
        "ar1": {
            **{"next": str(forecast(rates)), "phiPpm": None if fitted is None else fitted.phi_ppm},
            "atStart": _error(own, rates),
        },
        "unchanged": {"next": str(rates[-1]), "atStart": _error(_where(own, [None, *rates[:-1]]), rates)},
        "reason": reason,
    }


async def _past(look: Look, market: str, span: Span) -> Past:
    past = await look.past(market, span)
    if not past.fixed:
        state = await look.reader.state(market, feed_id(market))
        raise NoHistory(
            f"{market}: no rate was fixed in blocks {past.first} to {past.last}",
            hint=f"the next is due at {_clock(state.next_funding_at)}",
        )
    return past


async def _predictions(events: FundingEvents, past: Past) -> tuple[list[int | None], list[int | None], str]:
    """What the contract predicted for each rate early in its interval and halfway, and why some may be missing."""
    early: list[int | None] = [None]
    halfway: list[int | None] = [None]
    reason = ""
    for before, after in zip(past.fixed, past.fixed[1:], strict=False):
        inside = [s for s in past.sampled if before.at <= s.at < after.at]
        first, middle = _moments(inside, (before.at + after.at) // 2)
        try:
            pair = [None if s is None else await events.predicted_at(s.block) for s in (first, middle)]
        except ChainError as error:
            pair, reason = [None, None], f"no endpoint has the state of older blocks: {error}"
        early.append(pair[0])
        halfway.append(pair[1])
    return early, halfway, reason


def _moments(inside: Sequence[Sampled], half: int) -> tuple[Sampled | None, Sampled | None]:
    """The first sample of an interval, and the last of its first half."""
    return next(iter(inside), None), next((s for s in reversed(inside) if s.at <= half), None)


def _where(known: Sequence[int | None], expected: Sequence[int | None]) -> list[int | None]:
    """Leave only what stands beside a known one, so that errors are means over the same rates."""
    return [None if k is None else e for k, e in zip(known, expected, strict=True)]


def _error(expected: Sequence[int | None], rates: Sequence[int]) -> dict[str, Any]:
    error = mean_error(expected, rates)
    known = sum(each is not None for each in expected)
    return {"meanAbsoluteError": None if error is None else str(error), "rates": known}


async def _venues(config: Config, market: str) -> dict[str, Any]:
    legs = perpetuals_of(config, market)
    if not legs:
        raise ConfigError(
            f"the configuration has no perpetual of {market} to ask venues for",
            key="feeds",
            hint=f'add a feed {market}-PERP with markets such as "deribit:{market}-PERP"',
        )
    found = await asyncio.gather(*(_venue(config, leg) for leg in legs))
    return {
        "venues": [_venue_document(f) for f in found if isinstance(f, VenueFunding)],
        "venueErrors": {f.venue: str(f) for f in found if isinstance(f, SourceError)},
    }


def perpetuals_of(config: Config, market: str) -> list[Leg]:
    """The perpetuals in the configuration of what a market prices, by venue."""
    legs = {leg for feed in config.feeds for leg in feed.legs}
    wanted = [
        leg for leg in legs if parse(leg.symbol).perpetual and parse(leg.symbol).base == parse(market).base
    ]
    return sorted(wanted)


async def _venue(config: Config, leg: Leg) -> VenueFunding | SourceError:
    fetcher = venue_fetcher(config, leg.venue)
    try:
        return await venue_funding(fetcher, leg.symbol, wall_ms())
    except SourceError as error:
        return error
    finally:
        await fetcher.close()


def _venue_document(found: VenueFunding) -> dict[str, Any]:
    return {
        **{"venue": found.venue, "symbol": found.symbol, "label": found.label},
        **{name: _text(getattr(found, name)) for name in ("mark", "mid", "index")},
        **{"rate8h": str(found.rate_8h), "predicted8h": _text(found.predicted_8h)},
        **{"nextFundingTime": found.next_at, "intervalS": found.interval_s},
    }


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _sample_document(s: Sampled) -> dict[str, Any]:
    sums = {"longsPaid": str(s.longs_paid), "shortsPaid": str(s.shorts_paid)}
    return {"time": s.at, "premium": str(s.premium), **sums, "block": s.block}
