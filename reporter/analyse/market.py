"""A tape made ready for one feed: its rules, its conversions, its indices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reporter.backtest.truth import Prices, Truth
from reporter.errors import NoIndex, UsageError
from reporter.index.symbols import parse
from reporter.models import FeedRules, Index, Leg, Quote
from reporter.replay import replay
from reporter.tapes.plans import for_tape, needed
from reporter.tapes.stage import Stage, open_stage, require_markets, split_legs

Look = Callable[[Quote], object]


@dataclass(frozen=True, slots=True)
class Market:
    """One feed of a tape. ``plan`` has the conversions before it, with the freshness of the tape's form."""

    stage: Stage
    feed: str
    plan: tuple[FeedRules, ...]

    @property
    def rules(self) -> FeedRules:
        """The feed's."""
        return next(r for r in self.plan if r.feed == self.feed)

    def indices(self, what: str) -> Iterator[Index]:
        """The feed's index at every moment of the tape, with a bar."""
        return (found[self.feed] for found in replay(self.stage.moments(what), self.plan))

    def no_index(self) -> NoIndex:
        """What is said when the feed never has a price."""
        return NoIndex(f"no index of {self.feed} at any moment of {self.stage.tape.name}")


def open_market(path: Path, feed: str, config: Path | None, look: Look = lambda _: None) -> Market:
    """Open a tape for a feed; without a name for the one with the most markets that is no stablecoin.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist.
    """
    stage = open_stage(path, config, "", 1, look)
    name = feed or _main(stage.rules)
    return Market(stage, name, for_tape(needed(stage.rules, name), stage.tape.form))


def truth_of(market: Market, reference: str, prices: Prices) -> tuple[tuple[Leg, ...], Truth]:
    """The mean of the markets named by ``--reference``, with hindsight, from prices that looked at the whole tape.

    Raises:
        UsageError: A market that the tape does not have, or one in another currency.
    """
    legs = split_legs(reference, "--reference")
    require_markets(legs, market.stage.tape.markets, "--reference")
    if other := [str(leg) for leg in legs if leg.symbol != market.feed]:
        raise UsageError(f"--reference: {', '.join(other)} is no market of {market.feed}")
    return legs, Truth(prices.of(legs), market.rules.max_age_ms)


def perpetual_of(market: Market, asked: str) -> Leg:
    """The perpetual's market: the one asked for, else the only one that the tape has of this base.

    Raises:
        UsageError: None, several, or one that is no perpetual of the feed's base.
    """
    base = parse(market.feed).base
    known = [leg for leg in market.stage.tape.markets if parse(leg.symbol)[::2] == (base, True)]
    wanted = split_legs(asked, "--perpetual") or tuple(known)
    if len(wanted) == 1 and wanted[0] in known:
        return wanted[0]
    has = ", ".join(str(leg) for leg in known) or "none"
    raise UsageError(
        f"{market.stage.tape.name}: name one perpetual of {base}; it has {has}",
        hint="--perpetual VENUE:SYMBOL, for example deribit:BTC/USD-PERP; spotline record writes such tapes",
    )


def _main(rules: Sequence[FeedRules]) -> str:
    return max(rules, key=lambda r: (not r.pegged, len(r.legs))).feed
