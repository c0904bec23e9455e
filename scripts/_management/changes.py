"""Every change of the settings as a function of what they are now: the call, what it leads to, and who may make it.

The contract checks all of it again; here a wrong value is named before anything is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reporter.errors import CheckFailed, UsageError
from reporter.models import feed_id
from scripts._management.abi import ZERO, address_of, call_data
from scripts._management.state import State

MAX_REPORTERS = 31
MAX_AGE_LIMIT_S = 255
MAX_DECIMALS = 18
OLD_SIGNATURES = (
    "signatures made under the present set die at once: reporters sign again by themselves, "
    "and a batch that is under way is refused"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One call to the contract.

    Attributes:
        may: Who may make it, the one with the least power first.
    """

    does: str
    data: bytes
    after: State
    may: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def default_quorum(reporters: int) -> int:
    """floor(2n/3) + 1: two batches share more honest reporters than there are faulty ones."""
    return 2 * reporters // 3 + 1


def rotate(now: State, given: Sequence[str], quorum: int | None) -> Change:
    """Replace the reporter set; the order is the order of the bits."""
    reporters = tuple(address_of(f"reporter {i + 1}", each) for i, each in enumerate(given))
    if twice := sorted({each for each in reporters if reporters.count(each) > 1}):
        raise UsageError(f"reporter {twice[0]} is given twice", hint="leave one of them out")
    if not 1 <= len(reporters) <= MAX_REPORTERS:
        raise UsageError(f"{len(reporters)} reporters are given, 1 to {MAX_REPORTERS} are possible")
    wanted = default_quorum(len(reporters)) if quorum is None else quorum
    return _configured(now, f"rotate to {len(reporters)} reporters with quorum {wanted}", reporters, wanted)


def set_quorum(now: State, quorum: int) -> Change:
    """Change how many reports an update needs, with the same reporters."""
    return _configured(now, f"change the quorum to {quorum}", now.reporters, quorum)


def _configured(now: State, does: str, reporters: tuple[str, ...], quorum: int) -> Change:
    n = len(reporters)
    if not n // 2 + 1 <= quorum <= n:
        raise UsageError(
            f"quorum {quorum} is not possible with {n} reporters",
            hint=f"{n // 2 + 1} to {n}; {default_quorum(n)} bears the most faulty ones",
        )
    if (reporters, quorum) == (now.reporters, now.quorum):
        raise CheckFailed(f"these {n} reporters with quorum {quorum} are the present set: nothing to change")
    after = replace(now, reporters=reporters, quorum=quorum, config_count=now.config_count + 1)
    data = call_data("setConfig(address[],uint8)", reporters, quorum)
    weak = (
        ()
        if quorum >= default_quorum(n)
        else (f"a quorum below {default_quorum(n)} bears fewer faulty reporters",)
    )
    return Change(does, data, after, (now.owner,), (OLD_SIGNATURES, *weak))


def set_max_age(now: State, seconds: int) -> Change:
    """Change how old an observation may be when it arrives."""
    if not 1 <= seconds <= MAX_AGE_LIMIT_S:
        raise UsageError(f"max age {seconds} s is not possible", hint=f"1 to {MAX_AGE_LIMIT_S} s")
    _must_differ("max age", f"{now.max_age_s} s", f"{seconds} s")
    data = call_data("setMaxAge(uint8)", seconds)
    return Change(f"change the max age to {seconds} s", data, replace(now, max_age_s=seconds), (now.owner,))


def pause(now: State) -> Change:
    """Stop updates."""
    _must_differ("updates", now.paused, True)
    note = ("answers stay readable and grow old; only the owner can allow updates again",)
    return Change(
        "pause updates", call_data("pause()"), replace(now, paused=True), (now.pauser, now.owner), note
    )


def unpause(now: State) -> Change:
    """Allow updates again."""
    _must_differ("updates", now.paused, False)
    return Change("allow updates again", call_data("unpause()"), replace(now, paused=False), (now.owner,))


def set_pauser(now: State, given: str) -> Change:
    """Name the account that may only pause."""
    pauser = _address_or_nobody("pauser", given)
    _must_differ("pauser", now.pauser, pauser)
    data = call_data("setPauser(address)", pauser)
    return Change(f"make {pauser} the pauser", data, replace(now, pauser=pauser), (now.owner,))


def set_feed_manager(now: State, given: str) -> Change:
    """Name the account that may only add feeds."""
    manager = _address_or_nobody("feed manager", given)
    _must_differ("feed manager", now.feed_manager, manager)
    data = call_data("setFeedManager(address)", manager)
    return Change(f"make {manager} the feed manager", data, replace(now, feed_manager=manager), (now.owner,))


def add_feed(now: State, name: str, decimals: int) -> Change:
    """Register a feed."""
    if not 0 <= decimals <= MAX_DECIMALS:
        raise UsageError(f"{decimals} decimals are not possible", hint=f"0 to {MAX_DECIMALS}")
    after = replace(now, feeds=tuple(sorted((*now.feeds, (name, decimals)))))
    data = call_data("addFeed(bytes32,uint8)", feed_id(name), decimals)
    note = ("a feed's name and decimals are for ever",)
    return Change(f"add the feed {name}", data, after, (now.feed_manager, now.owner), note)


def check_name(name: str) -> None:
    """Raises ``UsageError`` for a name that cannot be a feed id."""
    try:
        feed_id(name)
    except ValueError as error:
        raise UsageError(f"{name!r} cannot be a feed: {error}") from error


def transfer(now: State, given: str) -> Change:
    """Offer ownership; nothing changes until the new owner accepts."""
    to = address_of("the new owner", given)
    if to in (now.owner, now.pending_owner):
        state = "the owner" if to == now.owner else "offered ownership"
        raise CheckFailed(
            f"{to} is {state} already", hint="" if to == now.owner else "it may accept: manage accept"
        )
    data = call_data("transferOwnership(address)", to)
    return Change(f"offer ownership to {to}", data, replace(now, pending_owner=to), (now.owner,))


def accept(now: State) -> Change:
    """Take the ownership that was offered."""
    if now.pending_owner == ZERO:
        raise CheckFailed("nobody was offered ownership", hint="first: manage transfer")
    after = replace(now, owner=now.pending_owner, pending_owner=ZERO)
    return Change("accept ownership", call_data("acceptOwnership()"), after, (now.pending_owner,))


def _address_or_nobody(what: str, given: str) -> str:
    return ZERO if given == "nobody" else address_of(what, given)


def _must_differ(what: str, now: object, wanted: object) -> None:
    if now == wanted:
        shown = {True: "paused", False: "allowed"}.get(now, now) if isinstance(now, bool) else now
        raise CheckFailed(
            f"{what} is {shown} already: nothing to change".replace("updates is", "updates are")
        )
