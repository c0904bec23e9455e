"""The loop around one venue: its pace, its patience, and what its health says."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.clock import Compared
from reporter.collect import CLOCK_EVERY_MS, Breaker, VenueHealth, collect, pause
from reporter.errors import SourceError
from reporter.models import Quote
from reporter.sources import Fetched
from reporter.sources.retry import StatusError

pytestmark = pytest.mark.unit

QUOTE = Quote("kraken", "BTC/USD", 1, 2, 1, None, None, 5)
GOOD = Fetched((QUOTE,))
DOWN = Fetched(errors=(SourceError("kraken", "connect", "no route"),))
HALF = Fetched((QUOTE,), (SourceError("kraken", "no_price", "ETH/USD"),))
BUSY = Fetched(errors=(StatusError("kraken", 429, 30),))


class Venue:
    """A venue that plays a script; each fetch takes ``takes_ms`` of the test's clock, then the loop is stopped."""

    def __init__(self, *script: Fetched | SourceError, takes_ms: int = 0) -> None:
        self.script = list(script)
        self.takes_ms = takes_ms
        self.clock_ms = 1_000_000
        self.slept_ms: list[int] = []
        self.put: list[Quote] = []
        self.health = VenueHealth()
        self.asked: list[tuple[str, ...]] = []
        self.breakers: list[Breaker] = []

    async def fetch(self, symbols: Sequence[str]) -> Fetched:
        self.asked.append(tuple(symbols))
        self.breakers.append(self.health.breaker)
        self.clock_ms += self.takes_ms
        answer = self.script.pop(0)
        if isinstance(answer, SourceError):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.slept_ms.append(round(seconds * 1000))
        self.clock_ms += round(seconds * 1000)
        if not self.script:
            raise asyncio.CancelledError

    async def run(
        self,
        poll_ms: int = 1_000,
        jitter: Callable[[], float] = lambda: 0.0,
        symbols: Sequence[str] = ("BTC/USD",),
        needed: Callable[[Sequence[str]], Sequence[str]] = lambda symbols: symbols,
    ) -> None:
        with pytest.raises(asyncio.CancelledError):
            await collect(
                self,
                symbols,
                self.put.append,
                self.health,
                poll_ms=poll_ms,
                sleep=self.sleep,
                now_ms=lambda: self.clock_ms,
                jitter=jitter,
                needed=needed,
            )


async def test_collect__well_venue__every_quote_put_and_health_good() -> None:
    venue = Venue(GOOD, GOOD, takes_ms=300)

    await venue.run()

    assert venue.put == [QUOTE, QUOTE]
    assert venue.slept_ms == [700, 700]
    assert venue.health == VenueHealth(last_ok_ms=1_001_300, last_error="", consecutive_failures=0, fetches=2)


async def test_collect__fetch_longer_than_the_poll__asks_again_at_once() -> None:
    venue = Venue(GOOD, GOOD, takes_ms=3_000)

    await venue.run()

    assert venue.slept_ms == [0, 0]


async def test_collect__failing_venue__waits_double_to_the_cap_and_recover() -> None:
    venue = Venue(DOWN, DOWN, DOWN, DOWN, DOWN, GOOD)

    await venue.run()

    assert venue.slept_ms == [2_000, 4_000, 8_000, 8_000, 8_000, 1_000]
    assert venue.health.consecutive_failures == 0


async def test_collect__failing_venue__health_says_since_when_and_why() -> None:
    venue = Venue(GOOD, DOWN, DOWN)

    await venue.run()

    assert venue.health == VenueHealth(1_000_000, "kraken: connect (no route)", 2, 3)


async def test_collect__fetch_raises_source_error__survived() -> None:
    venue = Venue(SourceError("kraken", "json"), GOOD)

    await venue.run()

    assert venue.put == [QUOTE]
    assert venue.health.fetches == 2


async def test_collect__some_symbols_failed__quotes_kept_no_backoff_error_shown() -> None:
    venue = Venue(HALF)

    await venue.run()

    assert venue.slept_ms == [1_000]
    assert (venue.health.consecutive_failures, venue.health.last_error) == (0, "kraken: no_price (ETH/USD)")


