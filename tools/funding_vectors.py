"""Write tests/vectors/funding.json: random cases and the answers of reporter/funding, which the contracts must give as well.

tests/solidity/FundingVectors.t.sol reads the file; tests/differential makes other cases of the same kind. A case is a row of
integers. A history is an opening (decimals, time, parameters) and steps (time, reading, new parameters if there are any).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from random import Random

from reporter.funding import Log, Market, Params, Reading, advance, formulas
from reporter.funding.clock import new_market, predicted_rate, with_params
from reporter.funding.presets import PRESETS

Row = list[int]
History = list[Row]

OUT = Path(__file__).parent.parent / "tests" / "vectors" / "funding.json"
SEED, CASES, HISTORIES, STEPS = 288, 40, 20, 12
MAX_ANSWER, MAX_MARK = 2**63 - 1, 2**127 - 1
START, DAY = 1_800_000_000, 86_400


# ---------------------------------------------------------------- formulas


def size_of(rng: Random, most: int) -> int:
    """Of any magnitude up to ``most``, its ends included now and then."""
    if rng.random() < 0.1:
        return rng.choice((0, min(1, most), max(0, most - 1), most))
    return rng.randrange(1 << rng.randint(0, most.bit_length())) % (most + 1)


def signed(rng: Random, most: int) -> int:
    return rng.choice((-1, 1)) * size_of(rng, most)


def price(rng: Random, near: int | None = None) -> int:
    """Any answer of a feed, or one within 10 % of another."""
    if near is None:
        return max(1, size_of(rng, MAX_ANSWER))
    return max(1, near + near * rng.randrange(-100_000, 100_001) // 1_000_000)


def premium_row(rng: Random) -> Row:
    index = price(rng)
    mark = price(rng, index) if rng.random() < 0.7 else max(1, size_of(rng, MAX_MARK))
    return [mark, index, size_of(rng, formulas.ONE)]


def book_row(rng: Random) -> Row:
    index = price(rng)
    bid, ask = (0 if rng.random() < 0.2 else price(rng, index) for _ in range(2))
    return [bid, ask, index, size_of(rng, formulas.ONE)]


def mean_row(rng: Random) -> Row:
    length = 1 + size_of(rng, 2 * DAY)
    return [signed(rng, formulas.ONE * length), length]


def rate_row(rng: Random) -> Row:
    p, length = any_params(rng), 1 + size_of(rng, 2 * DAY)
    covered = rng.choice((length, length // 2, (length + 1) // 2, rng.randrange(length + 1)))
    mean = signed(rng, rng.choice((10**16, 10**18)))
    return [mean, covered, length, p.interest, p.damping, p.realisation_s, p.max_rate]


def margins_row(rng: Random) -> Row:
    initial = size_of(rng, formulas.ONE)
    return [initial, rng.choice((initial, initial - size_of(rng, initial), initial - initial // 100))]


def payment_row(rng: Random) -> Row:
    return [signed(rng, 32 * 10**16), size_of(rng, 10**9), max(1, size_of(rng, MAX_ANSWER * 10**18))]


def sum_row(rng: Random) -> Row:
    total = formulas.MAX_SUM - size_of(rng, 2**64) if rng.random() < 0.3 else size_of(rng, formulas.MAX_SUM)
    return [total, size_of(rng, 2**160)]


def settlement_row(rng: Random) -> Row:
    return [signed(rng, 10**30), signed(rng, formulas.MAX_SUM)]


def coverage_row(rng: Random) -> Row:
    length = size_of(rng, 2 * DAY)
    return [rng.randrange(length + 1), length]


def boundary_row(rng: Random) -> Row:
    interval = 10 + size_of(rng, DAY - 10)
    return [
        rng.choice((size_of(rng, 2**40), interval * size_of(rng, 10**6) + rng.choice((0, interval // 2)))),
        interval,
    ]


FORMULAS: tuple[tuple[str, Callable[[Random], Row], Callable[..., int]], ...] = (
    ("premium", premium_row, formulas.premium),
    ("bookPremium", book_row, formulas.book_premium),
    ("meanPremium", mean_row, formulas.mean_premium),
    ("rate", rate_row, formulas.rate),
    ("maxRateOf", margins_row, formulas.max_rate_of),
    ("payment", payment_row, formulas.payment),
    ("added", sum_row, formulas.added),
    ("settlement", settlement_row, formulas.settlement),
    ("coverageBps", coverage_row, formulas.coverage_bps),
    ("boundaryAfter", boundary_row, formulas.boundary_after),
)
"""Name, a random row of arguments, the twin. FundingProbe.sol knows them by their place."""


# ---------------------------------------------------------------- histories


def any_params(rng: Random, *, calm: bool = False) -> Params:
    """Inside the hard bounds. Boundaries and pauses come often; on a calm market, which is sampled well, only boundaries."""
    interval = rng.choice((rng.randint(10, 200), rng.randint(10, DAY), 3_600, DAY))
    age = rng.choice((rng.randint(1, 300), rng.randint(1, 2 * DAY)))
    if calm:
        interval, age = rng.randint(10, 300), rng.randint(120, 3_600)
    realisation = rng.choice((3_600, 28_800, DAY, rng.randint(3_600, DAY)))
    interest = size_of(rng, 10**15 * realisation // 28_800)
    damping = rng.choice((0, 5 * 10**14, size_of(rng, 10**16)))
    max_rate = max(1, size_of(rng, 32 * 10**16))
    return Params(
        interval, realisation, age, 100, max(1, size_of(rng, formulas.ONE)), interest, damping, max_rate
    )


def gap(rng: Random, params: Params, *, calm: bool) -> int:
    """Seconds to the next accrual: a block, the keeper's minute, to and over boundaries, over pauses, years."""
    if calm and rng.random() < 0.95:
        return rng.randint(1, 75)
    kinds = (12, 60, params.interval_s, 3 * params.interval_s, params.max_index_age_s * 2, 3_000)
    return 1 + rng.randrange(100_000_000 if rng.random() < 0.01 else rng.choice(kinds))


