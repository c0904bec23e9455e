import ape
import pytest
from batches import BTC

pytestmark = pytest.mark.chain


def test_feed__before_the_first_round__then_no_data_present(feed):
    with ape.reverts("No data present"):
        feed.latestRoundData()
    with ape.reverts("No data present"):
        feed.getRoundData(1)
    assert feed.latestAnswer() == 0


def test_feed__identity__then_like_chainlinks(feed, aggregator):
    assert (feed.decimals(), feed.description(), feed.version()) == (8, "BTC / USD", 1)
    assert feed.aggregator() == aggregator.address


def test_feed__two_rounds__then_every_face_shows_them(feed, submitter):
    first = submitter.all_agree(500, [BTC])
    second = submitter.all_agree(600, [BTC])

    round_id, answer, started_at, updated_at, answered_in = feed.latestRoundData()
    assert (round_id, answer, started_at, answered_in) == (2, 600, second, 2)
    assert updated_at >= started_at
    assert tuple(feed.getRoundData(1))[:3] == (1, 500, first)
    assert (feed.latestAnswer(), feed.latestRound(), feed.latestTimestamp()) == (600, 2, updated_at)
    assert (feed.getAnswer(1), feed.getAnswer(3)) == (500, 0)


def test_read__fresh_and_stale__then_answer_or_stale_with_the_age(aggregator, submitter, chain):
    with ape.reverts(aggregator.NoData, feedId=BTC):
        aggregator.read(BTC, 100)
    at = submitter.all_agree(500, [BTC])

    answer, observed_at, spread_bps, reporters = aggregator.read(BTC, 100)
    assert (answer, observed_at, spread_bps, reporters) == (500, at, 0, 3)

    chain.mine(deltatime=1_000)
    with ape.reverts(aggregator.Stale):
        aggregator.read(BTC, 100)


def test_twap__two_steps__then_time_weighted_by_rounds_and_by_window(aggregator, submitter, chain):
    first = submitter.all_agree(100, [BTC])
    chain.mine(deltatime=30)
    second = submitter.all_agree(400, [BTC])
    chain.mine(deltatime=8)
    third = submitter.all_agree(9, [BTC])

    mean = (100 * (second - first) + 400 * (third - second)) // (third - first)
    assert aggregator.twap(BTC, 1, 3) == mean
    assert aggregator.twap(BTC, third - first) == mean
    assert aggregator.twap(BTC, 1) == 400
