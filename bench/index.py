"""What the index costs on one core: CPU time beside a fixed loop in pure Python, so that runs compare.

python bench/index.py [--json]

A tick is one of four a second, quotes come anew every second, and the memory is an hour old; the figures are means over ten
seconds, in which the bias monitor looks once. That tick costs 9 us a feed more than the others.

Where the time of one feed goes, each part alone, of 45 us in all (the loop at 20.5 us):
  15.4  ten legs: checks, price, age, one tuple each; 0.9 the venues' prices
   2.1  outliers; 1.4 weights; 1.5 median; 4.0 confidence: thirty votes sorted; 0.7 flags; 2.4 memory
The rest, about 15 us, shows up only when they run together: objects made and freed, caches missed. 1,000 feeds touch
10,000 quotes and cost a seventh more per feed than one alone, a third more with Python's defaults for its garbage collector.
What brought it from 66 us: traces are written when somebody looks (-8), the bias monitor looks every 10 s (-9), one tuple
a leg instead of two, no MAD while every price is within the narrowest band, no sorting of weights that are equal (-3), the
extremes of the last minutes kept (-4).
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, count
from statistics import median

from reporter.index import State, plan, step
from reporter.models import SCALE, FeedRules, Leg, Quote
from reporter.wiring import calm_collector

NOW_MS = 1_700_000_000_000
VENUES = 10
MANY = 1_000
AN_HOUR_OF_MOMENTS = 360
CYCLE_MS, TICKS = 10_000, 40


def cost(call: Callable[[], object], repeats: int, inner: int) -> tuple[float, float]:
    """Median CPU microseconds of one call over ``repeats`` batches of ``inner``, and the median of its ratio to the
    fixed loop, timed right before each batch."""
    costs, ratios = [], []
    for _ in range(repeats):
        loop = _cpu_us(fixed_loop, 20)
        costs.append(_cpu_us(call, inner))
        ratios.append(costs[-1] / loop)
    return round(median(costs), 1), round(median(ratios), 2)


def _cpu_us(call: Callable[[], object], times: int) -> float:
    start = time.process_time_ns()
    for _ in range(times):
        call()
    return (time.process_time_ns() - start) / times / 1000


def fixed_loop() -> int:
    """The yardstick: 200 rounds of small tuples, big integers and a dictionary."""
    table: dict[int, tuple[int, int]] = {}
    for n in range(200):
        table[n & 15] = (n * SCALE // 7, n)
    return len(table)


def ticks(feeds: int) -> Callable[[], object]:
    """Ten seconds of ticks, four a second, of feeds of ten venues each that quote anew every second, over and over, with
    the memory of an hour at the start: every slot and all of the history used."""
    names = [f"C{n}/USD" for n in range(feeds)]
    order = plan([FeedRules(name, tuple(Leg(f"venue{v}", name) for v in range(VENUES))) for name in names])
    start = dict.fromkeys(names, _memory(order[:1])[order[0].feed])
    moments = [NOW_MS + n * 1_000 for n in range(CYCLE_MS // 1_000)]
    book = {at: {leg: _quote(leg, n, at) for r in order for n, leg in enumerate(r.legs)} for at in moments}

    def one_cycle() -> Iterator[State]:
        state: State = start
        for tick in range(TICKS):
            at_ms = NOW_MS + tick * (CYCLE_MS // TICKS)
            _, state = step(order, book[at_ms - at_ms % 1_000], at_ms, state)
            yield state

    forever = chain.from_iterable(one_cycle() for _ in count())
    return lambda: next(forever)


def _memory(order: tuple[FeedRules, ...]) -> State:
    state: State = {}
    for moment in range(AN_HOUR_OF_MOMENTS, 0, -1):
        at_ms = NOW_MS - moment * 10_000
        quotes = {leg: _quote(leg, n, at_ms) for n, leg in enumerate(order[0].legs)}
        _, state = step(order, quotes, at_ms, state)
    return state


def _quote(leg: Leg, offset: int, now_ms: int) -> Quote:
    price, at_ms = (64_000 + offset * 3) * SCALE, now_ms - 500
    return Quote(leg.venue, leg.symbol, price - SCALE, price + SCALE, price, at_ms, at_ms, at_ms)


def main() -> None:
    calm_collector()  # as `spotline run` does
    figures = {
        "fixed loop": cost(fixed_loop, 200, 20),
        "one feed, 10 quotes": cost(ticks(1), 100, TICKS),
        "1,000 feeds, 10 quotes each": cost(ticks(MANY), 3, TICKS),
    }
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, (cost_us, ratio) in figures.items():
        print(f"{name:30} {cost_us:>11.1f} us CPU {ratio:>9.2f} x the fixed loop")


if __name__ == "__main__":
    main()