async def test_collect__venue_asks_to_stay_away__obeyed_beyond_the_cap() -> None:
    venue = Venue(BUSY)

    await venue.run()

    assert venue.slept_ms == [30_000]


async def test_collect__clock_steps_back__never_waits_longer_than_a_poll() -> None:
    venue = Venue(GOOD, takes_ms=-60_000)

    await venue.run()

    assert venue.slept_ms == [1_000]


async def test_collect__bug_in_put__not_swallowed() -> None:
    def broken(quote: Quote) -> None:
        raise KeyError(quote.symbol)

    venue = Venue(GOOD)
    with pytest.raises(KeyError):
        await collect(
            venue, ["BTC/USD"], broken, venue.health, poll_ms=1, sleep=venue.sleep, now_ms=lambda: 0
        )


async def test_collect__one_venue_hangs__the_other_is_not_delayed() -> None:
    class Hanging(Venue):
        async def fetch(self, symbols: Sequence[str]) -> Fetched:
            await asyncio.Event().wait()
            raise AssertionError

    well, hanging = Venue(GOOD, GOOD, GOOD), Hanging()
    stuck = asyncio.create_task(hanging.run())

    await well.run()

    assert len(well.put) == 3
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)


async def test_breaker__three_failures__open_then_one_market_at_a_time_then_all() -> None:
    venue = Venue(DOWN, DOWN, DOWN, DOWN, DOWN, GOOD, GOOD)

    await venue.run(symbols=("BTC/USD", "ETH/USD"))

    both = ("BTC/USD", "ETH/USD")
    assert venue.asked == [both, both, both, ("ETH/USD",), ("BTC/USD",), ("ETH/USD",), both]
    assert venue.breakers == [*[Breaker.CLOSED] * 3, *[Breaker.HALF_OPEN] * 3, Breaker.CLOSED]
    assert (venue.health.breaker, venue.health.retry_at_ms) == (Breaker.CLOSED, None)


async def test_breaker__open__says_when_it_tries_again() -> None:
    venue = Venue(DOWN, DOWN, DOWN)

    await venue.run()

    assert venue.health.breaker is Breaker.OPEN
    assert venue.health.retry_at_ms == venue.clock_ms


async def test_breaker__venue_asks_to_stay_away__open_at_once() -> None:
    venue = Venue(BUSY)

    await venue.run()

    assert venue.health.breaker is Breaker.OPEN
    assert venue.health.retry_at_ms == 1_030_000


async def test_needed__the_stream_brings_all__nothing_asked() -> None:
    needs = [(), (), ("ETH/USD",), ()]
    venue = Venue(GOOD)

    await venue.run(symbols=("BTC/USD", "ETH/USD"), needed=lambda _: needs.pop(0))

    assert venue.asked == [("ETH/USD",)]
    assert venue.slept_ms == [1_000, 1_000, 1_000]


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, 4_000), (0.5, 3_000), (0.999, 2_002)])
def test_pause__jitter__takes_up_to_half(jitter: float, expected: int) -> None:
    assert pause(1_000, 2, 0, jitter) == expected


@given(
    st.integers(1, 600_000),
    st.integers(0, 10**9),
    st.integers(0, 3_600_000),
    st.floats(0, 1, exclude_max=True),
)
def test_pause__any_state__at_least_a_poll_and_bounded(
    poll: int, failures: int, asked: int, jitter: float
) -> None:
    waited = pause(poll, failures, asked, jitter)

    assert max(poll, asked) <= waited <= max(poll, asked, 8_000)


async def test_collect__nothing_needed_for_a_minute__one_market_is_asked_for_its_date_alone() -> None:
    heard = Compared(1, 2, 3)
    venue = Venue(Fetched((QUOTE,), clock=heard), Fetched())

    await venue.run(needed=lambda symbols: (), symbols=("BTC/USD", "ETH/USD"))

    assert venue.asked == [("BTC/USD",)] * 2
    assert venue.put == []
    assert venue.health.clock == heard
    assert venue.health.fetches == 0
    assert len(venue.slept_ms) == 2 * CLOCK_EVERY_MS // 1_000 + 1
