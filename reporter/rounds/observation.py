"""What a reporter signed, with what it was made of, as it leaves the signing path."""

from dataclasses import dataclass
from enum import StrEnum

from reporter.models import SignedReport
from reporter.pricing import Moment
from reporter.report import Domain


class Abstained(StrEnum):
    """Why a price is 0. ``PRICED`` is empty: it is not."""

    PRICED = ""
    UNKNOWN_FEED = "unknown feed"
    NOT_NEWER = "not newer"
    NO_INDEX = "no signable index"
    NOT_DUE = "not due"


@dataclass(frozen=True, slots=True)
class Entry:
    """One feed of a report beside its price: ``name`` and ``decimals`` are None for a feed that the reporter has not."""

    name: str | None
    decimals: int | None
    abstained: Abstained


@dataclass(frozen=True, slots=True)
class Observation:
    """A signed report, the moment it states, and an entry for each of its feeds, in its order."""

    moment: Moment
    domain: Domain
    signed: SignedReport
    entries: tuple[Entry, ...]
