"""When a feed is due, whose turn it is, and the number in a report."""

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from reporter.errors import ConfigError, NoIndex
from reporter.models import SCALE, Round
from reporter.trigger import Due, TriggerRules, due, to_feed_decimals, turn, wait_s

pytestmark = pytest.mark.unit

NOW = 1_700_000_000
RULES = TriggerRules(deviation_ppm=5_000, heartbeat_s=3_600, margin_s=60)
ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def round_(answer: int = 1_000_000, age_s: int = 0, round_id: int = 1) -> Round:
    return Round("BTC/USD", round_id, NOW - age_s, NOW - age_s, answer, 4, 0)


@pytest.mark.parametrize(
    ("price", "age_s", "expected"),
    [
        (1_000_000, 0, Due.NO),
        (1_002_499, 0, Due.NO),
        (1_002_500, 0, Due.JOIN),
        (997_500, 0, Due.JOIN),
        (1_004_999, 0, Due.JOIN),
        (1_005_000, 0, Due.YES),
        (995_000, 0, Due.YES),
        (1_000_000, 1_769, Due.NO),
        (1_000_000, 1_770, Due.JOIN),
        (1_000_000, 3_539, Due.JOIN),
        (1_000_000, 3_540, Due.YES),
        (1_000_000, -5, Due.NO),
        (None, 9_999, Due.NO),
    ],
)
def test_due__deviation_and_age__crosses_exactly_at_the_thresholds(
    price: int | None, age_s: int, expected: Due
) -> None:
    assert due(RULES, price, round_(age_s=age_s), NOW) is expected


def test_due__no_round_yet__is_due_if_there_is_a_price() -> None:
    empty = Round("BTC/USD", 0, 0, 0, 0, 0, 0)

    assert due(RULES, 1, empty, NOW) is Due.YES
    assert due(RULES, None, empty, NOW) is Due.NO


def test_due__age__counts_from_the_observation_not_the_transaction() -> None:
    late = Round("BTC/USD", 1, NOW - 3_600, NOW, 1_000_000, 4, 0)

    assert due(RULES, 1_000_000, late, NOW) is Due.YES


@pytest.mark.parametrize(
    ("deviation_ppm", "heartbeat_s", "margin_s", "key"),
    [
        (0, 60, 5, "deviation_ppm"),
        (-1, 60, 5, "deviation_ppm"),
        (1, 0, 0, "heartbeat_s"),
        (1, 60, 60, "margin_s"),
        (1, 60, -1, "margin_s"),
    ],
)
def test_trigger_rules__always_due__are_refused_with_the_value(
    deviation_ppm: int, heartbeat_s: int, margin_s: int, key: str
) -> None:
    with pytest.raises(ConfigError, match=key) as caught:
        TriggerRules(deviation_ppm, heartbeat_s, margin_s)
    assert caught.value.key == key


def test_turn__by_hand__hashes_the_address_and_a_big_endian_slot() -> None:
    digest = keccak(bytes.fromhex(ADDRESS[2:]) + b"\0\0\0\0\0\0\x01\x02")

    assert turn(ADDRESS, 258, 7, 3) == (3 - int(digest.hex(), 16)) % 7


@given(st.integers(0, 2**64 - 1), st.integers(1, 31))
def test_turn__every_slot__gives_each_reporter_one_rank(slot: int, count: int) -> None:
    assert sorted(turn(ADDRESS, slot, count, me) for me in range(count)) == list(range(count))


def test_turn__many_slots__is_even_and_not_a_rotation() -> None:
    firsts = [next(me for me in range(4) if turn(ADDRESS, slot, 4, me) == 0) for slot in range(400)]

    assert all(70 <= firsts.count(me) <= 130 for me in range(4))
    assert any(firsts[i] == firsts[i + 1] for i in range(399))


def test_turn__spelling_of_the_address__does_not_matter() -> None:
    assert turn(ADDRESS, 9, 31, 0) == turn(ADDRESS.lower(), 9, 31, 0) == turn(ADDRESS[2:], 9, 31, 0)


@pytest.mark.parametrize(
    ("aggregator", "slot", "count", "me", "message"),
    [
        ("0x12", 0, 1, 0, "20 bytes, not '0x12'"),
        (ADDRESS, -1, 1, 0, "not -1"),
        (ADDRESS, 2**64, 1, 0, f"not {2**64}"),
        (ADDRESS, 0, 0, 0, "reporter 0 is not one of 0"),
        (ADDRESS, 0, 3, 3, "reporter 3 is not one of 3"),
        (ADDRESS, 0, 3, -1, "reporter -1 is not one of 3"),
    ],
)
def test_turn__argument_out_of_range__raises(
    aggregator: str, slot: int, count: int, me: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace("^", r"\^")):
        turn(aggregator, slot, count, me)


def test_wait__rank__is_that_many_staggers() -> None:
    assert [wait_s(rank, 2) for rank in range(3)] == [0, 2, 4]


@pytest.mark.parametrize(
    ("price", "decimals", "expected"),
    [
        (20_000 * SCALE, 8, 20_000 * 10**8),
        (SCALE - 1, 8, 99_999_999),
        (SCALE, 0, 1),
        (7, 18, 7),
        ((2**63 - 1) * 10**10 + 10**10 - 1, 8, 2**63 - 1),
    ],
)
def test_to_feed_decimals__price__is_floored(price: int, decimals: int, expected: int) -> None:
    assert to_feed_decimals(price, decimals) == expected


@pytest.mark.parametrize(
    ("price", "decimals", "hint"),
    [(10**10 - 1, 8, "more"), (0, 18, "more"), (-SCALE, 8, "more"), (2**63, 18, "fewer")],
)
def test_to_feed_decimals__does_not_fit__raises_with_the_value(price: int, decimals: int, hint: str) -> None:
    with pytest.raises(NoIndex, match=f"price {price} ") as caught:
        to_feed_decimals(price, decimals)
    assert hint in caught.value.hint


@pytest.mark.parametrize("decimals", [-1, 19])
def test_to_feed_decimals__decimals_out_of_range__raises(decimals: int) -> None:
    with pytest.raises(ValueError, match=f"not {decimals}"):
        to_feed_decimals(SCALE, decimals)
