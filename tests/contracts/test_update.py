import ape
import pytest
from batches import BTC, ETH, PERP

pytestmark = pytest.mark.chain

SKIPPED = {"UnknownFeed": 0, "NotNewer": 1, "NoQuorum": 2, "NotMedian": 3}


@pytest.mark.parametrize("narrow", [False, True])
def test_update__three_feeds_in_one_batch__then_each_has_its_median(aggregator, submitter, narrow):
    at = submitter.now()

    rows = {
        0: [60_000, 31, 61_000],
        1: [60_200, 30, 61_200],
        2: [60_100, 29, 61_100],
        3: [60_300, 28, 61_300],
    }
    receipt = submitter.update(at, [BTC, ETH, PERP], rows, narrow)

    answers = [aggregator.latestRound(feed).answer for feed in (BTC, ETH, PERP)]
    assert answers == [60_200, 30, 61_200]
    accepted = receipt.events.filter(aggregator.RoundAccepted)
    assert [(e.feedId, e.roundId, e.observedAt, e.reporterBitmap) for e in accepted] == [
        (BTC, 1, at, 0b1111),
        (ETH, 1, at, 0b1111),
        (PERP, 1, at, 0b1111),
    ]


def test_update__round__then_times_count_and_spread_are_kept(aggregator, submitter, chain):
    at = submitter.now()

    receipt = submitter.update(at, [BTC], {1: [10_000], 2: [10_050], 3: [10_100]})

    latest = aggregator.latestRound(BTC)
    assert (latest.roundId, latest.observedAt, latest.updatedAt) == (1, at, receipt.timestamp)
    assert (latest.reporters, latest.spreadBps) == (3, 100)
    assert aggregator.latestRounds([BTC, ETH])[0] == latest
    assert aggregator.getRound(BTC, 1) == latest


def test_update__two_reporters_abstain_on_one_feed__then_only_that_feed_is_skipped(aggregator, submitter):
    receipt = submitter.update(submitter.now(), [BTC, ETH], {0: [0, 5], 1: [0, 6], 2: [7, 7]})

    skipped = receipt.events.filter(aggregator.FeedSkipped)
    assert [(e.feedId, e.reason) for e in skipped] == [(BTC, SKIPPED["NoQuorum"])]
    assert aggregator.latestRound(BTC).roundId == 0
    assert aggregator.latestRound(ETH).answer == 6


def test_update__one_of_four_abstains__then_median_of_the_others(aggregator, submitter):
    submitter.update(submitter.now(), [BTC], {0: [3], 1: [0], 2: [1], 3: [2]})

    assert aggregator.latestRound(BTC).answer == 2
    assert aggregator.latestRound(BTC).reporters == 3


def test_update__feed_not_registered_or_not_newer__then_skipped_with_the_reason(aggregator, submitter):
    at = submitter.now()
    submitter.update(at, [BTC], {0: [5], 1: [5], 2: [5]})

    receipt = submitter.update(at, [BTC, b"XMR/USD".ljust(32, b"\0"), ETH], {i: [9, 9, 9] for i in range(3)})

    reasons = [e.reason for e in receipt.events.filter(aggregator.FeedSkipped)]
    assert reasons == [SKIPPED["NotNewer"], SKIPPED["UnknownFeed"]]
    assert aggregator.latestRound(BTC).answer == 5


def test_update__same_batch_twice__then_nothing_to_update(aggregator, submitter):
    at = submitter.now()
    rows = {0: [5], 1: [5], 2: [5]}
    submitter.update(at, [BTC], rows)

    with ape.reverts(aggregator.NothingToUpdate):
        submitter.update(at, [BTC], rows)


def test_update__price_changed_after_signing__then_names_the_reporter(aggregator, submitter, anyone):
    at = submitter.now()
    data = bytearray(submitter.pack(at, [BTC], {0: [5], 1: [6], 3: [7]}))
    data[-1] ^= 1

    with ape.reverts(aggregator.InvalidSignature, reporterIndex=3):
        aggregator.update(at, 0b1011, [BTC], bytes(data), sender=anyone)


def test_update__two_reports_of_quorum_three__then_below_quorum(aggregator, submitter):
    with ape.reverts(aggregator.BelowQuorum, given=2, quorum=3):
        submitter.update(submitter.now(), [BTC], {0: [5], 1: [5]})


def test_update__observed_too_long_ago__then_expired(aggregator, submitter, chain):
    at = submitter.now()
    chain.mine(deltatime=100)

    with ape.reverts(aggregator.ExpiredObservation):
        submitter.update(at, [BTC], {0: [5], 1: [5], 2: [5]})


def test_update__old_signatures_after_a_new_set__then_refused(aggregator, submitter, owner, anyone):
    at = submitter.now()
    data = submitter.pack(at, [BTC], {0: [5], 1: [5], 2: [5]})
    aggregator.setConfig(aggregator.reporters(), 3, sender=owner)

    with ape.reverts(aggregator.InvalidSignature, reporterIndex=0):
        aggregator.update(at, 0b111, [BTC], data, sender=anyone)


def test_update__paused__then_refused_and_reads_go_on(aggregator, submitter, owner):
    submitter.all_agree(5, [BTC])
    aggregator.pause(sender=owner)

    with ape.reverts(aggregator.UpdatesPaused):
        submitter.all_agree(6, [BTC])
    assert aggregator.latestRound(BTC).answer == 5


def test_reportEquivocation__two_prices_signed_by_one__then_event(aggregator, submitter, anyone):  # noqa: N802
    at = submitter.now()
    reports = []
    for price in (100, 101):
        signature = submitter.sign(2, at, [BTC], [price])
        reports.append((at, [BTC], [price], signature[:32], signature[32:]))

    receipt = aggregator.reportEquivocation(2, BTC, *reports, sender=anyone)

    event = receipt.events.filter(aggregator.Equivocated)[0]
    assert (event.reporter, event.firstPrice, event.secondPrice) == (submitter.reporters[2].address, 100, 101)
