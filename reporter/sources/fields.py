"""Typed access to one JSON object of a venue: an accessor returns what it says or refuses with the key."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from reporter.errors import SourceError
from reporter.sources import strict
from reporter.sources.strict import Json, shown


class Fields(NamedTuple):
    """One JSON object. Accessors raise SourceError; a wrong type or length has the reason ``shape``."""

    venue: str
    data: dict[str, Json]

    @classmethod
    def of(cls, venue: str, value: Json, what: str = "the document") -> "Fields":
        """Wrap a value that must be an object."""
        if not isinstance(value, dict):
            raise SourceError(venue, "shape", f"{what} is not an object: {shown(value)}")
        return cls(venue, value)

    @classmethod
    def zipped(cls, venue: str, value: Json, names: Sequence[str]) -> "Fields":
        """Wrap an array whose places have names; it may be longer, as venues append."""
        if not isinstance(value, list) or len(value) < len(names):
            raise SourceError(venue, "shape", f"not an array of {len(names)} or more: {shown(value)}")
        return cls(venue, dict(zip(names, value, strict=False)))

    def plus(self, **more: Json) -> "Fields":
        """The same object with more keys, as where a name or a time stands outside of it."""
        return Fields(self.venue, {**self.data, **more})

    def child(self, key: str, *inherited: str) -> "Fields":
        """The object under ``key``, with keys it takes over from this one."""
        found = Fields.of(self.venue, self._present(key), key)
        return found.plus(**{name: self._present(name) for name in inherited}) if inherited else found

    def expect(self, key: str, value: Json, reason: str) -> "Fields":
        """This object; refused with ``reason`` unless ``key`` holds exactly ``value``."""
        if self._present(key) != value:
            raise SourceError(self.venue, reason, f"{key} is {shown(self.data[key])}")
        return self

    def says(self, key: str, value: Json) -> bool:
        """Whether ``key`` is there and holds exactly ``value``."""
        return self.data.get(key) == value

    def text(self, key: str) -> str:
        """The string under ``key``; a number is not a string."""
        value = self._present(key)
        if not isinstance(value, str) or isinstance(value, strict.NumberToken):
            raise SourceError(self.venue, "shape", f"{key} is not a string: {shown(value)}")
        return value

    def rows(self, key: str) -> list["Fields"]:
        """The array of objects under ``key``."""
        return rows(self.venue, self._present(key), key)

    def price(self, key: str) -> int | None:
        """The price under ``key``, 1e18 fixed point; None where it is missing, null, empty or zero."""
        return strict.optional_price(self.venue, self.data.get(key))

    def best_price(self, key: str) -> int | None:
        """The price of the first level of a book's side, ``[[price, size], ...]``; None where it is empty."""
        side = self._present(key)
        if not isinstance(side, list):
            raise SourceError(self.venue, "price", f"{key} is not an array: {shown(side)}")
        if not side:
            return None
        level = side[0]
        if not isinstance(level, list) or len(level) < 2:
            raise SourceError(self.venue, "price", f"a level of {key} is not price and size: {shown(level)}")
        return strict.optional_price(self.venue, level[0])

    def first_price(self, key: str, length: int) -> int | None:
        """The price that leads an array of exactly ``length`` strings, or None where the key is missing."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != length:
            raise SourceError(self.venue, "shape", f"{key} is not an array of {length}: {shown(value)}")
        return strict.optional_price(self.venue, value[0])

    def rate(self, key: str) -> int:
        """The signed rate under ``key``, 1e18 = 100 %."""
        return strict.rate(self.venue, self._present(key))

    def time(self, key: str, parse: Callable[[str, Json], int]) -> int:
        """The time under ``key`` in Unix milliseconds, read by one of the parsers of ``strict``."""
        venue, data = self
        return parse(venue, data[key] if key in data else self._present(key))

    def whole(self, key: str) -> int:
        """The whole number under ``key``; a string of digits is one too."""
        return strict.whole(self.venue, self._present(key))

    def _present(self, key: str) -> Json:
        if key not in self.data:
            raise SourceError(self.venue, "shape", f"no {key} in {shown(sorted(self.data))}")
        return self.data[key]


def rows(venue: str, value: Json, what: str = "the document") -> list[Fields]:
    """Wrap an array whose members must all be objects."""
    if not isinstance(value, list):
        raise SourceError(venue, "shape", f"{what} is not an array: {shown(value)}")
    return [
        Fields(venue, row) if isinstance(row, dict) else Fields.of(venue, row, f"a row of {what}")
        for row in value
    ]
