"""What can be done to the network: each fault by its number in the list of scenarios, with what is expected of it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.soak.network import Network

Apply = Callable[[Network, Random], AbstractAsyncContextManager[None]]


class Expect(StrEnum):
    """What the network does while a fault lasts."""

    GOES_ON = "goes on"
    ABSTAINS = "abstains"
    STOPS = "stops"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        number: In the list, ``T-EX 3``; several faults may be sides of one scenario.
        apply: A context in which the fault holds.
        seconds: How long it lasts.
        grace_s: With ``ABSTAINS``: when the last round may come after its start.
        alone: Never combined with others.
    """

    number: str
    what: str
    apply: Apply
    expect: Expect = Expect.GOES_ON
    seconds: float = 14
    grace_s: float = 6
    alone: bool = False

    @property
    def name(self) -> str:
        return f"{self.number} {self.what}"
