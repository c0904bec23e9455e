"""What each change calls, leads to and refuses, as functions of the settings."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import CheckFailed, SpotlineError, UsageError
from scripts._management import changes
from scripts._management.abi import ZERO, call_data
from scripts._management.changes import Change
from scripts._management.state import State, agrees, changed, described, differences

pytestmark = pytest.mark.unit

A, B, C, D = (f"0x{i:040X}" for i in range(1, 5))
NOW = State(A, ZERO, reporters=(A, B, C, D), quorum=3, max_age_s=60, config_count=1, feeds=(("BTC/USD", 8),))


def test_rotate__three_reporters__calldata_state_and_caller() -> None:
    change = changes.rotate(NOW, [B, C, D], None)

    assert change.does == "rotate to 3 reporters with quorum 3"
    assert change.data == call_data("setConfig(address[],uint8)", [B, C, D], 3)
    assert change.after == replace(NOW, reporters=(B, C, D), config_count=2)
    assert change.may == (A,)
    assert change.warnings == (changes.OLD_SIGNATURES,)


@given(st.integers(1, 31))
def test_default_quorum__any_set__tolerates_a_third_and_is_possible(n: int) -> None:
    quorum = changes.default_quorum(n)
    faulty = (n - 1) // 3

    assert n // 2 + 1 <= quorum <= n
    assert n - faulty >= quorum > 2 * faulty


SIMPLE: list[tuple[Callable[[], Change], str, tuple[object, ...], dict[str, object], tuple[str, ...]]] = [
    (lambda: changes.set_max_age(NOW, 255), "setMaxAge(uint8)", (255,), {"max_age_s": 255}, (A,)),
    (lambda: changes.pause(replace(NOW, pauser=B)), "pause()", (), {"paused": True, "pauser": B}, (B, A)),
    (lambda: changes.set_pauser(NOW, B), "setPauser(address)", (B,), {"pauser": B}, (A,)),
    (lambda: changes.set_feed_manager(NOW, B), "setFeedManager(address)", (B,), {"feed_manager": B}, (A,)),
    (lambda: changes.transfer(NOW, B), "transferOwnership(address)", (B,), {"pending_owner": B}, (A,)),
    (lambda: changes.accept(replace(NOW, pending_owner=B)), "acceptOwnership()", (), {"owner": B}, (B,)),
    (
        lambda: changes.add_feed(NOW, "ETH/USD", 18),
        "addFeed(bytes32,uint8)",
        (b"ETH/USD".ljust(32, b"\0"), 18),
        {"feeds": (("BTC/USD", 8), ("ETH/USD", 18))},
        (ZERO, A),
    ),
]


@pytest.mark.parametrize(
    ("make", "signature", "arguments", "after", "may"), SIMPLE, ids=[s[1] for s in SIMPLE]
)
def test_change__a_good_value__calldata_state_and_callers(
    make: Callable[[], Change],
    signature: str,
    arguments: tuple[object, ...],
    after: dict[str, object],
    may: tuple[str, ...],
) -> None:
    change = make()

    assert change.data == call_data(signature, *arguments)
    assert change.after == replace(NOW, **after)  # type: ignore[arg-type]
    assert change.may == may


REFUSED: list[tuple[Callable[[], Change], type[SpotlineError], str]] = [
    (lambda: changes.rotate(NOW, [A, A], None), UsageError, f"reporter {A} is given twice"),
    (lambda: changes.rotate(NOW, [A, ZERO], None), UsageError, f"reporter 2 is not an address: '{ZERO}'"),
    (lambda: changes.rotate(NOW, [], None), UsageError, "0 reporters are given, 1 to 31 are possible"),
    (
        lambda: changes.rotate(NOW, [f"0x{i:040X}" for i in range(1, 33)], None),
        UsageError,
        "32 reporters are given, 1 to 31 are possible",
    ),
    (lambda: changes.rotate(NOW, [A, B], 0), UsageError, "quorum 0 is not possible with 2 reporters"),
    (lambda: changes.rotate(NOW, [A, B], 1), UsageError, "quorum 1 is not possible with 2 reporters"),
    (lambda: changes.set_quorum(NOW, 5), UsageError, "quorum 5 is not possible with 4 reporters"),
    (
        lambda: changes.rotate(NOW, [A, B, C, D], 3),
        CheckFailed,
        "these 4 reporters with quorum 3 are the present set: nothing to change",
    ),
    (lambda: changes.set_max_age(NOW, 0), UsageError, "max age 0 s is not possible"),
    (lambda: changes.set_pauser(NOW, "nobody"), CheckFailed, f"pauser is {ZERO} already: nothing to change"),
    (
        lambda: changes.pause(replace(NOW, paused=True)),
        CheckFailed,
        "updates are paused already: nothing to change",
    ),
    (lambda: changes.transfer(NOW, A), CheckFailed, f"{A} is the owner already"),
    (
        lambda: changes.transfer(replace(NOW, pending_owner=B), B),
        CheckFailed,
        f"{B} is offered ownership already",
    ),
    (lambda: changes.accept(NOW), CheckFailed, "nobody was offered ownership"),
    (lambda: changes.add_feed(NOW, "ETH/USD", -1), UsageError, "-1 decimals are not possible"),
]


@pytest.mark.parametrize(("make", "kind", "message"), REFUSED, ids=[r[2][:40] for r in REFUSED])
def test_change__a_bad_value__one_sentence_with_it(
    make: Callable[[], Change], kind: type[SpotlineError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        make()

    assert str(caught.value) == message


def test_rotate__the_same_reporters_in_another_order__is_a_change() -> None:
    assert changes.rotate(NOW, [D, C, B, A], None).after.reporters == (D, C, B, A)


def test_check_name__too_long__refused_with_it() -> None:
    with pytest.raises(UsageError, match="'" + "X" * 33 + "' cannot be a feed"):
        changes.check_name("X" * 33)


def test_differences__two_fields__both_in_words() -> None:
    found = differences(NOW, replace(NOW, paused=True, pauser=B))

    assert [(d.what, d.before, d.after) for d in found] == [
        ("pauser", "nobody", B),
        ("updates", "allowed", "paused"),
    ]


def test_agrees__somebody_else_changed_another_field__still_as_planned() -> None:
    planned = replace(NOW, paused=True)

    assert agrees(replace(planned, quorum=4), NOW, planned)
    assert not agrees(NOW, NOW, planned)
    assert changed(NOW, planned) == ["paused"]


def test_described__every_field__has_a_name() -> None:
    assert len(described(NOW)) == len(State.__dataclass_fields__)
