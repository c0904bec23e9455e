"""The index once more, slowly, from METHODOLOGY.md alone: the other side of the differential run.

Written to be compared with the page paragraph by paragraph. It shares the models and the names of the statuses with
the reporter and nothing else. Ratios are fractions until the page says that they are floored to ppm.
``reference_prices.py`` has what comes before the outliers.
"""

from fractions import Fraction
from typing import Any

from reporter.models import SCALE, FeedRules, Leg, Quote, Status
from tests.unit.reference_prices import (
    PPM,
    Priced,
    Result,
    age_ms,
    floor,
    median,
    ppm,
    priced_legs,
    weighted_median,
)


class Memory:
    """What a feed remembers. ``excluded``: since when a leg has been back, None while it is not."""

    def __init__(self) -> None:
        self.excluded: dict[Leg, int | None] = {}
        self.biases: dict[str, dict[int, int]] = {}
        self.bias_at_ms: int | None = None
        self.barred: set[str] = set()
        self.at_ms: int | None = None
        self.last: tuple[int, int] | None = None  # when, price
        self.history: list[tuple[int, int]] = []


# ------------------------------------------------------------------ Outliers


def prices_of(legs: list[Priced]) -> dict[str, int]:
    """A venue's price is the median of its legs, weighted by freshness."""
    found = {}
    for venue in {x.leg.venue for x in legs}:
        found[venue] = weighted_median([(x.price, x.weight) for x in legs if x.leg.venue == venue])
    return found


def middle_and_band(legs: list[Priced], rules: FeedRules) -> tuple[int, int]:
    prices, shares = prices_of(legs), venue_shares(legs, rules)
    m = weighted_median([(prices[venue], shares[venue]) for venue in prices])
    mad = weighted_median([(abs(prices[venue] - m), shares[venue]) for venue in prices])
    band = floor(Fraction(6 * 14826 * mad * PPM, 10_000 * m))
    return m, max(rules.band_min_ppm, min(rules.band_max_ppm, band))


def judge(
    legs: list[Priced], rules: FeedRules, memory: Memory, at_ms: int
) -> tuple[list[Leg], int | None, int, dict[Leg, int | None]]:
    """Which legs are out, the band if that would leave too few, ``m``, and the exclusions from now on."""
    seen_lately = memory.at_ms is not None and at_ms - memory.at_ms <= rules.readmit_ms
    say = [x for x in legs if x.leg not in memory.excluded] or legs
    m, band = middle_and_band(say, rules)
    out, exclusions = [], dict.fromkeys(memory.excluded, None)
    for x in legs:
        distance = Fraction(abs(x.price - m), m)
        if x.leg in memory.excluded:
            since = memory.excluded[x.leg] if seen_lately else None
            if distance > Fraction(band, 2 * PPM):
                since = None
            elif since is None:
                since = at_ms
            if since is not None and at_ms - since >= rules.readmit_ms:
                del exclusions[x.leg]
                continue
            exclusions[x.leg] = since
            out.append(x.leg)
        elif distance > Fraction(band, PPM):
            exclusions[x.leg] = None
            out.append(x.leg)
    shares = venue_shares(legs, rules)
    left = {x.leg.venue for x in legs if x.leg not in out}
    few = len(left) < 3 or 2 * len(left) <= len(shares) or sum(shares[v] for v in left) <= Fraction(1, 2)
    too_few = bool(out) and few
    if too_few:  # none is dropped, so none is newly excluded; the earlier ones go on waiting, or start over
        exclusions = {leg: since for leg, since in exclusions.items() if leg in memory.excluded}
    return out, band if too_few else None, m, exclusions


def watch_bias(
    legs: list[Priced], m: int, rules: FeedRules, memory: Memory, at_ms: int, since_ms: int | None
) -> None:
    """Signed distance times the time since the last look, in 12 slots of the window; over 1 % on average is out."""
    slot_ms = rules.bias_window_ms // 12
    now = at_ms // slot_ms
    for sums in memory.biases.values():
        for slot in [slot for slot in sums if slot <= now - 12]:
            del sums[slot]
    seen_ms = 0 if since_ms is None else max(0, min(60_000, at_ms - since_ms))
    if seen_ms:
        for venue, price in prices_of(legs).items():
            sums = memory.biases.setdefault(venue, {})
            off = max(-rules.band_max_ppm, min(rules.band_max_ppm, ppm(price - m, m)))
            sums[now] = sums.get(now, 0) + off * seen_ms
    memory.biases = {venue: sums for venue, sums in memory.biases.items() if sums}
    for venue, sums in memory.biases.items():
        if Fraction(abs(sum(sums.values())), rules.bias_window_ms) > rules.bias_limit_ppm:
            memory.barred.add(venue)


