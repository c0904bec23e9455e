"""The one shape of every method: samples and a state in, a result and a state out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sample:
    """One venue at one moment. A venue has at most one sample in a sequence.

    Attributes:
        price: 1e18 fixed point, > 0, in the feed's quote currency.
        weight_ppm: The venue's assigned or measured share of liquidity; 0 has no say in a weighted method.
        half_spread: Half of ask minus bid, 1e18 fixed point; 0 unknown.
        age_ms: The moment minus the quote's exchange time.
        volume: 1e18 fixed-point units of the base asset over the window the caller chose; 0 unknown.
    """

    venue: str
    price: int
    weight_ppm: int
    half_spread: int
    age_ms: int
    volume: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A venue that is out, and since when it has been near the others without a break; None: it is not near."""

    venue: str
    near_since_ms: int | None


@dataclass(frozen=True, slots=True)
class State:
    """What a method knows besides the samples: the moment, and what it remembered from the one before.

    Attributes:
        at_ms: Unix milliseconds of the moment, which the caller sets with ``at``.
        last_price: The newest price the method gave; None before the first.
        exclusions: In order of the venues' names.
    """

    at_ms: int = 0
    last_price: int | None = None
    exclusions: tuple[Exclusion, ...] = ()

    def at(self, at_ms: int) -> "State":
        """The same memory at another moment."""
        return replace(self, at_ms=at_ms)


@dataclass(frozen=True, slots=True)
class Result:
    """What a method makes of the samples.

    Attributes:
        price: 1e18 fixed point; None where the method gives none.
        confidence: Half width of the band around the price; None where the method has none.
        kept: The venues that count, in order of their names.
        reason: Why there is no price, or what is unusual about it; empty otherwise.
    """

    price: int | None
    confidence: int | None
    kept: tuple[str, ...]
    reason: str


Method = Callable[[Sequence[Sample], State], tuple[Result, State]]
