// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {Aggregator} from "contracts/Aggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev Shortens the way to many rounds: one reporter, quorum one.
contract AggregatorReadsTest is AggregatorBase {
    bytes32 internal constant NOBODY = "XMR/USD";
    uint256 internal constant RING = 4096;
    uint256 internal constant MAX_WINDOW = 2 ** 24;

    function setUp() public override {
        vm.warp(START);
        aggregator = _deploy(1, 1);
    }

    // ---------------------------------------------------------------- read

    function testFuzz_read__any_age__then_fresh_exactly_up_to_max_age(uint256 age, uint256 maxAge) public {
        _round(0, 500);
        age = bound(age, 0, 10 ** 9);
        maxAge = bound(maxAge, 0, 10 ** 9);
        vm.warp(START + age);
        if (age > maxAge) {
            vm.expectRevert(abi.encodeWithSelector(IAggregator.Stale.selector, age, maxAge));
            aggregator.read(BTC, maxAge);
        } else {
            (int256 answer, uint64 observedAt, uint16 spreadBps, uint8 reporterCount) = aggregator.read(BTC, maxAge);
            assertEq(answer, 500);
            assertEq(observedAt, START);
            assertEq(spreadBps, 0);
            assertEq(reporterCount, 1);
        }
    }

    function test_read__age_equal_to_max_age__then_fresh() public {
        _round(0, 500);
        vm.warp(START + 30);
        aggregator.read(BTC, 30);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.Stale.selector, 30, 29));
        aggregator.read(BTC, 29);
    }

    function test_reads__no_round_yet__then_no_data_and_empty_round() public {
        IAggregator.Round memory empty;
        assertEq(keccak256(abi.encode(aggregator.latestRound(BTC))), keccak256(abi.encode(empty)));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NoData.selector, BTC));
        aggregator.read(BTC, 1000);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NoData.selector, BTC));
        aggregator.twap(BTC, 10);
        _notKept(0, 0, 0);
        _notKept(1, 0, 0);
    }

    function test_reads__unknown_feed__then_each_says_so() public {
        bytes memory unknown = abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, NOBODY);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NoData.selector, NOBODY));
        aggregator.read(NOBODY, 1000);
        vm.expectRevert(unknown);
        aggregator.latestRound(NOBODY);
        vm.expectRevert(unknown);
        aggregator.latestRounds(_two(BTC, NOBODY));
        vm.expectRevert(unknown);
        aggregator.getRound(NOBODY, 1);
        vm.expectRevert(unknown);
        aggregator.getRound(NOBODY, 0);
        vm.expectRevert(unknown);
        aggregator.twap(NOBODY, uint32(1), uint32(2));
        vm.expectRevert(unknown);
        aggregator.twap(NOBODY, 10);
        vm.expectRevert(unknown);
        aggregator.feedDecimals(NOBODY);
    }

    function test_latestRounds__two_feeds__then_in_order() public {
        _update(ETH, START, _prices(7));
        _round(0, 5);
        IAggregator.Round[] memory rounds = aggregator.latestRounds(_two(ETH, BTC));
        assertEq(rounds.length, 2);
        assertEq(rounds[0].answer, 7);
        assertEq(rounds[1].answer, 5);
    }

    /// @dev A round is known by its id, not by what its answer ends in.
    function test_latestRound__answer_of_a_multiple_of_2_to_the_32__then_the_round() public {
        _round(0, 7 << 32);
        assertEq(aggregator.latestRound(BTC).roundId, 1);
        assertEq(aggregator.latestRound(BTC).answer, 7 << 32);
        assertEq(aggregator.getRound(BTC, 1).answer, 7 << 32);
    }

    function test_latestRound__called_as_old_bytecode_does__then_six_words_and_no_more() public {
        _round(0, 5);
        (, bytes memory latest) = address(aggregator).staticcall(abi.encodeCall(IAggregator.latestRound, (BTC)));
        (, bytes memory first) = address(aggregator).staticcall(abi.encodeCall(IAggregator.getRound, (BTC, 1)));
        assertEq(latest.length, 192);
        assertEq(keccak256(latest), keccak256(abi.encode(1, START, START, int256(5), 1, 0)));
        assertEq(keccak256(first), keccak256(latest));
    }

    function test_reads__paused__then_go_on() public {
        _round(0, 5);
        vm.prank(OWNER);
        aggregator.pause();
        (int256 answer,,,) = aggregator.read(BTC, 1);
        assertEq(answer, 5);
        assertEq(aggregator.getRound(BTC, 1).answer, 5);
    }

    // ---------------------------------------------------------------- ring

    function test_getRound__ring_wrapped__then_exactly_the_last_4096_are_kept() public {
        uint256 rounds = RING + 3;
        for (uint256 i = 0; i < rounds; i++) {
            _round(i, int64(uint64(1000 + i)));
        }
        uint32 latest = uint32(rounds);
        assertEq(aggregator.latestRound(BTC).roundId, latest);
        for (uint32 id = 4; id <= latest; id += 511) {
            IAggregator.Round memory r = aggregator.getRound(BTC, id);
            assertEq(r.roundId, id);
            assertEq(r.answer, int256(1000 + uint256(id) - 1));
            assertEq(r.observedAt, START + id - 1);
        }
        _notKept(3, 4, latest);
        _notKept(latest + 1, 4, latest);
        _notKept(latest + uint32(RING), 4, latest);
        _notKept(0, 4, latest);
        _checkWrappedTwap(latest);
    }

    function _checkWrappedTwap(uint32 latest) private {
        assertEq(aggregator.twap(BTC, uint32(4), latest), _reference(4, latest));
        assertEq(aggregator.twap(BTC, RING - 1), _reference(4, latest));
        assertEq(aggregator.twap(BTC, 1), int256(1000 + uint256(latest) - 2));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 3, 4, latest));
        aggregator.twap(BTC, RING);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 3, 4, latest));
        aggregator.twap(BTC, uint32(3), latest);
    }

    /// @dev Mean of the left-continuous steps when round r has answer 999 + r and lasts one second.
    function _reference(uint256 from, uint256 to) private pure returns (int256) {
        uint256 sum = 0;
        for (uint256 id = from; id < to; id++) {
            sum += 999 + id;
        }
        return int256(sum / (to - from));
    }

    // ---------------------------------------------------------------- twap

    /// @dev Against a sum over seconds, for any steps and windows.
    /// forge-config: default.fuzz.runs = 500
    function testFuzz_twap__any_steps__then_equal_to_the_sum_over_seconds(
        uint8[12] memory gaps,
        uint32[12] memory answers,
        uint256 window
    ) public {
        uint256 n = gaps.length;
        uint256[] memory times = new uint256[](n);
        uint256 time = START;
        for (uint256 i = 0; i < n; i++) {
            time += uint256(gaps[i]) + 1;
            times[i] = time;
            answers[i] = answers[i] == 0 ? 1 : answers[i];
            vm.warp(time);
            _update(BTC, uint64(time), _prices(int64(uint64(answers[i]))));
        }
        window = bound(window, 1, times[n - 1] - times[0]);
        assertEq(aggregator.twap(BTC, window), _meanBySeconds(times, answers, times[n - 1] - window));
        uint32 from = uint32(window % (n - 1)) + 1;
        assertEq(aggregator.twap(BTC, from, uint32(n)), _meanBySeconds(times, answers, times[from - 1]));
    }

    function _meanBySeconds(uint256[] memory times, uint32[12] memory answers, uint256 start)
        private
        pure
        returns (int256)
    {
        uint256 last = times[times.length - 1];
        uint256 sum = 0;
        uint256 i = 0;
        for (uint256 second = start; second < last; second++) {
            while (times[i + 1] <= second) i++;
            sum += answers[i];
        }
        return int256(sum / (last - start));
    }

    function test_twap__largest_answer_over_longest_window__then_exact() public {
        for (uint256 i = 0; i < 4; i++) {
            _round(i * MAX_WINDOW, type(int64).max);
        }
        assertEq(aggregator.twap(BTC, uint32(3), uint32(4)), type(int64).max);
        assertEq(aggregator.twap(BTC, MAX_WINDOW), type(int64).max);
    }

    function test_twap__window_out_of_range__then_reverts() public {
        _round(0, 5);
        _round(MAX_WINDOW + 1, 6);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.WindowTooLong.selector, MAX_WINDOW + 1, MAX_WINDOW));
        aggregator.twap(BTC, uint32(1), uint32(2));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.WindowTooLong.selector, MAX_WINDOW + 1, MAX_WINDOW));
        aggregator.twap(BTC, MAX_WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.EmptyWindow.selector));
        aggregator.twap(BTC, 0);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.EmptyWindow.selector));
        aggregator.twap(BTC, uint32(2), uint32(2));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.EmptyWindow.selector));
        aggregator.twap(BTC, uint32(2), uint32(1));
        assertEq(aggregator.twap(BTC, MAX_WINDOW), 5);
    }

    function test_twap__history_too_short__then_reverts() public {
        _round(0, 5);
        _round(10, 6);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 0, 1, 2));
        aggregator.twap(BTC, 11);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 3, 1, 2));
        aggregator.twap(BTC, uint32(1), uint32(3));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 0, 1, 2));
        aggregator.twap(BTC, uint32(0), uint32(2));
    }

    function test_twap__chain_younger_than_the_window__then_reverts() public {
        vm.warp(100);
        _update(BTC, 100, _prices(5));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 0, 1, 1));
        aggregator.twap(BTC, 101);
    }

    /// @dev Nothing is older than the first second, not even for a window that reaches back to it.
    function test_twap__round_of_the_first_second__then_a_window_before_it_reverts() public {
        vm.warp(1);
        _update(BTC, 1, _prices(5));
        vm.warp(3);
        _update(BTC, 3, _prices(6));
        assertEq(aggregator.twap(BTC, 2), 5);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 0, 1, 2));
        aggregator.twap(BTC, 3);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, 0, 1, 2));
        aggregator.twap(BTC, 4);
    }

    function _notKept(uint32 id, uint32 oldest, uint32 latest) private {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.RoundNotKept.selector, id, oldest, latest));
        aggregator.getRound(BTC, id);
    }

    function _round(uint256 secondsAfterStart, int64 price) private {
        vm.warp(START + secondsAfterStart);
        _update(BTC, uint64(START + secondsAfterStart), _prices(price));
    }

    function _prices(int64 price) private pure returns (int64[] memory prices) {
        prices = new int64[](1);
        prices[0] = price;
    }
}
