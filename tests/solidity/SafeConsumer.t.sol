// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeConsumer} from "contracts/examples/SafeConsumer.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev What the real aggregator never answers: a price that is not positive.
contract LyingAggregator {
    int256 internal immutable _answer;

    constructor(int256 answer) {
        _answer = answer;
    }

    function read(bytes32, uint256) external view returns (int256, uint64, uint16, uint8) {
        return (_answer, uint64(block.timestamp), 0, 3);
    }

    function feedDecimals(bytes32) external pure returns (uint8) {
        return 8;
    }
}

contract SafeConsumerTest is AggregatorBase {
    uint256 internal constant AGE = 3_660;
    uint256 internal constant SPREAD_BPS = 200;

    SafeConsumer internal consumer;

    function setUp() public override {
        super.setUp();
        consumer = _consumer(BTC);
    }

    function test_consumer__constructed__then_limits_are_fixed() public view {
        assertEq(address(consumer.aggregator()), address(aggregator));
        assertEq(consumer.feedId(), BTC);
        assertEq(consumer.maxAge(), AGE);
        assertEq(consumer.maxSpreadBps(), SPREAD_BPS);
        assertEq(consumer.DECIMALS(), 18);
    }

    function test_consumer__unknown_feed__then_cannot_be_made() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, bytes32("XMR/USD")));
        _consumer("XMR/USD");
    }

    function test_price__before_the_first_round__then_no_data() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NoData.selector, BTC));
        consumer.price();
    }

    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_price__any_feed_decimals__then_eighteen(uint8 decimals, int64 price) public {
        decimals = uint8(bound(decimals, 0, 18));
        price = int64(uint64(bound(uint64(price), 1, uint64(type(int64).max))));
        vm.prank(OWNER);
        aggregator.addFeed("SOL/USD", decimals);
        SafeConsumer made = _consumer("SOL/USD");
        _update("SOL/USD", START, price);
        assertEq(made.price(), uint256(uint64(price)) * 10 ** (18 - decimals));
    }

    function test_price__at_and_past_its_age__then_fresh_and_stale() public {
        _update(BTC, START, 6_500_000_000_000);
        vm.warp(START + AGE);
        assertEq(consumer.price(), 65_000e18);
        vm.warp(START + AGE + 1);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.Stale.selector, AGE + 1, AGE));
        consumer.price();
    }

    function test_price__at_and_past_the_spread__then_given_and_refused() public {
        _update(BTC, START, _three(9_900, 10_000, 10_100));
        assertEq(consumer.price(), 10_000 * 1e10);
        vm.warp(START + 1);
        _update(BTC, START + 1, _three(9_900, 10_000, 10_101));
        vm.expectRevert(abi.encodeWithSelector(SafeConsumer.SpreadTooWide.selector, 201, SPREAD_BPS));
        consumer.price();
    }

    function test_price__an_aggregator_that_lies__then_not_positive() public {
        _refused(0);
        _refused(-1);
        _refused(type(int256).min);
    }

    function _refused(int256 answer) private {
        IAggregator liar = IAggregator(address(new LyingAggregator(answer)));
        SafeConsumer made = new SafeConsumer(liar, BTC, AGE, SPREAD_BPS);
        vm.expectRevert(abi.encodeWithSelector(SafeConsumer.NotPositive.selector, answer));
        made.price();
    }

    function _consumer(bytes32 feedId) private returns (SafeConsumer) {
        return new SafeConsumer(aggregator, feedId, AGE, SPREAD_BPS);
    }
}
