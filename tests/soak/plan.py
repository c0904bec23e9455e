"""Which faults come in which order: every one alone first, then several at once, all from the seed."""

from collections.abc import Iterator
from random import Random

from tests.soak.faults import Fault
from tests.soak.faults_chain import CHAIN
from tests.soak.faults_exchange import EXCHANGE
from tests.soak.faults_process import PROCESS
from tests.soak.network import Network

MOST_AT_ONCE = 3


def possible(net: Network) -> list[Fault]:
    """The faults that can be done on this machine."""
    return [
        fault
        for fault in (*EXCHANGE, *CHAIN, *PROCESS)
        if not (fault.what == "disk full" and not net.disks)
        and not (fault.what.startswith("clock ") and not net.nodes[-1].has_own_clock)
    ]


def singles(net: Network, dice: Random) -> list[Fault]:
    """Each once, shuffled; those that are short first in no way."""
    found = possible(net)
    dice.shuffle(found)
    return found


def combinations(net: Network, dice: Random) -> Iterator[tuple[Fault, ...]]:
    """Two or three of different kinds at once, for ever."""
    kinds = [[f for f in kind if f in possible(net) and not f.alone] for kind in (EXCHANGE, CHAIN, PROCESS)]
    while True:
        chosen = dice.sample(kinds, dice.randint(2, MOST_AT_ONCE))
        yield tuple(dice.choice(kind) for kind in chosen)
