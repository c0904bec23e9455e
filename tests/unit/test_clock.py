"""Our clock against the venues': what a Date can say and what it cannot."""

import pytest

from reporter.clock import DATE_CHARS, KEPT_MS, Compared, Verdict, compared, judge
from reporter.node import tell_clock

pytestmark = pytest.mark.unit

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
THEN_MS = 784_111_777_000
MONO_MS = 5_000_000


def said(date: str = DATE, age: str = "", asked_ms: int = MONO_MS, took_ms: int = 100) -> Compared:
    found = compared(date, age, asked_ms, asked_ms + took_ms)
    assert found is not None
    return found


def off(ours_ms: int, took_ms: int = 100) -> int:
    """How far off we are if our clock said this when we asked."""
    return said(took_ms=took_ms).off_ms(ours_ms - MONO_MS)


@pytest.mark.parametrize("ours_ms", [THEN_MS - 100, THEN_MS, THEN_MS + 500, THEN_MS + 1_000])
def test_off__within_what_a_date_can_tell__nothing(ours_ms: int) -> None:
    assert off(ours_ms) == 0


@pytest.mark.parametrize(
    ("ours_ms", "ms"),
    [
        (THEN_MS - 101, -1),
        (THEN_MS - 5_100, -5_000),
        (THEN_MS + 1_001, 1),
        (THEN_MS + 6_000, 5_000),
    ],
)
def test_off__beyond_it__at_least_so_much(ours_ms: int, ms: int) -> None:
    assert off(ours_ms) == ms


def test_off__answer_that_took_long__nothing_is_held_against_us() -> None:
    assert off(THEN_MS - 3_900, took_ms=4_000) == 0


@pytest.mark.parametrize(
    ("date", "age"),
    [
        ("", ""),
        (DATE, "1"),
        (DATE, "x"),
        ("Sun, 06 Nov 1994 08:49:37", ""),
        ("Xxx, 99 Nov 1994 08:49:37 GMT", ""),
        ("x" * DATE_CHARS, ""),
        (DATE * 99, ""),
    ],
)
def test_compared__no_date_or_a_cached_answer__says_nothing(date: str, age: str) -> None:
    assert compared(date, age, MONO_MS, MONO_MS) is None


def verdict(*offs_ms: int, wall_ms: int = THEN_MS) -> Verdict:
    """Venues whose clocks lie so far behind ours."""
    found = [Compared(THEN_MS - off_ms - MONO_MS, THEN_MS - off_ms - MONO_MS, MONO_MS) for off_ms in offs_ms]
    return judge(found, wall_ms, MONO_MS)


@pytest.mark.parametrize(
    ("offs_ms", "off_ms", "wrong"),
    [
        ((0, 0, 0), 0, False),
        ((2_000, 2_000, 2_000), 2_000, False),
        ((2_001, 2_001, 2_001), 2_001, True),
        ((-2_001, -9_000, 0), -2_001, True),
        ((90_000, 0, 0), 0, False),
        ((90_000, 90_000, 0, 0), 0, False),
        ((90_000, 90_000, 90_000, 0), 90_000, True),
    ],
)
def test_judge__three_and_more__the_median_counts(offs_ms: tuple[int, ...], off_ms: int, wrong: bool) -> None:
    found = verdict(*offs_ms)

    assert (found.off_ms, found.wrong, found.venues) == (off_ms, wrong, len(offs_ms))


def test_judge__fewer_than_three__no_judgement_and_says_so() -> None:
    found = verdict(90_000, 90_000)

    assert (found.off_ms, found.wrong, found.why) == (None, False, "")
    assert found.says == "not compared: 2 venues have said what time it is, 3 are needed"


def test_judge__our_clock_is_set_between_two_answers__seen_at_once_and_forgiven_at_once() -> None:
    stepped, back = verdict(0, 0, 0, wall_ms=THEN_MS + 300_000), verdict(0, 0, 0)

    assert stepped.why == "our clock is 300000 ms or more ahead of the median of 3 venues"
    assert not back.wrong


def test_judge__old_answers__are_left_out() -> None:
    found = [said()] * 3

    assert judge(found, 0, MONO_MS + KEPT_MS).venues == 3
    assert judge(found, 0, MONO_MS + KEPT_MS + 1).venues == 0
    assert judge([None] * 3, 0, MONO_MS).venues == 0


def test_tell_clock__goes_wrong_and_right__told_once_each(capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = Verdict(9_000, 3), Verdict(0, 3)

    states = [tell_clock(bad, False), tell_clock(bad, True), tell_clock(good, True), tell_clock(good, False)]

    told = capsys.readouterr()
    assert states == [True, True, False, False]
    assert (told.out + told.err).count("clock is wrong") == 1
    assert (told.out + told.err).count("clock is right") == 1
