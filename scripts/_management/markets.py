"""Funding markets in deploy.py's configuration: parameters with their defaults, presets, and where the mark comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from reporter.errors import ConfigError
from reporter.funding.presets import PRESETS


@dataclass(frozen=True, slots=True)
class MarketParams:
    """``IPerpetualFunding.Params`` after its mark, its order and names. Defaults: the preset ``spotline``."""

    interval: int = 3_600
    realisation: int = 28_800
    maxIndexAge: int = 3_660  # noqa: N815  the name in the configuration file and the contract
    maxSpreadBps: int = 100  # noqa: N815  as above
    maxPremium: int = 10**17  # noqa: N815  as above
    interest: int = 10**14
    damping: int = 5 * 10**14
    maxRate: int = 75 * 10**14  # noqa: N815  as above


@dataclass(frozen=True, slots=True)
class ImpactFeeds:
    """The two feeds of a book; a side without a round for ``max_age_s`` has no depth."""

    bid: str
    ask: str
    max_age_s: int


@dataclass(frozen=True, slots=True)
class FundingConfig:
    """One market. ``mark`` is a feed, or the two feeds of a book."""

    index: str
    mark: str | ImpactFeeds
    numbers: MarketParams = MarketParams()

    def params(self, mark_address: str) -> tuple[Any, ...]:
        """The struct that ``addMarket`` takes."""
        return (mark_address, *(getattr(self.numbers, field.name) for field in fields(self.numbers)))

    @property
    def mark_name(self) -> str:
        """The mark's contract and its feeds, in words."""
        if isinstance(self.mark, str):
            return f"FeedMark of {self.mark}"
        return f"ImpactMark of {self.mark.bid} and {self.mark.ask}"


NUMBERS = tuple(field.name for field in fields(MarketParams))


def preset(name: str) -> dict[str, int]:
    """The numbers of a preset under the contract's names.

    Raises:
        KeyError: There is none of that name.
    """
    values = PRESETS[name]
    return {mine: getattr(values, f.name) for mine, f in zip(NUMBERS, fields(values), strict=True)}


def mark_feeds(mark: str | ImpactFeeds) -> dict[str, str]:
    """The feeds of a mark under their keys in the configuration."""
    if isinstance(mark, ImpactFeeds):
        return {"mark.impactBid": mark.bid, "mark.impactAsk": mark.ask}
    return {"mark": mark}


def market_numbers(key: str, given: Mapping[str, Any]) -> MarketParams:
    """The numbers of a market: its own over those of its preset.

    Raises:
        ConfigError: An unknown preset, or a value that is not an integer of 64 bits.
    """
    name = given.get("preset", "spotline")
    if name not in PRESETS:
        raise ConfigError(
            f"{key}.preset is {name!r}", key=f"{key}.preset", hint=f"known: {', '.join(PRESETS)}"
        )
    own = {number: given[number] for number in NUMBERS if number in given}
    for number, value in own.items():
        if type(value) is not int or not 0 <= value < 2**64:
            raise ConfigError(
                f"{key}.{number} is {value!r}, not an integer from 0 to 2^64 - 1", key=f"{key}.{number}"
            )
    return MarketParams(**{**preset(name), **own})
