"""What a scenario demands of an index: a rule, its numbers and the time in which it holds."""

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from reporter.market.decimals import to_fixed
from reporter.models import SCALE

RULES = {
    "max_error": ("ppm",),
    "stated": (),
    "silent": (),
    "not_beyond_others": ("venue",),
    "follows": ("ppm",),
    "nobody_rejected": (),
    "flagged": ("flag",),
    "doubted": ("ppm",),
    "barred": ("venue",),
    "fresh": ("age_s",),
}
"""Which numbers each rule needs; ``reporter.scenario.judge`` says what each one measures."""


def offset_ms(value: object) -> int:
    """``"01:02:03"`` after the start, in ms."""
    if not isinstance(value, str) or not re.fullmatch(r"\d\d:[0-5]\d:[0-5]\d", value):
        raise ValueError(f"a time after the start is 'HH:MM:SS', not {value!r}")
    hours, minutes, seconds = (int(part) for part in value.split(":"))
    return (hours * 3600 + minutes * 60 + seconds) * 1000


def signed_ppm(value: object) -> int:
    """``"-0.03"`` percent -> -300."""
    if not isinstance(value, str) or not re.fullmatch(r"[+-]?\d{1,3}(\.\d{1,4})?", value):
        raise ValueError(f"a percent is decimal text in quotes with at most 4 places, not {value!r}")
    ppm = to_fixed(value.lstrip("+-")) * 10_000 // SCALE
    return -ppm if value.startswith("-") else ppm


Milliseconds = Annotated[int, BeforeValidator(offset_ms)]
Ppm = Annotated[int, BeforeValidator(signed_ppm), Field(ge=0)]


class Section(BaseModel):
    """A table of the file: every key known, every type exact."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Bound(Section):
    """One demand, from ``from`` to ``to`` (both after the start, both counted; without them: always)."""

    rule: Literal[
        "max_error",
        "stated",
        "silent",
        "not_beyond_others",
        "follows",
        "nobody_rejected",
        "flagged",
        "doubted",
        "barred",
        "fresh",
    ]
    ppm: Ppm | None = Field(None, alias="percent")
    from_ms: Milliseconds = Field(0, alias="from")
    to_ms: Milliseconds | None = Field(None, alias="to")
    venue: str | None = None
    flag: str | None = None
    age_s: int | None = None

    @model_validator(mode="after")
    def _numbers(self) -> Self:
        given = {key for key in ("ppm", "venue", "flag", "age_s") if getattr(self, key) is not None}
        if given != set(RULES[self.rule]):
            needed = " and ".join(RULES[self.rule]).replace("ppm", "percent") or "nothing"
            raise ValueError(f"the rule {self.rule!r} needs {needed} besides its times")
        if self.to_ms is not None and self.to_ms < self.from_ms:
            raise ValueError("it ends before it begins")
        return self


class Measure(NamedTuple):
    """How a method did by one bound. ``worst`` is the number behind ``met`` (ppm, ms or a count), None without one."""

    bound: Bound
    met: bool
    worst: int | None
    text: str