def reading(rng: Random, params: Params, before: Reading, since: int, time: int) -> Reading:
    """What is read at ``time``: perhaps a newer answer, which came after ``since``; perhaps a sample."""
    if rng.random() < 0.7:
        came = rng.randint(since, time)
        observed = max(before.observed_at, came - rng.randrange(61))
        if observed > before.observed_at:
            answer = price(rng, before.index or None) if rng.random() < 0.95 else price(rng)
            before = Reading(answer, observed, came)
    fresh = before.index > 0 and time - before.observed_at <= params.max_index_age_s
    if not fresh or rng.random() < 0.1:
        return Reading(before.index, before.observed_at, before.updated_at)
    premium = signed(rng, params.max_premium)
    return Reading(before.index, before.observed_at, before.updated_at, True, premium)


def any_history(rng: Random, steps: int) -> History:
    """An opening and its steps, by the rules of time alone: what the twins make of it does not matter here."""
    calm = rng.random() < 0.7
    params, time, seen = any_params(rng, calm=calm), START + rng.randrange(DAY), Reading()
    rows = [[rng.choice((0, 8, 8, 18)), time, *astuple(params)]]
    for _ in range(steps):
        since, time = time, time + gap(rng, params, calm=calm)
        seen = reading(rng, params, seen, since, time)
        row = [time, *map(int, astuple(seen))]
        if rng.random() < 0.15:
            params = any_params(rng, calm=calm)
            row += astuple(params)
        rows.append(row)
    return rows


def states(history: History) -> list[Row]:
    """What each step leaves behind, by the Python twin."""
    (decimals, opened_at, *numbers), *steps = history
    market, rows = new_market(Params(*numbers), decimals, opened_at), []
    for time, index, observed_at, updated_at, sampled, premium, *changed in steps:
        read = Reading(index, observed_at, updated_at, bool(sampled), premium)
        market, log = advance(market, read, time)
        if changed:
            market = with_params(market, Params(*changed))
        rows.append(state(market, log))
    return rows


def state(market: Market, log: Log) -> Row:
    """One step's answer: the market, net and prediction, and the log as two lists after their lengths."""
    _, *fields, _ = [getattr(market, name) for name in market.__dataclass_fields__]
    fixings = [number for fixing in log.fixings for number in astuple(fixing)]
    counts = [len(log.fixings), len(log.switches)]
    return [*map(int, fields), market.net, predicted_rate(market), *counts, *fixings, *log.switches]


# ---------------------------------------------------------------- the file


def document() -> dict[str, Sequence[object]]:
    """Everything in the file; the same each time."""
    rng = Random(SEED)
    cases = {name: [_case(make(rng), twin) for _ in range(CASES)] for name, make, twin in FORMULAS}
    given = [any_history(rng, STEPS) for _ in range(HISTORIES)]
    return {
        **cases,
        "presets": [list(astuple(params)) for params in PRESETS.values()],
        "histories": given,
        "states": [states(history) for history in given],
    }


def _case(row: Row, twin: Callable[..., int]) -> Row:
    return [*row, twin(*row)]


def text() -> str:
    """The file's text: a row a line."""
    lists = ",\n".join(f'"{name}": {_lines(rows)}' for name, rows in document().items())
    return f"{{\n{lists}\n}}\n"


def _lines(rows: Sequence[object]) -> str:
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"


def main() -> None:
    OUT.write_text(text())
    print(f"{len(FORMULAS) * CASES} cases, {HISTORIES} histories -> {OUT.name}")


if __name__ == "__main__":
    main()
