// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FeedMark} from "contracts/FeedMark.sol";
import {PerpetualFunding} from "contracts/PerpetualFunding.sol";
import {FundingConsumer} from "contracts/examples/FundingConsumer.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingPresets} from "contracts/libraries/FundingPresets.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev Somebody's perpetual on a real aggregator and funding contract: signed rounds of the index and of its mark feed, the
/// mark 0.2 % above the index, so that the rate is 0.15 % from the first full hour on.
abstract contract FundingConsumerBase is AggregatorBase {
    bytes32 internal constant PERP = "BTC/USD-PERP";
    address internal constant EXCHANGE = address(0xE);
    address internal constant ANN = address(0xA);
    address internal constant BOB = address(0xB);
    uint24 internal constant MAX_INDEX_AGE = 3660;
    uint256 internal constant T0 = (uint256(START) / 1 hours + 1) * 1 hours;
    int64 internal constant INDEX = 60_000e8;

    PerpetualFunding internal funding;
    FeedMark internal mark;
    FundingConsumer internal consumer;
    uint256 internal now_ = T0;

    function setUp() public virtual override {
        super.setUp();
        vm.warp(now_);
        vm.prank(OWNER);
        aggregator.addFeed(PERP, 8);
        funding = new PerpetualFunding(OWNER, aggregator);
        _rounds(INDEX);
        mark = new FeedMark(aggregator, PERP, BTC);
        IPerpetualFunding.Params memory p = FundingPresets.spotline(mark, MAX_INDEX_AGE);
        vm.prank(OWNER);
        funding.addMarket(BTC, p);
        consumer = new FundingConsumer(funding, BTC, EXCHANGE);
    }

    /// @dev Both feeds have a round of this second; the mark is 0.2 % above.
    function _rounds(int64 index) internal {
        _update(BTC, uint64(now_), index);
        _update(PERP, uint64(now_), index / 1000 * 1002);
    }

    /// @dev Time passes with a keeper: rounds and an accrual every minute.
    function _pass(uint256 elapsed) internal {
        for (uint256 end = now_ + elapsed; now_ < end;) {
            _to(now_ + 60 < end ? now_ + 60 : end);
            _rounds(INDEX);
            funding.accrue(BTC);
        }
    }

    function _to(uint256 time) internal {
        now_ = time;
        vm.warp(time);
    }

    function _trade(address buyer, address seller, uint128 size) internal {
        vm.prank(EXCHANGE);
        consumer.trade(buyer, seller, size);
    }
}
