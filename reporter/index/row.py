"""A leg on its way from quote to index."""

from typing import NamedTuple

from reporter.models import Leg, Quote


class Row(NamedTuple):
    """One leg's vote: its price in the feed's quote currency, 1e18 fixed point, with its weight by freshness.

    Attributes:
        price: 0 for a leg that is dropped; it has no vote.
        spread_ppm: Of a book that has a say in how wide the others' may be; None without a book.
        via: The conversion feed, if there is one.
        text: Why the leg is dropped, or how its price was made.
    """

    leg: Leg
    price: int
    weight_ppm: int
    spread_ppm: int | None = None
    quote: Quote | None = None
    via: str = ""
    text: str = ""

    @property
    def venue(self) -> str:
        return self.leg.venue

    def dropped(self, text: str) -> "Row":
        """The same leg without a vote."""
        return Row(self.leg, 0, 0, self.spread_ppm, self.quote, self.via, text)
