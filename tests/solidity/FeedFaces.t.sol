// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Feed} from "contracts/Feed.sol";
import {AggregatorV3Interface} from "contracts/interfaces/AggregatorV3Interface.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev What a consumer of Chainlink's aggregators takes for granted, and where those differ, which one ours follows.
/// FluxAggregator: no data reverts "No data present" in `latestRoundData` and `getRoundData`, the legacy functions give 0.
/// OffchainAggregator (OCR1): only ids over 2^32 - 1 revert, a smaller one without a round and `latestRoundData` give zeros.
/// OCR2Aggregator: zeros always; `startedAt` is when the price was observed.
/// Ours: refusals as FluxAggregator's, so that nobody takes a zero for a price, and times as OCR2Aggregator's.
/// tests/consumers runs the real FluxAggregator beside it.
contract FeedFacesTest is AggregatorBase {
    uint256 internal constant RING = 4096;

    Feed internal feed;

    function setUp() public override {
        super.setUp();
        feed = new Feed(aggregator, BTC);
    }

    // ---------------------------------------------------------------- identity

    function test_decimals__each_that_may_be_registered__then_the_feeds_and_for_ever() public {
        for (uint8 decimals = 0; decimals <= 18; decimals++) {
            bytes32 feedId = bytes32(abi.encodePacked("SOL/", bytes1(0x41 + decimals)));
            vm.prank(OWNER);
            aggregator.addFeed(feedId, decimals);
            Feed made = new Feed(aggregator, feedId);
            assertEq(made.decimals(), decimals);
            _update(feedId, START, 7);
            assertEq(made.decimals(), decimals);
            assertEq(made.description(), string(abi.encodePacked("SOL / ", bytes1(0x41 + decimals))));
            assertEq(made.version(), 1);
        }
    }

    /// @dev Consumers were compiled against these four bytes and these many words.
    function test_feed__called_as_old_bytecode_does__then_chainlinks_selectors_and_lengths() public {
        _update(BTC, START, 500);
        _answers(hex"313ce567", 32); // decimals()
        _answers(hex"7284e416", 96); // description()
        _answers(hex"54fd4d50", 32); // version()
        _answers(hex"feaf968c", 160); // latestRoundData()
        _answers(abi.encodePacked(hex"9a6fc8f5", uint256(1)), 160); // getRoundData(uint80)
        _answers(hex"50d25bcd", 32); // latestAnswer()
        _answers(hex"8205bf6a", 32); // latestTimestamp()
        _answers(hex"668a0f02", 32); // latestRound()
        _answers(abi.encodePacked(hex"b5ab58dc", uint256(1)), 32); // getAnswer(uint256)
        _answers(abi.encodePacked(hex"b633620c", uint256(1)), 32); // getTimestamp(uint256)
    }

    function _answers(bytes memory data, uint256 length) private view {
        (bool ok, bytes memory answer) = address(feed).staticcall(data);
        assertTrue(ok, "refused");
        assertEq(answer.length, length);
    }

    // ---------------------------------------------------------------- rounds

    /// forge-config: default.fuzz.runs = 500
    function testFuzz_rounds__any_prices_and_lags__then_dense_and_every_face_agrees(int64[] memory prices, uint256 lags)
        public
    {
        uint256 n = prices.length > 6 ? 6 : prices.length;
        uint64 observedAt = START;
        for (uint256 i = 0; i < n; i++) {
            int64 price = prices[i] > 0 ? prices[i] : int64(1);
            uint256 lag = uint8(lags >> (8 * i)) % (MAX_AGE + 1);
            vm.warp(observedAt + lag);
            _update(BTC, observedAt, price);
            _latestIs(i + 1, price, observedAt, observedAt + lag);
            _keeps(i + 1, price, observedAt, observedAt + lag);
            observedAt = uint64(block.timestamp) + 1;
        }
        if (n > 1) feed.getRoundData(uint80(feed.latestRound() - 1));
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData(uint80(n + 1));
    }

    /// @dev What a reader of history relies on: the round before the latest one is always `latest - 1`.
    function test_rounds__reporter_set_changes__then_ids_go_on() public {
        _update(BTC, START, 500);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 4);
        vm.warp(START + 1);
        int64[] memory prices = new int64[](4);
        (prices[0], prices[1], prices[2], prices[3]) = (600, 600, 600, 600);
        _update(BTC, START + 1, prices);
        _latestIs(2, 600, START + 1, START + 1);
        _keeps(1, 500, START, START);
    }

    function test_rounds__paused_or_another_feed_advances__then_as_before() public {
        vm.warp(START + 5);
        _update(BTC, START, 500);
        vm.warp(START + 9);
        _update(ETH, START + 9, 3);
        _latestIs(1, 500, START, START + 5);
        vm.prank(OWNER);
        aggregator.pause();
        vm.warp(START + 365 days);
        _latestIs(1, 500, START, START + 5);
    }

    /// @dev After the ring has wrapped once the oldest rounds are gone, as if they had never been.
    function test_rounds__one_more_than_the_ring_holds__then_the_first_is_no_data() public {
        aggregator = _deploy(1, 1);
        feed = new Feed(aggregator, BTC);
        int64[] memory price = new int64[](1);
        for (uint64 i = 1; i <= RING + 1; i++) {
            vm.warp(START + i);
            price[0] = int64(1000 + i);
            _update(BTC, START + i, price);
        }
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData(1);
        assertEq(feed.getAnswer(1), 0);
        assertEq(feed.getTimestamp(1), 0);
        _keeps(2, 1002, START + 2, START + 2);
        _keeps(RING, 1000 + int256(RING), START + RING, START + RING);
        _latestIs(RING + 1, 1001 + int256(RING), START + RING + 1, START + RING + 1);
    }

    // ---------------------------------------------------------------- no data

    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_feed__ids_over_32_bits__then_no_data_even_where_the_low_bits_are_a_round(uint256 id) public {
        _update(BTC, START, 500);
        id = bound(id, uint256(1) << 32, type(uint256).max);
        assertEq(feed.getAnswer(id), 0);
        assertEq(feed.getTimestamp(id), 0);
        id = bound(id, uint256(1) << 32, type(uint80).max) & ~uint256(type(uint32).max);
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData(uint80(id | 1));
        assertEq(feed.getAnswer(id | 1), 0);
    }

    function test_feed__nothing_yet_at_any_time__then_legacy_zero_and_no_data_present() public {
        vm.warp(START + 365 days);
        assertEq(feed.latestAnswer(), 0);
        assertEq(feed.latestTimestamp(), 0);
        assertEq(feed.latestRound(), 0);
        (bool ok, bytes memory reason) = address(feed).staticcall(abi.encodeCall(feed.latestRoundData, ()));
        assertTrue(!ok, "answered");
        assertEq(keccak256(reason), keccak256(abi.encodeWithSignature("Error(string)", "No data present")));
    }

    /// @dev A caller who gives little gas gets nothing, and not a zero or "No data present" that is not true.
    function test_feed__every_amount_of_gas__then_the_round_or_a_bare_failure() public {
        _update(BTC, START, 500);
        bool ok;
        bytes memory answer;
        for (uint256 given = 1; given <= 20_000; given++) {
            (ok, answer) = address(feed).staticcall{gas: given}(abi.encodeCall(feed.getAnswer, (1)));
            if (ok) assertEq(abi.decode(answer, (int256)), 500);
            else assertEq(answer.length, 0);
            (ok, answer) = address(feed).staticcall{gas: given}(abi.encodeCall(feed.getRoundData, (1)));
            assertEq(answer.length, ok ? 160 : 0);
        }
        assertTrue(ok, "not enough gas was tried");
    }

    // ---------------------------------------------------------------- what a round must look like

    function _latestIs(uint256 id, int256 answer, uint256 observedAt, uint256 updatedAt) private view {
        (uint80 roundId, int256 a, uint256 startedAt, uint256 updated, uint80 answeredIn) = feed.latestRoundData();
        _isRound(roundId, a, startedAt, updated, answeredIn, id, answer);
        assertEq(startedAt, observedAt);
        assertEq(updated, updatedAt);
        assertEq(feed.latestAnswer(), answer);
        assertEq(feed.latestTimestamp(), updatedAt);
        assertEq(feed.latestRound(), id);
    }

    function _keeps(uint256 id, int256 answer, uint256 observedAt, uint256 updatedAt) private view {
        (uint80 roundId, int256 a, uint256 startedAt, uint256 updated, uint80 answeredIn) =
            AggregatorV3Interface(feed).getRoundData(uint80(id));
        _isRound(roundId, a, startedAt, updated, answeredIn, id, answer);
        assertEq(startedAt, observedAt);
        assertEq(updated, updatedAt);
        assertEq(feed.getAnswer(id), answer);
        assertEq(feed.getTimestamp(id), updatedAt);
    }

    function _isRound(
        uint80 roundId,
        int256 a,
        uint256 startedAt,
        uint256 updatedAt,
        uint80 answeredIn,
        uint256 id,
        int256 answer
    ) private view {
        assertEq(roundId, id);
        assertEq(answeredIn, roundId);
        assertEq(a, answer);
        assertTrue(a > 0 && startedAt != 0, "looks like no data");
        assertTrue(startedAt <= updatedAt && updatedAt <= block.timestamp, "in the future");
    }
}
