"""Moves one funding market through time: a market in, the market and what happened out.

Twin of contracts/libraries/FundingClock.sol, whose first comment has the rules; the functions have the same names.
"""

from dataclasses import dataclass, replace

from reporter.funding import formulas
from reporter.funding.models import Fixing, Log, Market, Params, Reading

MAX_SAMPLE_WEIGHT_S = 60
_NEVER = 2**256


@dataclass(frozen=True, slots=True)
class _Sample:
    """The sample of this accrual: it weighs the time after ``since``."""

    premium: int = 0
    since: int = _NEVER


@dataclass(frozen=True, slots=True)
class _Run:
    """A market under way, and the log so far."""

    market: Market
    log: Log


def new_market(params: Params, decimals: int, time: int) -> Market:
    """Return a market as ``addMarket`` makes it, before it has seen an index: paused."""
    boundary = formulas.boundary_after(time, params.interval_s)
    return Market(params, 0, 0, 0, 0, time, time, boundary, True, 0, 0, 0, 0, decimals)


def advance(market: Market, reading: Reading, time: int) -> tuple[Market, Log]:
    """Bring a market to ``time`` (Unix seconds, not before its own), given what is read at that time."""
    sample = _sample(market, reading, time)
    run = _Run(market, Log())
    if reading.observed_at > market.index_at:
        run = _stretch(run, max(market.time, reading.updated_at), sample)
        run = _news(run, reading)
    run = _stretch(run, time, sample)
    done = replace(run.market, premium=reading.premium) if reading.sampled else run.market
    return done, run.log


def with_params(market: Market, params: Params) -> Market:
    """Return the market under new parameters; ``advance`` it to the present first, as ``setParams`` does."""
    return replace(market, params=params)


def predicted_rate(market: Market) -> int:
    """Return the next rate per 8 hours if the newest premium stayed until the boundary."""
    p, length = market.params, market.next - market.start
    rest = market.next - market.time
    mean = formulas.mean_premium(market.premium_seconds + market.premium * rest, length)
    return formulas.rate(
        mean, market.covered + rest, length, p.interest, p.damping, p.realisation_s, p.max_rate
    )


def _sample(market: Market, reading: Reading, time: int) -> _Sample:
    if not reading.sampled:
        return _Sample()
    return _Sample(reading.premium, max(market.time, time - min(time, MAX_SAMPLE_WEIGHT_S)))


def _news(run: _Run, reading: Reading) -> _Run:
    """A newer answer; it ends a pause if it is fresh."""
    run = _Run(replace(run.market, index=reading.index, index_at=reading.observed_at), run.log)
    return _resume(run) if run.market.paused and run.market.time <= run.market.fresh_until else run


def _stretch(run: _Run, until: int, sample: _Sample) -> _Run:
    """Accrue with the market's index as long as it is fresh, then let time pass without."""
    if not run.market.paused:
        run = _walk(run, max(run.market.time, min(until, run.market.fresh_until)), sample)
        if run.market.time < until:
            run = _switch(run, paused=True)
    return _walk(run, until, sample)


def _switch(run: _Run, *, paused: bool) -> _Run:
    log = replace(run.log, switches=(*run.log.switches, run.market.time))
    return _Run(replace(run.market, paused=paused), log)


def _resume(run: _Run) -> _Run:
    run = _switch(run, paused=False)
    return _Run(_interval_from(run.market, run.market.time), run.log)


def _interval_from(market: Market, start: int) -> Market:
    boundary = formulas.boundary_after(start, market.params.interval_s)
    return replace(market, start=start, next=boundary, premium_seconds=0, covered=0)


def _walk(run: _Run, until: int, sample: _Sample) -> _Run:
    while run.market.next <= until:
        run = _fix(_Run(_step(run.market, run.market.next, sample), run.log))
        run = _Run(_skip_empty(run.market, min(until, sample.since)), run.log)
    return _Run(_step(run.market, until, sample), run.log)


def _step(market: Market, until: int, sample: _Sample) -> Market:
    """A step inside one interval and with one index."""
    if market.paused:
        return replace(market, time=until)
    paid = formulas.payment(market.rate, until - market.time, market.scaled_index)
    seen = until - min(until, max(market.time, sample.since))
    return replace(
        market,
        time=until,
        longs_paid=formulas.added(market.longs_paid, max(0, paid)),
        shorts_paid=formulas.added(market.shorts_paid, max(0, -paid)),
        premium_seconds=market.premium_seconds + sample.premium * seen,
        covered=market.covered + seen,
    )


def _fix(run: _Run) -> _Run:
    m, p = run.market, run.market.params
    length = m.next - m.start
    mean = formulas.mean_premium(m.premium_seconds, length)
    rate = formulas.rate(mean, m.covered, length, p.interest, p.damping, p.realisation_s, p.max_rate)
    fixing = Fixing(rate, mean, formulas.coverage_bps(m.covered, length), m.next)
    log = replace(run.log, fixings=(*run.log.fixings, fixing))
    return _Run(_interval_from(replace(m, rate=rate), m.next), log)


def _skip_empty(market: Market, until: int) -> Market:
    """At rate 0, an interval without a sample accrues nothing and fixes 0 again: ten years are one step."""
    if market.rate or until < market.next:
        return market
    interval = market.params.interval_s
    start = market.next + (until - market.next) // interval * interval
    return replace(market, start=start, next=start + interval, time=start)
