"""What the index costs on one core: CPU time beside a fixed loop in pure Python, so that runs compare.

python bench/index.py [--json]

Where the time of one feed goes, each part alone, of 66 us in all (two shared cores under load, the loop at 17.9 us):
  15.2  look at ten legs: checks, price, age, a row and a vote each (the two tuples are a third)
   5.6  ten traces
   9.4  memory: bias sums 5.8, sums over twelve slots 3.0, history 0.6
   3.6  confidence: thirty votes sorted
   3.1  outliers; 3.1 flags over thirty past indices; 2.6 weighted median; 2.5 shares
The rest, about 20 us, shows up only when they run together: objects made and freed, caches missed. 1,000 feeds touch
10,000 quotes and cost a quarter more per feed than one alone; the garbage collector is not it (off: 5 % less).
Tried before and kept: one pass over the legs, rates made when asked for, extremes in place of every past price,
``max`` of two avoided (0.13 us a call), ``tuple.__new__`` for the named tuples of every leg (0.1 to 0.3 us each).
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median

from reporter.index import State, plan, step
from reporter.models import SCALE, FeedRules, Leg, Quote

NOW_MS = 1_700_000_000_000
VENUES = 10
MANY = 1_000
AN_HOUR_OF_MOMENTS = 360


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


def tick(feeds: int) -> Callable[[], object]:
    """One moment of feeds of ten venues each, with the memory of an hour: every slot and all of the history used."""
    names = [f"C{n}/USD" for n in range(feeds)]
    order = plan([FeedRules(name, tuple(Leg(f"venue{v}", name) for v in range(VENUES))) for name in names])
    quotes = {leg: _quote(leg, n, NOW_MS) for rules in order for n, leg in enumerate(rules.legs)}
    memory = _memory(order[:1])
    state = dict.fromkeys(names, memory[order[0].feed])
    return lambda: step(order, quotes, NOW_MS, state)


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
    figures = {
        "fixed loop": cost(fixed_loop, 200, 20),
        "one feed, 10 quotes": cost(tick(1), 200, 20),
        "1,000 feeds, 10 quotes each": cost(tick(MANY), 15, 1),
    }
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, (cost_us, ratio) in figures.items():
        print(f"{name:30} {cost_us:>11.1f} us CPU {ratio:>9.2f} x the fixed loop")


if __name__ == "__main__":
    main()