# ------------------------------------------------------------------ Aggregation and status


def venue_shares(legs: list[Priced], rules: FeedRules) -> dict[str, Fraction]:
    """Exact parts of 1: equal ones, or with 5 venues or more configured times freshness with the cap."""
    venues = {x.leg.venue for x in legs}
    if len(venues) < 5:
        return {venue: Fraction(1, len(venues)) for venue in venues}
    configured = dict(rules.weights)
    smallest = min(configured.values(), default=1)
    raw = {}
    for venue in venues:
        freshest = max(x.weight for x in legs if x.leg.venue == venue)
        raw[venue] = configured.get(venue, smallest) * freshest
    cap = Fraction(rules.weight_cap_ppm, PPM)
    capped: set[str] = set()
    while True:  # the heaviest first: what is cut off it makes the others heavier
        free = {venue: weight for venue, weight in raw.items() if venue not in capped}
        left = 1 - cap * len(capped)
        heaviest = max(free, key=lambda venue: free[venue])
        if free[heaviest] * left / sum(free.values()) <= cap:
            break
        capped.add(heaviest)
    return dict.fromkeys(capped, cap) | {v: weight * left / sum(free.values()) for v, weight in free.items()}


def settle(
    legs: list[Priced], rules: FeedRules, memory: Memory, at_ms: int, kept_band: int | None
) -> tuple[Status, int | None]:
    prices = prices_of(legs)
    ordered = sorted(prices.values())
    if len(ordered) < max(1, rules.min_venues):
        return Status.INVALID, None
    shares = venue_shares(legs, rules)
    price = weighted_median([(prices[venue], shares[venue]) for venue in prices])
    status = Status.REDUCED if len(ordered) < 5 else Status.OK
    if len(ordered) == 1:
        status = alone(ordered[0], rules, memory, at_ms)
    if len(ordered) == 2:
        low, high = ordered
        if Fraction(high - low, low) > Fraction(rules.two_venue_agreement_ppm, PPM):
            status = Status.HELD
    if kept_band is not None and Fraction(abs(median(ordered) - price), price) > Fraction(kept_band, PPM):
        status = Status.HELD
    if status is Status.HELD:
        return status, None
    return (Status.DEGRADED if kept_band is not None else status), price


def alone(price: int, rules: FeedRules, memory: Memory, at_ms: int) -> Status:
    if memory.last is None or at_ms - memory.last[0] > rules.hold_ms:
        return Status.DEGRADED
    before = memory.last[1]
    near = Fraction(abs(price - before), before) <= Fraction(rules.two_venue_agreement_ppm, PPM)
    return Status.REDUCED if near else Status.HELD


def confidence_of(legs: list[Priced], rules: FeedRules) -> int:
    votes = []
    for venue, price in prices_of(legs).items():
        halves = [x.half_spread for x in legs if x.leg.venue == venue and x.half_spread is not None]
        half = max(min(halves, default=0), floor(Fraction(price * rules.confidence_floor_ppm, PPM)))
        votes += [price - half, price, price + half]
    votes.sort()
    quarter = len(votes) // 4
    p25, p50, p75 = votes[quarter], median(votes), votes[len(votes) - 1 - quarter]
    return max(p50 - p25, p75 - p50)


def flags_of(price: int, rules: FeedRules, memory: Memory, at_ms: int) -> tuple[str, ...]:
    def moved(before: int, limit_ppm: int) -> bool:
        return Fraction(abs(price - before), before) > Fraction(limit_ppm, PPM)

    volatile = memory.last is not None and moved(memory.last[1], rules.volatile_round_ppm)
    for when, before in memory.history:
        if at_ms - when <= rules.volatile_window_ms and moved(before, rules.volatile_window_ppm):
            volatile = True
    off = rules.pegged and Fraction(abs(price - SCALE), SCALE) > Fraction(rules.peg_band_ppm, PPM)
    return ("VOLATILE",) * volatile + ("OFF_PEG",) * off


# ------------------------------------------------------------------ one feed, all feeds


def called_upon(legs: list[Priced], rules: FeedRules, memory: Memory) -> list[Priced]:
    """Without the venues that a person has to re-admit, and without fallback venues while 3 others have a price."""
    legs = [x for x in legs if x.leg.venue not in memory.barred]
    others = {x.leg.venue for x in legs if x.leg.venue not in rules.fallback}
    return [x for x in legs if len(others) < 3 or x.leg.venue not in rules.fallback]


