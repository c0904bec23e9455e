"""One RPC endpoint and how far it can be trusted; pure judgement over what all of them say of the newest block."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LAG_BLOCKS = 2
AHEAD_S = 15


class State(StrEnum):
    """Whether we read from an endpoint (ALIVE first, LAGGING when there is nothing better) and send to it (both)."""

    ALIVE = "alive"
    LAGGING = "lagging"
    DEAD = "dead"
    WRONG_CHAIN = "wrong chain"


@dataclass(frozen=True, slots=True)
class Block:
    """What we take of a block: Unix seconds and wei."""

    number: int
    timestamp: int
    base_fee: int


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is, since the last look.

    Attributes:
        why: Empty while it is ALIVE.
        head: The newest block that it knows of, if it said so.
    """

    state: State = State.ALIVE
    why: str = ""
    head: Block | None = None


def judge(heads: Sequence[Block | None], now_s: int, block_time_s: int) -> list[Health | None]:
    """Compare what the endpoints say; None for one that said nothing.

    An endpoint is LAGGING when it is behind the best in height and in time: one of two alone could be the liar. One whose
    newest block is of the future, while another's is not, is DEAD. With three or more, a height that no other comes near is.

    Args:
        now_s: Our clock, Unix seconds.
    """
    known = [head for head in heads if head is not None]
    timely = [head for head in known if head.timestamp <= now_s + AHEAD_S] or known
    best = _best(timely)
    return [
        None if head is None or best is None else _health(head, best, timely, block_time_s) for head in heads
    ]


def _best(heads: Sequence[Block]) -> Block | None:
    """The highest block; of three or more, the second highest: nobody alone says how far the chain is."""
    ordered = sorted(heads, key=lambda head: (head.number, head.timestamp), reverse=True)
    if not ordered:
        return None
    return ordered[1] if len(ordered) >= 3 else ordered[0]


def _health(head: Block, best: Block, timely: Sequence[Block], block_time_s: int) -> Health:
    if head not in timely:
        return Health(State.DEAD, f"its newest block is of the future: {head.timestamp}", head)
    if len(timely) >= 3 and head.number > best.number + LAG_BLOCKS:
        return Health(
            State.DEAD, f"its block {head.number} is {head.number - best.number} ahead of all others", head
        )
    behind, older_s = best.number - head.number, best.timestamp - head.timestamp
    if behind > LAG_BLOCKS and older_s > LAG_BLOCKS * block_time_s:
        return Health(State.LAGGING, f"{behind} blocks and {older_s} s behind", head)
    return Health(State.ALIVE, "", head)
