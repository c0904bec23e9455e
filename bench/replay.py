"""What a tape costs: CPU seconds of a day of minute bars on 11 markets, and of a million ticks. Made here, from a seed.

python bench/replay.py [--json] [--ticks N]
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from reporter.backtest import backtest, contestants
from reporter.backtest.truth import Prices, Truth
from reporter.market.tape_rows import COLUMNS as BAR_COLUMNS
from reporter.models import Leg
from reporter.tapes.plans import for_tape, needed
from reporter.tapes.replayed import Request, replay_tape
from reporter.tapes.stage import open_stage
from reporter.tapes.ticks import COLUMNS as TICK_COLUMNS

START_S = 1_700_000_040
MARKETS = (
    ("coinbase", "BTC/USD", 20_000),
    ("coinbase", "BTC/USDT", 20_000),
    ("coinbase", "USDT/USD", 1),
    ("kraken", "BTC/USD", 20_000),
    ("kraken", "BTC/USDT", 20_000),
    ("kraken", "BTC/USDC", 20_000),
    ("kraken", "USDC/USD", 1),
    ("kraken", "USDT/USD", 1),
    ("binanceus", "BTC/USDT", 20_000),
    ("binanceus", "BTC/USDC", 20_000),
    ("binanceus", "USDC/USDT", 1),
)
DAY_S = 86_400


def bars() -> Iterator[str]:
    """A day of minute bars on 11 markets."""
    draw = random.Random(1)
    yield ",".join(BAR_COLUMNS)
    for minute in range(START_S, START_S + DAY_S, 60):
        for venue, symbol, level in MARKETS:
            price = f"{level * draw.uniform(0.999, 1.001):.6f}"
            yield f"{minute},{venue},{symbol},{price},{price},{price},{price},1.5"


def ticks(count: int) -> Iterator[str]:
    """Trades of those 11 markets over a day, each up to 0.2 s late."""
    draw = random.Random(2)
    yield ",".join(TICK_COLUMNS)
    for number in range(count):
        heard_us = START_S * 1_000_000 + number * DAY_S * 1_000_000 // count
        venue, symbol, level = MARKETS[draw.randrange(len(MARKETS))]
        price = f"{level * draw.uniform(0.999, 1.001):.6f}"
        made_us = heard_us - draw.randrange(200_000)
        yield f"{venue},{symbol.replace('/', '')},{made_us},{heard_us},buy,{price},0.01"


def cpu_s(job: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    job()
    return round(time.process_time() - start, 2)


def compared(tape: Path) -> None:
    """All that ``spotline backtest`` does, without printing."""
    prices = Prices(lambda leg: leg in (Leg("coinbase", "BTC/USD"), Leg("kraken", "BTC/USD")))
    stage = open_stage(tape, None, "", 1, prices.look)
    plan = for_tape(needed(stage.rules, "BTC/USD"), stage.tape.form)
    truth = Truth(prices.of(leg for leg in stage.tape.markets if leg.symbol == "BTC/USD"), 30_000)
    backtest(stage.moments(""), plan, "BTC/USD", truth, contestants())


def measure(count: int, folder: Path) -> dict[str, float]:
    """Every figure by name."""
    day, million = folder / "day.csv", folder / "ticks.csv"
    day.write_text("\n".join(bars()) + "\n")
    with million.open("w") as out:
        out.writelines(line + "\n" for line in ticks(count))
    return {
        "a day of bars, 11 markets: replay": cpu_s(lambda: replay_tape(Request(day))),
        "a day of bars, 11 markets: backtest": cpu_s(lambda: compared(day)),
        f"{count:,} ticks, 11 markets, a day: replay": cpu_s(lambda: replay_tape(Request(million))),
        f"{count:,} ticks, 11 markets, a day: backtest": cpu_s(lambda: compared(million)),
    }


def main() -> None:
    count = int(sys.argv[sys.argv.index("--ticks") + 1]) if "--ticks" in sys.argv else 1_000_000
    with TemporaryDirectory() as folder:
        figures = measure(count, Path(folder))
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, cost in figures.items():
        print(f"{name:52} {cost:>7.2f} s CPU")


if __name__ == "__main__":
    main()