def one_feed(
    rules: FeedRules, quotes: dict[Leg, Quote], results: dict[str, Result], at_ms: int, memory: Memory
) -> Result:
    """Price a feed and change ``memory`` to what the next moment has to know."""
    everybody = priced_legs(rules, quotes, results, at_ms)
    legs = called_upon(everybody, rules, memory)
    before = set(memory.excluded)
    out, kept_band, m, exclusions = [], None, 0, dict.fromkeys(memory.excluded, None)
    if legs:
        out, kept_band, m, exclusions = judge(legs, rules, memory, at_ms)
    counted = [x for x in legs if kept_band is not None or x.leg not in out]
    status, price, confidence = sure(counted, rules, memory, at_ms, kept_band)
    recent = memory.last is not None and at_ms - memory.last[0] <= rules.hold_ms
    result = Result(
        status,
        price,
        confidence,
        flags_of(price, rules, memory, at_ms) if price is not None else (),
        (memory.last[1], memory.last[0]) if status is Status.HELD and recent else None,
        traces(rules, legs, counted, price),
        max((at_ms - age_ms(quotes[x.leg], at_ms) for x in counted), default=0),
    )
    memory.excluded = exclusions
    judges = {x.leg.venue for x in legs if x.leg not in before} or {x.leg.venue for x in legs}
    looked_ms = memory.bias_at_ms
    if looked_ms is None or at_ms < looked_ms or at_ms - looked_ms >= 10_000:
        memory.bias_at_ms = at_ms
        if len(judges) >= 3:
            watch_bias(everybody, m, rules, memory, at_ms, looked_ms)
    remember(price, rules, memory, at_ms)
    return result


def sure(
    counted: list[Priced], rules: FeedRules, memory: Memory, at_ms: int, kept_band: int | None
) -> tuple[Status, int | None, int | None]:
    """Status, price and confidence: too wide a confidence degrades, or holds back."""
    status, price = settle(counted, rules, memory, at_ms, kept_band)
    if price is None:
        return status, None, None
    confidence = confidence_of(counted, rules)
    width = ppm(confidence, price)
    if width > rules.confidence_unsigned_ppm:
        return Status.HELD, None, None
    return (Status.DEGRADED if width > rules.confidence_degraded_ppm else status), price, confidence


def remember(price: int | None, rules: FeedRules, memory: Memory, at_ms: int) -> None:
    """When it was looked, and the last index; one per 10 s goes into the history."""
    memory.at_ms = at_ms
    if price is None:
        return
    memory.last = (at_ms, price)
    if not memory.history or at_ms - memory.history[-1][0] >= 10_000:
        memory.history = [x for x in memory.history if at_ms - x[0] <= rules.volatile_window_ms]
        memory.history.append((at_ms, price))


def traces(
    rules: FeedRules, legs: list[Priced], counted: list[Priced], price: int | None
) -> dict[Leg, tuple[bool, int | None, int]]:
    found: dict[Leg, tuple[bool, int | None, int]] = {leg: (False, None, 0) for leg in rules.legs}
    for x in legs:
        found[x.leg] = (False, x.price, 0)
    shares = venue_shares(counted, rules) if price is not None else {}
    for x in counted:
        of_venue = sum(y.weight for y in counted if y.leg.venue == x.leg.venue)
        part = PPM * shares.get(x.leg.venue, Fraction(0)) * x.weight / of_venue
        share = max(1, floor(part)) if part else 0
        found[x.leg] = (True, x.price, share)
    return found


def reference_step(
    plan: list[FeedRules], quotes: dict[Leg, Quote], at_ms: int, memories: dict[str, Memory]
) -> dict[str, Result]:
    """Price every feed, conversions first; ``memories`` is carried from moment to moment and changed."""
    results: dict[str, Result] = {}
    for rules in plan:
        memory = memories.setdefault(rules.feed, Memory())
        results[rules.feed] = one_feed(rules, quotes, results, at_ms, memory)
    return results


def memory_view(memory: Memory) -> dict[str, Any]:
    """A memory in plain values, to be compared."""
    return {
        "excluded": memory.excluded,
        "biases": memory.biases,
        "bias_at_ms": memory.bias_at_ms,
        "barred": memory.barred,
        "at_ms": memory.at_ms,
        "last": memory.last,
        "history": memory.history,
    }
