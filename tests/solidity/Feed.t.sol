// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Feed} from "contracts/Feed.sol";
import {FeedMark} from "contracts/FeedMark.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev Answers one question with what it was told to, and any other with another error.
contract Answering {
    bytes32 private immutable question;
    bool private immutable refuses;
    bytes private answer;

    constructor(bytes memory question_, bool refuses_, bytes memory answer_) {
        (question, refuses, answer) = (keccak256(question_), refuses_, answer_);
    }

    function feedDecimals(bytes32) external pure returns (uint8) {
        return 8;
    }

    fallback(bytes calldata asked) external returns (bytes memory) {
        if (keccak256(asked) != question) revert IAggregator.NothingToUpdate();
        if (!refuses) return answer;
        bytes memory reason = answer;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}

contract FeedTest is AggregatorBase {
    Feed internal feed;

    function setUp() public override {
        super.setUp();
        feed = new Feed(aggregator, BTC);
    }

    function test_feed__identity__then_as_registered() public {
        assertEq(feed.decimals(), 8);
        assertEq(new Feed(aggregator, ETH).decimals(), 18);
        assertEq(feed.version(), 1);
        assertEq(feed.description(), "BTC / USD");
        assertEq(feed.feedId(), BTC);
        assertEq(address(feed.aggregator()), address(aggregator));
    }

    function test_feed__unregistered_feed__then_cannot_be_made() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, bytes32("XMR/USD")));
        new Feed(aggregator, "XMR/USD");
    }

    function test_description__other_names__then_only_slashes_widen() public {
        assertEq(_description("ETH/USD-PERP"), "ETH / USD-PERP");
        assertEq(_description("VIX"), "VIX");
        assertEq(_description("ABCDEFGHIJKLMNOPQRSTUVWXYZ/12345"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ / 12345");
    }

    function test_feed__before_the_first_round__then_no_data_present() public {
        vm.expectRevert(bytes("No data present"));
        feed.latestRoundData();
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData(0);
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData(1);
        assertEq(feed.latestAnswer(), 0);
        assertEq(feed.latestTimestamp(), 0);
        assertEq(feed.latestRound(), 0);
        assertEq(feed.getAnswer(1), 0);
        assertEq(feed.getTimestamp(1), 0);
    }

    function test_feed__two_rounds__then_all_faces_agree() public {
        vm.warp(START + 3);
        _update(BTC, START, 500);
        vm.warp(START + 20);
        _update(BTC, START + 10, 600);

        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        assertEq(id, 2);
        assertEq(answer, 600);
        assertEq(startedAt, START + 10);
        assertEq(updatedAt, START + 20);
        assertEq(answeredIn, 2);

        (id, answer, startedAt, updatedAt, answeredIn) = feed.getRoundData(id - 1);
        assertEq(id, 1);
        assertEq(answer, 500);
        assertEq(startedAt, START);
        assertEq(updatedAt, START + 3);
        assertEq(answeredIn, 1);

        assertEq(feed.latestAnswer(), 600);
        assertEq(feed.latestTimestamp(), START + 20);
        assertEq(feed.latestRound(), 2);
        assertEq(feed.getAnswer(1), 500);
        assertEq(feed.getTimestamp(1), START + 3);
    }

    function testFuzz_getRoundData__round_not_kept__then_no_data_present(uint80 id) public {
        _update(BTC, START, 500);
        vm.assume(id != 1);
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData(id);
        assertEq(feed.getAnswer(id), 0);
        assertEq(feed.getTimestamp(id), 0);
    }

    /// @dev A round id of another phase must not be cut to one that exists.
    function test_getRoundData__id_with_high_bits__then_no_data_present() public {
        _update(BTC, START, 500);
        vm.expectRevert(bytes("No data present"));
        feed.getRoundData((uint80(1) << 64) | 1);
        assertEq(feed.getAnswer((uint256(1) << 32) | 1), 0);
    }

    function test_feedMark__a_round__then_price_time_and_spread() public {
        vm.prank(OWNER);
        aggregator.addFeed("BTC/USD-PERP", 8);
        FeedMark mark = new FeedMark(aggregator, "BTC/USD-PERP", BTC);
        (int256 price, uint64 observedAt, uint16 spreadBps) = mark.markPrice();
        assertEq(price, 0);
        _update("BTC/USD-PERP", START, _three(9_900, 10_000, 10_100));
        (price, observedAt, spreadBps) = mark.markPrice();
        assertEq(price, 10_000);
        assertEq(observedAt, START);
        assertEq(spreadBps, 200);
    }

    function test_feedMark__other_decimals_than_the_index__then_cannot_be_made() public {
        vm.expectRevert(abi.encodeWithSelector(FeedMark.DecimalsDiffer.selector, 18, 8));
        new FeedMark(aggregator, ETH, BTC);
    }

    function _description(bytes32 feedId) private returns (string memory) {
        vm.prank(OWNER);
        aggregator.addFeed(feedId, 8);
        return new Feed(aggregator, feedId).description();
    }

    // ---------------------------------------------------------------- what the aggregator says

    function test_latestRoundData__aggregator_refuses__then_with_the_same_words() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, BTC);
        (bool ok, bytes memory said) = _latest(true, reason);
        assertTrue(!ok, "took a refusal for an answer");
        assertEq(keccak256(said), keccak256(reason));
    }

    function test_latestRoundData__answer_one_byte_short__then_refused() public {
        (bool ok,) = _latest(false, new bytes(191));
        assertTrue(!ok, "took less than a round");
    }

    function test_latestRoundData__whole_answer__then_the_face_of_it() public {
        (bool ok, bytes memory said) = _latest(false, abi.encode(5, 100, 107, int256(60_000), 3, 12));
        assertTrue(ok, "refused a round");
        assertEq(keccak256(said), keccak256(abi.encode(5, int256(60_000), 100, 107, 5)));
    }

    function test_getAnswer__largest_id_of_32_bits__then_asked_for() public {
        bytes memory question = abi.encodeCall(IAggregator.getRound, (BTC, type(uint32).max));
        bytes memory round = abi.encode(type(uint32).max, 100, 107, int256(60_000), 3, 12);
        Feed asking = new Feed(IAggregator(address(new Answering(question, false, round))), BTC);
        assertEq(asking.getAnswer(type(uint32).max), 60_000);
        assertEq(asking.getAnswer(uint256(type(uint32).max) + 1), 0);
    }

    function _latest(bool refuses, bytes memory answer) private returns (bool, bytes memory) {
        bytes memory question = abi.encodeCall(IAggregator.latestRound, (BTC));
        Feed asking = new Feed(IAggregator(address(new Answering(question, refuses, answer))), BTC);
        return address(asking).staticcall(abi.encodeCall(Feed.latestRoundData, ()));
    }
}
