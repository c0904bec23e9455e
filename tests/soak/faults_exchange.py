"""Exchange faults, T-EX: the market server's own, and bad lines between reporters and venues."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from aiohttp import ClientSession

from tests.soak.faults import Apply, Expect, Fault
from tests.soak.links import HOST, Link, Toxics
from tests.soak.network import VENUES, Network

Pick = Callable[[Network, Random], Iterable[Link]]
STALE_S = 33
"""A quote counts for 30 s: until then a feed goes on with the last prices of venues that are gone."""


async def switch(net: Network, venue: str, fault: str, **more: Any) -> None:
    """Tell the market server what a venue does wrong."""
    url = f"http://{HOST}:{net.ports.market}/faults"
    async with (
        ClientSession() as session,
        session.post(url, json={"venue": venue, "fault": fault, **more}) as answer,
    ):
        assert answer.status == 200, await answer.text()


def venue_does(fault: str, count: int = 1, **more: Any) -> Apply:
    """Some venues do it, for every reporter."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        chosen = dice.sample(VENUES, count)
        for venue in chosen:
            await switch(net, venue, fault, **more)
        try:
            yield
        finally:
            for venue in chosen:
                await switch(net, venue, "none")

    return apply


def lines(pick: Pick, *, forget: bool = False, **toxics: Any) -> Apply:
    """Some lines are bad. ``forget``: what was open then is lost with the fault's end."""

    @asynccontextmanager
    async def apply(net: Network, dice: Random) -> AsyncIterator[None]:
        chosen = list(pick(net, dice))
        for link in chosen:
            link.set(Toxics(**toxics))
        try:
            yield
        finally:
            for link in chosen:
                link.heal(forget=forget)

    return apply


def one_venue(net: Network, dice: Random) -> Iterable[Link]:
    """Every reporter's line to one venue."""
    venue = dice.choice(VENUES)
    return [net.venue_links[n, venue] for n in net.numbers]


def all_venues_of_one(net: Network, dice: Random) -> Iterable[Link]:
    """One reporter's lines to its venues."""
    n = dice.choice(net.numbers)
    return [net.venue_links[n, venue] for venue in VENUES]


def all_venues(net: Network, dice: Random) -> Iterable[Link]:
    """Every line to every venue."""
    return list(net.venue_links.values())


def _ex(number: int, what: str, apply: Apply, **more: Any) -> Fault:
    return Fault(f"T-EX {number}", what, apply, **more)


EXCHANGE = (
    _ex(1, "a venue resets connections", venue_does("down")),
    _ex(1, "lines to a venue are cut", lines(one_venue, down=True)),
    _ex(2, "a venue is a black hole", venue_does("blackhole")),
    _ex(2, "half-open lines to a venue", lines(one_venue, silent=True, forget=True)),
    _ex(3, "latency 0.4 s +- 0.1 to a venue", lines(one_venue, latency_s=0.4, jitter_s=0.1)),
    _ex(3, "latency 0.4 s +- 0.1 to all venues", lines(all_venues, latency_s=0.4, jitter_s=0.1)),
    _ex(4, "latency over the deadline", venue_does("latency", ms=6_000)),
    _ex(5, "1 kB/s from a venue", lines(one_venue, rate=1_000)),
    _ex(6, "a body byte each 4 s", venue_does("drip", ms=4_000)),
    _ex(7, "headers drip", venue_does("headerdrip", ms=1_000)),
    _ex(8, "endless 100 Continue", venue_does("continues")),
    _ex(9, "a body of 1 GiB", venue_does("huge")),
    *(_ex(10, f"{coding} bomb", venue_does("bomb", coding=coding)) for coding in ("gzip", "br", "zstd")),
    _ex(11, "truncated bodies", venue_does("truncated")),
    _ex(11, "sliced to 1 byte", lines(one_venue, slice_bytes=1)),
    _ex(11, "cut within the body", lines(one_venue, cut_after=150)),
    _ex(12, "1 % of bytes corrupt", lines(one_venue, corrupt=0.01)),
    _ex(13, "HTML with 200", venue_does("html")),
    _ex(13, "503 with a price", venue_does("status", status=503)),
    _ex(13, "429 with Retry-After", venue_does("status", status=429, retry_after=2)),
    _ex(14, "redirect to loopback", venue_does("redirect")),
    _ex(15, "wrong symbols", venue_does("misnamed")),
    *(_ex(16, f"a venue lies: {lie}", venue_does(lie)) for lie in ("x1000", "x0.1", "negative", "zero")),
    _ex(17, "a frozen price", venue_does("frozen")),
    *(_ex(18, f"exchange time {lie}", venue_does(lie)) for lie in ("late", "early", "unit")),
    _ex(19, "a crossed book", venue_does("crossed")),
    _ex(19, "a halted pair", venue_does("halted")),
    _ex(
        20,
        "all venues but two down",
        venue_does("down", count=len(VENUES) - 2),
        expect=Expect.ABSTAINS,
        seconds=45,
        grace_s=STALE_S,
        alone=True,
    ),
    _ex(1, "one reporter loses all venues", lines(all_venues_of_one, down=True)),
    _ex(2, "one reporter's venues are silent", lines(all_venues_of_one, silent=True, forget=True)),
    *(
        _ex(15, f"stream: {name}", venue_does(name))
        for name in ("silent", "garbage", "oversize", "fragments", "compressed", "flood", "closeloop")
    ),
)
