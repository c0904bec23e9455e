// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ImpactMark} from "contracts/ImpactMark.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {IMarkPrice} from "contracts/interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingMath} from "contracts/libraries/FundingMath.sol";
import {FundingBase} from "./FundingBase.sol";

/// @dev A book's two feeds as a mark: the formula, a missing side, and every rule for samples.
contract ImpactMarkTest is FundingBase {
    bytes32 internal constant BID = "BTC/USD-BID";
    bytes32 internal constant ASK = "BTC/USD-ASK";
    bytes32 internal constant BOOK = "BOOK/USD";
    uint256 internal constant SIDE_AGE = 120;

    ImpactMark internal book;

    function setUp() public override {
        super.setUp();
        bytes32[3] memory feeds = [BID, ASK, BOOK];
        for (uint256 i = 0; i < feeds.length; i++) {
            vm.prank(OWNER);
            aggregator.addFeed(feeds[i], 8);
        }
        book = new ImpactMark(aggregator, BID, ASK, BOOK, SIDE_AGE);
        IPerpetualFunding.Params memory p = _params();
        p.mark = book;
        vm.prank(OWNER);
        funding.addMarket(BOOK, p);
    }

    // ---------------------------------------------------------------- the formula

    function test_markPrice__index_inside_the_spread__then_the_index() public {
        _sides(59_990e8, 60_010e8);
        assertEq(_price(), 60_000e8);
    }

    function test_markPrice__index_outside__then_the_nearer_side() public {
        _sides(60_060e8, 60_100e8);
        assertEq(_price(), 60_060e8);
        _sides(59_800e8, 59_940e8);
        assertEq(_price(), 59_940e8);
    }

    function test_markPrice__crossed_feeds__then_both_terms_count() public {
        _sides(60_050e8, 59_980e8);
        assertEq(_price(), 60_030e8);
    }

    function test_markPrice__bid_alone__then_only_it_counts() public {
        _feed(BOOK, 60_000e8);
        _feed(BID, 60_060e8);
        assertEq(_price(), 60_060e8);
        _feed(BID, 59_000e8);
        assertEq(_price(), 60_000e8);
    }

    function test_markPrice__ask_alone__then_only_it_counts() public {
        _feed(BOOK, 60_000e8);
        _feed(ASK, 59_940e8);
        assertEq(_price(), 59_940e8);
        _feed(ASK, 61_000e8);
        assertEq(_price(), 60_000e8);
    }

    function test_markPrice__a_side_has_aged__then_it_has_no_depth() public {
        _sides(60_060e8, 59_000e8);
        uint256 told = now_; // the ask; the bid came a second before
        _to(told + SIDE_AGE - 1);
        assertEq(_price(), 60_060e8 - 1_000e8);
        _feed(BOOK, 60_000e8);
        assertEq(_price(), 59_000e8);
        _feed(BID, 60_060e8);
        assertEq(_price(), 60_060e8);
        (, uint64 observedAt,) = book.markPrice();
        assertEq(observedAt, told + SIDE_AGE + 1);
    }

    /// @dev The premium that funding makes of it, against the formula written out, for any prices.
    function testFuzz_bookPremium__any_book__then_the_formula(uint64 bid, uint64 ask, uint64 index) public pure {
        index = uint64(bound(index, 1, uint64(type(int64).max)));
        (bid, ask) = (bid >> 1, ask >> 1);
        int256 above = bid > index ? int256(uint256(bid - index)) : int256(0);
        int256 below = ask > 0 && ask < index ? int256(uint256(index - ask)) : int256(0);
        int256 i = int256(uint256(index));
        int256 expected = FundingMath.clamp(FundingMath.floorDiv((above - below) * ONE, i), 1e18);
        assertEq(FundingMath.bookPremium(int256(uint256(bid)), int256(uint256(ask)), i, 1e18), expected);
    }

    // ---------------------------------------------------------------- as a market's mark

    function test_accrue__bid_above_the_index__then_premium_of_the_book() public {
        _sides(60_060e8, 60_090e8);
        funding.accrue(BOOK);
        _sides(60_060e8, 60_090e8);
        funding.accrue(BOOK);
        assertEq(funding.premium(BOOK), 0.001e18);
        assertEq(funding.coverage(BOOK), 10_000);
    }

    function test_accrue__no_side_has_depth__then_no_sample() public {
        _feed(BOOK, 60_000e8);
        funding.accrue(BOOK);
        _feed(BOOK, 60_000e8);
        funding.accrue(BOOK);
        assertEq(funding.coverage(BOOK), 0);
        assertEq(funding.lastAccrual(BOOK), now_);
    }

    function test_markPrice__no_index_yet__then_no_sample() public {
        _feed(BID, 60_000e8);
        assertEq(_price(), 0);
    }

    function test_markPrice__both_sides__then_time_of_the_older_and_spread_of_the_wider() public {
        keys.push(99_991);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 2);
        _pair(BOOK, 10_000, 10_000);
        _pair(BID, 9_900, 10_000);
        uint256 older = now_;
        _pair(ASK, 9_700, 10_000);
        (, uint64 observedAt, uint16 spreadBps) = book.markPrice();
        assertEq(observedAt, older);
        assertEq(spreadBps, 300);
        _pair(BID, 9_500, 10_000);
        (, observedAt, spreadBps) = book.markPrice();
        assertEq(observedAt, older + 1);
        assertEq(spreadBps, 500);
    }

    function test_accrue__reporters_of_a_side_disagree__then_no_sample() public {
        keys.push(99_991);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 2);
        _pair(BOOK, 10_000, 10_000);
        funding.accrue(BOOK);
        _pair(BID, 10_000, 10_100);
        _pair(ASK, 10_000, 10_200);
        funding.accrue(BOOK);
        assertEq(funding.coverage(BOOK), 0);
    }

    /// @dev An aggregator that reverts, burns gas or answers nonsense: the market goes on without a sample.
    function test_accrue__hostile_aggregator_under_the_mark__then_no_sample_and_no_revert() public {
        bytes[5] memory codes = [
            bytes(hex"60005260206000f3"), // one word for everything
            hex"fe", // burns all gas it gets
            hex"620100006000fd", // reverts with 64 kB
            hex"5b600056", // loops for ever
            hex"600160005260016020526001604052600160605260016080526001" // six words of ones
            hex"60a05260c06000f3"
        ];
        _sides(60_060e8, 60_090e8);
        for (uint256 i = 0; i < codes.length; i++) {
            _swap(codes[i]);
            assertEq(funding.premium(BOOK), 0.001e18); // the last good one, taken as the mark was swapped
            _sides(60_120e8, 60_150e8);
            uint256 before = gasleft();
            funding.accrue(BOOK);
            assertTrue(before - gasleft() < 600_000, "a bounded amount");
            assertEq(funding.lastAccrual(BOOK), now_);
            assertEq(funding.premium(BOOK), 0.001e18);
        }
    }

    function test_constructor__other_decimals_than_the_index__then_cannot_be_made() public {
        vm.expectRevert(abi.encodeWithSelector(ImpactMark.DecimalsDiffer.selector, 18, 8));
        new ImpactMark(aggregator, ETH, ASK, BTC, 60);
        vm.expectRevert(abi.encodeWithSelector(ImpactMark.DecimalsDiffer.selector, 18, 8));
        new ImpactMark(aggregator, BID, ETH, BTC, 60);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, bytes32("X")));
        new ImpactMark(aggregator, BID, ASK, "X", 60);
    }

    /// @dev A market whose mark stands on another aggregator, which has this code.
    function _swap(bytes memory code) private {
        address other = address(0xBAD);
        IPerpetualFunding.Params memory p = _params();
        vm.etch(other, hex"600860005260206000f3"); // decimals 8, for the constructor
        p.mark = new ImpactMark(IAggregator(other), BID, ASK, BOOK, SIDE_AGE);
        vm.etch(other, code);
        vm.prank(OWNER);
        funding.setParams(BOOK, p);
    }

    function _price() private view returns (int256 price) {
        (price,,) = book.markPrice();
    }

    /// @dev Index 60,000, then both sides a second later each.
    function _sides(int64 bid, int64 ask) private {
        _feed(BOOK, 60_000e8);
        _feed(BID, bid);
        _feed(ASK, ask);
    }

    function _feed(bytes32 feedId, int64 price) private {
        int64[] memory prices = new int64[](1);
        prices[0] = price;
        _to(now_ + 1);
        _update(feedId, uint64(now_), prices);
    }

    function _pair(bytes32 feedId, int64 low, int64 high) private {
        int64[] memory prices = new int64[](2);
        (prices[0], prices[1]) = (low, high);
        _to(now_ + 1);
        _update(feedId, uint64(now_), prices);
    }
}
