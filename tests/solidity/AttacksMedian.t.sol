// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev A1, A2, A14: well signed batches with a wrong position, feed or price in them. ETH stands beside BTC and must advance.
contract AttacksMedianTest is AttackBase {
    IAggregator.SkipReason private constant NOT_MEDIAN = IAggregator.SkipReason.NotMedian;

    // ---------------------------------------------------------------- the named position

    function test_attack__position_of_the_highest_price__then_not_median() public {
        _named(_three(11, 10, 12), 2, NOT_MEDIAN);
    }

    /// @dev Of an even count the upper middle price is the answer, so the relayer has no choice between two.
    function test_attack__lower_middle_of_four__then_not_median() public {
        _named(_four(10, 20, 30, 40), 1, NOT_MEDIAN);
    }

    function test_attack__above_the_upper_middle_of_four__then_not_median() public {
        _named(_four(10, 20, 30, 40), 3, NOT_MEDIAN);
    }

    function test_attack__position_of_an_abstention__then_not_median() public {
        _named(_four(10, 0, 12, 13), 1, NOT_MEDIAN);
    }

    function test_attack__position_of_a_negative_price__then_not_median() public {
        _named(_four(10, type(int64).min, 12, 13), 1, NOT_MEDIAN);
    }

    function test_attack__every_position_past_the_reports__then_not_median() public {
        bytes memory data = _btc(10, 11, 12);
        for (uint256 position = 3; position < 256; position++) {
            data[0] = bytes1(uint8(position));
            _refused(_call(NOW, 7, _one(BTC), data), _nothing());
        }
    }

    /// @dev The position counts the reports of the batch, not the reporters of the set.
    function test_attack__reporter_index_in_place_of_the_position__then_not_median() public {
        bytes memory data = _observations(NOW, 0xd, _one(BTC), _rows(_three(10, 11, 12)));
        data[0] = bytes1(uint8(2));
        _refused(_call(NOW, 0xd, _one(BTC), data), _nothing());
    }

    function test_attack__wrong_position_on_every_feed__then_nothing_to_update() public {
        bytes memory data = _beside(_three(10, 11, 12));
        (data[0], data[1]) = (bytes1(uint8(2)), bytes1(uint8(2)));
        _refused(_call(NOW, 7, _two(BTC, ETH), data), _nothing());
    }

    // ---------------------------------------------------------------- one feed against the others

    function test_attack__feed_id_zero__then_skipped() public {
        _feed(bytes32(0), IAggregator.SkipReason.UnknownFeed);
    }

    /// @dev "BTC/USD" with something behind the zeros.
    function test_attack__feed_id_with_dirty_low_bytes__then_skipped() public {
        _feed(BTC | bytes32(uint256(1)), IAggregator.SkipReason.UnknownFeed);
    }

    function test_attack__everybody_abstains__then_no_quorum() public {
        _named(_three(0, 0, 0), 0, IAggregator.SkipReason.NoQuorum);
    }

    /// @dev One feed twenty times with twenty prices: the first counts, and no second round comes of it.
    function test_attack__one_feed_twenty_times_in_a_batch__then_one_round() public {
        bytes32[] memory ids = new bytes32[](20);
        int64[][] memory rows = new int64[][](3);
        for (uint256 j = 0; j < 3; j++) {
            rows[j] = new int64[](20);
            for (uint256 f = 0; f < 20; f++) {
                (ids[f], rows[j][f]) = (BTC, int64(uint64(100 + f)));
            }
        }
        aggregator.update(NOW, 7, ids, _observations(NOW, 7, ids, rows));
        assertEq(aggregator.latestRound(BTC).roundId, 2);
        assertEq(aggregator.latestRound(BTC).answer, 100);
    }

    /// @dev A15: a front-runner sends the honest batch first, with BTC's position spoiled. The honest one still brings BTC.
    function test_attack__front_runner_spoils_one_feed__then_the_honest_batch_still_lands_it() public {
        bytes memory honest = _beside(_three(10, 11, 12));
        bytes memory spoiled = bytes.concat(honest);
        spoiled[0] = bytes1(uint8(2));
        _skipped(BTC, NOT_MEDIAN, _call(NOW, 7, _two(BTC, ETH), spoiled));
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedSkipped(ETH, IAggregator.SkipReason.NotNewer);
        aggregator.update(NOW, 7, _two(BTC, ETH), honest);
        assertEq(aggregator.latestRound(BTC).answer, 11);
        assertEq(aggregator.latestRound(ETH).answer, 21);
    }

    /// @dev A14 down to the storage: a batch for one feed writes no word that a batch for the other does, nor the other way.
    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_attack__batch_for_one_feed__then_no_word_of_the_other_is_written(
        int64[3] memory a,
        int64[3] memory b
    ) public {
        bytes32 eth = keccak256(abi.encode(aggregator.latestRound(ETH), aggregator.getRound(ETH, 1)));
        bytes32[] memory first = _written(BTC, _positive(a));
        assertEq(keccak256(abi.encode(aggregator.latestRound(ETH), aggregator.getRound(ETH, 1))), eth);
        bytes32 btc = keccak256(abi.encode(aggregator.latestRound(BTC), aggregator.getRound(BTC, 1)));
        bytes32[] memory second = _written(ETH, _positive(b));
        assertEq(keccak256(abi.encode(aggregator.latestRound(BTC), aggregator.getRound(BTC, 1))), btc);
        assertTrue(first.length > 0 && second.length > 0, "nothing was written");
        for (uint256 i = 0; i < first.length; i++) {
            for (uint256 j = 0; j < second.length; j++) {
                assertTrue(first[i] != second[j], "one word of two feeds");
            }
        }
    }

    // ---------------------------------------------------------------- prices

    /// @dev One of three lies as low or high as a word can say: the answer is an honest price.
    function test_attack__one_liar_at_each_end__then_the_answer_is_honest() public {
        int64[4] memory lies = [int64(1), type(int64).max, 10, 12];
        for (uint64 i = 0; i < 4; i++) {
            vm.warp(NOW + i);
            _update(BTC, NOW + i, _three(10, 12, lies[i]));
            int256 answer = aggregator.latestRound(BTC).answer;
            assertTrue(answer >= 10 && answer <= 12, "a liar moved the answer out");
        }
    }

    /// @dev A lie of a negative number is no lie at all but an abstention, so it cannot pull the answer down.
    function test_attack__one_liar_of_four_with_a_negative_price__then_median_of_the_others() public {
        _update(BTC, NOW, _four(10, 11, 12, type(int64).min));
        assertEq(aggregator.latestRound(BTC).answer, 11);
        assertEq(aggregator.latestRound(BTC).reporters, 3);
    }

    function test_attack__all_prices_the_largest_there_is__then_stored_exactly() public {
        int64 most = type(int64).max;
        _update(BTC, NOW, _three(most, most, most));
        assertEq(aggregator.latestRound(BTC).answer, most);
        assertEq(aggregator.latestRound(BTC).spreadBps, 0);
    }

    /// @dev 2^63 - 2 over 1: 9.2e22 basis points, kept as 65,535.
    function test_attack__widest_range_there_is__then_spread_saturates() public {
        _update(BTC, NOW, _three(1, 1, type(int64).max));
        assertEq(aggregator.latestRound(BTC).answer, 1);
        assertEq(aggregator.latestRound(BTC).spreadBps, 65_535);
    }

    function test_attack__smallest_and_largest_int64_together__then_negative_is_not_counted() public {
        _update(BTC, NOW, _four(type(int64).min, 1, type(int64).max, 2));
        assertEq(aggregator.latestRound(BTC).answer, 2);
        assertEq(aggregator.latestRound(BTC).reporters, 3);
        assertEq(aggregator.latestRound(BTC).spreadBps, 65_535);
    }

    /// @dev No round ever blocks the next: from one end to the other and back.
    function test_attack__answer_thrown_to_both_ends__then_the_next_batch_lands() public {
        _update(BTC, NOW, type(int64).max);
        vm.warp(NOW + 1);
        _update(BTC, NOW + 1, 1);
        vm.warp(NOW + 2);
        _update(BTC, NOW + 2, 1000);
        assertEq(aggregator.latestRound(BTC).answer, 1000);
        assertEq(aggregator.twap(BTC, 1), 1);
        assertEq(aggregator.twap(BTC, 2), (int256(type(int64).max) + 1) / 2);
    }

    // ---------------------------------------------------------------- helpers

    function _written(bytes32 feedId, int64[] memory prices) private returns (bytes32[] memory slots) {
        (bytes32[] memory ids, bytes memory data) = _single(feedId, NOW, prices);
        vm.record();
        aggregator.update(NOW, 7, ids, data);
        (, slots) = vm.accesses(address(aggregator));
    }

    function _positive(int64[3] memory given) private pure returns (int64[] memory) {
        for (uint256 i = 0; i < 3; i++) {
            if (given[i] <= 0) given[i] = int64(int256(1) - (int256(given[i]) / 2));
        }
        return _three(given[0], given[1], given[2]);
    }

    /// @dev BTC with these prices and this position; ETH beside it has three or four good prices.
    function _named(int64[] memory prices, uint8 position, IAggregator.SkipReason reason) private {
        bytes memory data = _beside(prices);
        data[0] = bytes1(position);
        _skipped(BTC, reason, _call(NOW, _firstBits(prices.length), _two(BTC, ETH), data));
    }

    function _beside(int64[] memory prices) private view returns (bytes memory) {
        int64[] memory eth = prices.length == 3 ? _three(20, 21, 22) : _four(20, 21, 22, 23);
        return _observations(NOW, _firstBits(prices.length), _two(BTC, ETH), _columns(prices, eth));
    }

    /// @dev A feed that nobody registered, before ETH.
    function _feed(bytes32 feedId, IAggregator.SkipReason reason) private {
        int64[][] memory rows = _columns(_three(10, 11, 12), _three(20, 21, 22));
        bytes memory data = _observations(NOW, 7, _two(feedId, ETH), rows);
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedSkipped(feedId, reason);
        aggregator.update(NOW, 7, _two(feedId, ETH), data);
        assertEq(aggregator.latestRound(ETH).answer, 21);
        assertEq(aggregator.latestRound(BTC).answer, 1000);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, feedId));
        aggregator.latestRound(feedId);
    }
}
