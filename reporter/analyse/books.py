"""What rests in each venue's book, as a file that a person writes (RESEARCH.md, Depths). Untrusted until checked."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from reporter.errors import DepthError
from reporter.index.symbols import Pair, parse
from reporter.index.units import PPM
from reporter.market.decimals import to_fixed
from reporter.research.liquidity import Level
from reporter.scenario.bounds import Section, signed_ppm
from reporter.scenario.load import explained

MOST_VENUES = 16


def _amount(value: object) -> int:
    fixed = to_fixed(value) if isinstance(value, str) else 0
    if fixed <= 0:
        raise ValueError(f"an amount is positive decimal text in quotes, not {value!r}")
    return fixed


def _level(value: object) -> Level:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f'a level is ["PERCENT FROM THE MID", "AMOUNT"], not {value!r}')
    distance_ppm = signed_ppm(value[0])
    if distance_ppm < 0:
        raise ValueError(f"a level lies 0 % or more from the mid, not {value[0]!r}")
    return Level(distance_ppm, _amount(value[1]))


def _feed(value: str) -> str:
    parse(value)
    return value


Amount = Annotated[int, BeforeValidator(_amount)]
Levels = Annotated[tuple[Annotated[Level, BeforeValidator(_level)], ...], Field(strict=False, min_length=1)]


class Book(Section):
    """One venue. Amounts are in the feed's quote currency, 1e18 fixed point, each what rests at its own distance.

    Attributes:
        price: The mid, in the feed's quote currency.
        weight: Raw; without any in the file, all are equal.
    """

    name: str = Field(pattern=r"^[a-z0-9]+$")
    price: Amount
    weight: int | None = Field(None, ge=1, le=10**12)
    bids: Levels
    asks: Levels

    @model_validator(mode="after")
    def _above_zero(self) -> Self:
        if any(level.distance_ppm >= PPM for level in self.bids):
            raise ValueError("a bid lies less than 100 % from the mid")
        return self


class Books(Section):
    """The file: a feed and its venues."""

    feed: Annotated[str, AfterValidator(_feed)]
    venues: Annotated[
        tuple[Book, ...], Field(strict=False, alias="venue", min_length=1, max_length=MOST_VENUES)
    ]

    @property
    def pair(self) -> Pair:
        return parse(self.feed)

    @property
    def prices(self) -> dict[str, int]:
        """Each venue's mid, 1e18 fixed point."""
        return {venue.name: venue.price for venue in self.venues}

    @property
    def weights(self) -> dict[str, int]:
        """Each venue's raw weight."""
        return {venue.name: venue.weight or 1 for venue in self.venues}

    @property
    def shares_ppm(self) -> dict[str, int]:
        """Each venue's part of the raw weight, floored."""
        total = sum(self.weights.values())
        return {name: weight * PPM // total for name, weight in self.weights.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [venue.name for venue in self.venues]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"venue {twice!r} stands twice")
        if len({venue.weight is None for venue in self.venues}) > 1:
            raise ValueError("either every venue has a weight or none has")
        return self


def load_books(path: Path) -> Books:
    """Read and check a file of depths.

    Raises:
        DepthError: It cannot be read, or with the key and the value at fault.
    """
    try:
        return Books.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        message, key = explained(error)
        raise DepthError(f"{path}: {message}", key=key) from None
    except OSError as error:
        raise DepthError(f"depths {path} cannot be read: {error.strerror}") from None
    except (RecursionError, ValueError) as error:  # not UTF-8, too deep, or not TOML
        raise DepthError(f"{path}: not valid TOML: {error}") from None
