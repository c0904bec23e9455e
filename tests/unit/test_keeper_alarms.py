"""The keeper says when a perpetual leaves its index, and when it is back."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from reporter.chain.funding import FundingState
from reporter.keeper import PremiumAlarms
from reporter.telemetry import configure_logs

pytestmark = pytest.mark.unit
BP = 10**14
CALM = FundingState("BTC/USD", 0, 0, 0, 0, 0, 0, 10_000, 0, 0, False)


def note(alarms: PremiumAlarms, minutes: Iterable[int], premium_bp: int) -> None:
    for minute in minutes:
        premium = (premium_bp + minute % 3 - 1) * BP
        alarms.note(replace(CALM, premium=premium, last_accrual_at=60 * minute))


def test_note__one_percent_for_a_quarter_of_an_hour__decoupled_since_the_first_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    alarms = PremiumAlarms(["BTC/USD"])
    note(alarms, range(100), 0)
    note(alarms, range(100, 115), 100)
    before = dict(alarms.decoupled)
    note(alarms, range(115, 130), 100)

    assert before == {}
    assert alarms.decoupled == {"BTC/USD": 6_000}
    assert capsys.readouterr().err.count("perpetual decoupled") == 1


def test_note__back_at_the_index__no_longer(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    alarms = PremiumAlarms(["BTC/USD"])
    note(alarms, range(100), 0)
    note(alarms, range(100, 130), 100)
    note(alarms, range(130, 132), 0)

    assert alarms.decoupled == {}
    assert capsys.readouterr().err.count("perpetual back in its band") == 1


def test_note__the_same_sample_looked_at_again__counts_once() -> None:
    alarms = PremiumAlarms(["BTC/USD"])
    note(alarms, [1] * 59 + [2], 0)
    note(alarms, range(3, 30), 100)

    assert alarms.decoupled == {}  # too few samples to know what is usual
