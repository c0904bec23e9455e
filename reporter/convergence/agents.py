"""Who trades: traders with reasons of their own, arbitrageurs who live on the basis and its funding, followers of trends.

Sizes are base units with 1e18 = 1, positive buys. Every agent draws from its own seeded row, so that its mood is the same in
every funding mode: what differs between modes is what funding does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from reporter.errors import UsageError
from reporter.funding.formulas import ONE, RATE_PERIOD_S, clamp

NOISE, ARBITRAGE, TREND = "noise", "arbitrage", "trend"
USUAL: Mapping[str, int] = {NOISE: 8, ARBITRAGE: 6, TREND: 1}
MOST = 40
HOUR_S = 3_600
TEN_BP = ONE // 1_000


@dataclass(frozen=True, slots=True)
class Sight:
    """What an agent decides on. Prices in the index feed's decimals.

    ``rate`` is in force until ``next_s``, ``predicted`` is the market's own forecast of the one after it: per 8 hours,
    1e18 = 100 %.
    """

    at_s: int
    index: int
    mark: int
    rate: int
    predicted: int
    next_s: int

    @property
    def premium(self) -> int:
        """Mark over index, 1e18 = 100 %."""
        return (self.mark - self.index) * ONE // self.index


class Agent(Protocol):
    """One trader. ``position`` is what it holds; the answer is what it trades now, often 0."""

    @property
    def name(self) -> str: ...

    def order(self, sight: Sight, position: int) -> int: ...


@dataclass(slots=True)
class NoiseTrader:
    """Wants some position or other, and after a while another one, whatever the price.

    Its wish lasts ``lasting_s`` on average. The wishes of many add up to a pull back to nothing of ``1 / lasting``: with 50
    hours that is the 0.02 per hour of the reference model.
    """

    name: str
    noise: Random
    largest: int = 9 * ONE
    lasting_s: int = 50 * HOUR_S
    wish: int = 0
    last_s: int = 0

    def order(self, sight: Sight, position: int) -> int:
        elapsed_s, self.last_s = sight.at_s - (self.last_s or sight.at_s), sight.at_s
        if self.noise.randrange(self.lasting_s) < elapsed_s:
            self.wish = self.noise.randint(-self.largest, self.largest)
        return self.wish - position


@dataclass(frozen=True, slots=True)
class Arbitrageur:
    """Holds the perpetual against the index, hedged elsewhere.

    Per unit, a short expects ``trust`` of the basis and the funding of its horizon. Where that beats a round trip of fees
    it sells, ``lot`` for each ``TEN_BP`` by which it does; where the opposite does, it buys; where holding costs, it takes
    back. ``trust`` is the share of a basis that closes by itself within the horizon: 15 % is 0.02 an hour for 8 hours.
    """

    name: str
    horizon_s: int
    fee: int
    trust: int = 15 * ONE // 100
    lot: int = ONE // 10
    limit: int = 120 * ONE

    def order(self, sight: Sight, position: int) -> int:
        gain = self.short_gain(sight)
        excess = abs(gain) - 2 * self.fee
        if excess > 0:
            size = self.lot * excess // TEN_BP
            wanted = position + (-size if gain > 0 else size)
            return clamp(wanted, self.limit) - position
        return -clamp(position, self.lot) if gain * position > 0 else 0

    def short_gain(self, sight: Sight) -> int:
        """What a unit sold now is expected to bring within the horizon, 1e18 = 100 % of its value; fees not counted."""
        return sight.premium * self.trust // ONE + self.funding(sight)

    def funding(self, sight: Sight) -> int:
        """What a short receives: the rate in force up to the next fixing, then the predicted one."""
        known_s = min(self.horizon_s, max(0, sight.next_s - sight.at_s))
        return (sight.rate * known_s + sight.predicted * (self.horizon_s - known_s)) // RATE_PERIOD_S


@dataclass(slots=True)
class TrendFollower:
    """Is long above the moving average of the mark and short below: it pays any premium for a trend."""

    name: str
    size: int = 5 * ONE
    memory_s: int = 12 * HOUR_S
    margin: int = 2 * ONE // 1_000
    average: int = 0
    last_s: int = 0
    wish: int = field(default=0)

    def order(self, sight: Sight, position: int) -> int:
        self._learn(sight)
        off = (sight.mark - self.average) * ONE // self.average
        if abs(off) > self.margin:
            self.wish = self.size if off > 0 else -self.size
        return self.wish - position

    def _learn(self, sight: Sight) -> None:
        elapsed_s = min(self.memory_s, sight.at_s - self.last_s)
        self.average = self.average or sight.mark
        self.average += (sight.mark - self.average) * elapsed_s // self.memory_s
        self.last_s = sight.at_s


def make_agents(counts: Mapping[str, int], seed: int, fee: int) -> list[Agent]:
    """Return the agents in the order in which they take turns.

    Args:
        counts: How many of each kind.
        seed: Of their moods; the arbitrageurs' horizons, 4 to 24 hours, are spread evenly.
        fee: A taker's per trade, 1e18 = 100 %.
    """
    noise = [NoiseTrader(f"{NOISE} {i}", Random(f"{seed} {NOISE} {i}")) for i in range(counts[NOISE])]
    horizons = _horizons(counts[ARBITRAGE])
    arbitrage = [Arbitrageur(f"{ARBITRAGE} {i}", horizon, fee) for i, horizon in enumerate(horizons)]
    trend = [TrendFollower(f"{TREND} {i}") for i in range(counts[TREND])]
    return _woven([*noise, *trend], [*arbitrage])


def counts_of(text: str) -> dict[str, int]:
    """Read ``noise=8,arbitrage=6,trend=1``; a kind that is not named has none. Empty text: the usual ones.

    Raises:
        UsageError: An unknown kind, no number, or too many.
    """
    if not text:
        return dict(USUAL)
    found = dict.fromkeys(USUAL, 0)
    for part in text.split(","):
        kind, _, number = part.strip().partition("=")
        if kind not in found or not number.isdecimal():
            raise UsageError(
                f"--agents does not know {part!r}", hint="for example --agents noise=8,arbitrage=6,trend=1"
            )
        found[kind] = int(number)
    if not 0 < sum(found.values()) <= MOST:
        raise UsageError(f"{sum(found.values())} agents", hint=f"between 1 and {MOST} in all")
    return found


def _horizons(count: int) -> list[int]:
    """Evenly from 4 to 24 hours."""
    return [4 * HOUR_S + 20 * HOUR_S * i // max(1, count - 1) for i in range(count)]


def _woven(one: Sequence[Agent], two: Sequence[Agent]) -> list[Agent]:
    """Both rows, each evenly over the round of turns."""
    places = [
        ((2 * i + 1) * len(other), n, agent)
        for n, (row, other) in enumerate(((one, two), (two, one)))
        for i, agent in enumerate(row)
    ]
    return [agent for _, _, agent in sorted(places, key=lambda place: place[:2])]
