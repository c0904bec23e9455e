"""``spotline analyse weights``: the venues' weights from what they traded on a tape."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.analyse.market import Market, open_market
from reporter.errors import UsageError
from reporter.index.symbols import parse
from reporter.index.units import percent
from reporter.index.weights import capped_shares
from reporter.market.decimals import to_text
from reporter.market.tape import utc_text
from reporter.money import decimal_text
from reporter.tapes.volumes import Volumes, feed_volumes


@dataclass(frozen=True, slots=True)
class Weights:
    """A feed's volumes and the weights that follow. ``capped``: ppm, after the feed's cap; they sum to 1,000,000."""

    market: Market
    volumes: Volumes
    capped: dict[str, int]

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints; volumes as decimal text in the feed's quote currency."""
        tape = self.market.stage.tape
        return {
            "tape": tape.name,
            "feed": self.market.feed,
            "first_ms": tape.first_ms,
            "last_ms": tape.last_ms,
            "cap_ppm": self.market.rules.weight_cap_ppm,
            "unconverted_minutes": self.volumes.unconverted,
            "volumes": {venue: to_text(amount, 0) for venue, amount in self.volumes.by_venue.items()},
            "raw_ppm": self.volumes.raw,
            "weights": self.capped,
        }

    def lines(self) -> list[str]:
        """A line for a ``[[feeds]]`` table of spotline.toml, and comments that TOML skips."""
        tape, rules = self.market.stage.tape, self.market.rules
        inside = ", ".join(f"{venue} = {weight}" for venue, weight in self.capped.items())
        return [
            f"# {self.market.feed}, ppm, from {tape.name}: {utc_text(tape.first_ms)} to {utc_text(tape.last_ms)}",
            *self._volume_lines(),
            *self._notes(rules.weight_cap_ppm),
            f"weights = {{ {inside} }}",
        ]

    def _volume_lines(self) -> list[str]:
        quote, raw = parse(self.market.feed).quote, self.volumes.raw
        return [
            f"#   {venue}: {decimal_text(amount, 18, 0)} {quote}, {percent(raw[venue])} of the volume"
            for venue, amount in self.volumes.by_venue.items()
        ]

    def _notes(self, cap_ppm: int) -> list[str]:
        notes = []
        if len(self.capped) * cap_ppm <= 1_000_000:
            notes.append(
                f"# {len(self.capped)} venues cannot all stay under {percent(cap_ppm)}: equal weights"
            )
        if self.volumes.unconverted:
            notes.append(f"# {self.volumes.unconverted} traded minutes without a conversion do not count")
        return notes


def tape_weights(tape: Path, feed: str, config: Path | None) -> Weights:
    """Return the weights that a tape's volumes give a feed.

    Raises:
        TapeError, UsageError, ConfigError: Something asked for does not exist, or nothing of it traded.
    """
    market = open_market(tape, feed, config)
    volumes = feed_volumes(market.stage.tape, market.plan)[market.feed]
    if not any(volumes.by_venue.values()):
        raise UsageError(f"{market.stage.tape.name} has no volume of {market.feed}")
    return Weights(market, volumes, capped_shares(volumes.raw, market.rules.weight_cap_ppm))
