// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Median} from "./Median.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev A2: the rank check accepts exactly the prices that a sort would put at position floor(m / 2).
contract MedianTest is AggregatorBase {
    using Median for Median.Tally;

    function setUp() public override {}

    function testFuzz_isMedian__any_prices__then_the_sorted_twin_agrees(int64[] memory prices, uint256 position)
        public
        pure
    {
        prices = _cut(prices);
        position = bound(position, 0, prices.length);
        _check(prices, position);
    }

    function testFuzz_isMedian__few_distinct_prices__then_ties_are_exact(uint256 seed, uint256 n, uint256 position)
        public
        pure
    {
        int64[] memory prices = new int64[](bound(n, 1, 31));
        for (uint256 i = 0; i < prices.length; i++) {
            prices[i] = int64(uint64((seed >> (i * 8)) % 4));
        }
        _check(prices, bound(position, 0, prices.length));
    }

    /// @dev Every price list of up to five reporters over {abstain, 1, 2, 3, 4}, every position.
    function test_isMedian__all_orders_of_up_to_five__then_the_sorted_twin_agrees() public pure {
        for (uint256 n = 1; n <= 5; n++) {
            int64[] memory prices = new int64[](n);
            for (uint256 code = 0; code < 5 ** n; code++) {
                for (uint256 i = 0; i < n; i++) {
                    prices[i] = int64(uint64((code / 5 ** i) % 5));
                }
                for (uint256 i = 0; i < n; i++) {
                    _check(prices, i);
                }
            }
        }
    }

    /// @dev A1: with f liars, 2f < m, the median stays inside the honest prices.
    function testFuzz_isMedian__minority_lies__then_answer_is_in_honest_range(
        int64[] memory honest,
        int64[] memory lies,
        uint256 position
    ) public pure {
        honest = _positive(_cut(honest));
        if (honest.length == 0) return;
        uint256 f = lies.length < honest.length ? lies.length : honest.length - 1;
        int64[] memory all = new int64[](honest.length + f);
        int64 lowest = type(int64).max;
        int64 highest = 0;
        for (uint256 i = 0; i < honest.length; i++) {
            all[i] = honest[i];
            if (honest[i] < lowest) lowest = honest[i];
            if (honest[i] > highest) highest = honest[i];
        }
        for (uint256 i = 0; i < f; i++) {
            all[honest.length + i] = lies[i] <= 0 ? int64(1) : lies[i];
        }
        Median.Tally memory t = Median.tally(all, bound(position, 0, all.length - 1));
        if (!t.isMedian()) return;
        assertTrue(t.named >= lowest && t.named <= highest, "outside the honest prices");
    }

    function test_spreadBps__range_over_median__then_rounded_up_and_saturated() public pure {
        assertEq(_spread(_three(100_00, 100_00, 100_00)), 0);
        assertEq(_spread(_three(100_000, 100_001, 100_000)), 1);
        assertEq(_spread(_three(99, 100, 101)), 200);
        assertEq(_spread(_three(1, 1, type(int64).max)), 65_535);
        assertEq(_spread(_three(10_000, 75_535, 10_000)), 65_535);
        assertEq(_spread(_three(10_000, 75_534, 10_000)), 65_534);
    }

    function test_tally__abstentions_and_negatives__then_not_counted() public pure {
        Median.Tally memory t = Median.tally(_three(0, -5, 7), 2);
        assertEq(t.count, 1);
        assertEq(int256(t.lowest), 7);
        assertEq(int256(t.highest), 7);
        assertTrue(t.isMedian(), "the only price is the median");
        assertTrue(!Median.tally(_three(0, -5, 7), 0).isMedian(), "an abstention is no median");
        assertTrue(!Median.tally(_three(0, -5, 7), 1).isMedian(), "a negative price is no median");
        assertTrue(!Median.tally(_three(0, -5, 7), 3).isMedian(), "there is no fourth price");
    }

    function _spread(int64[] memory prices) private pure returns (uint256) {
        return Median.tally(prices, _medianPosition(prices)).spreadBps();
    }

    function _check(int64[] memory prices, uint256 position) private pure {
        int64 expected = _sortedMedian(prices);
        bool accepted = Median.tally(prices, position).isMedian();
        bool right = position < prices.length && prices[position] > 0 && prices[position] == expected;
        assertTrue(accepted == right, "rank check differs from sort");
    }

    function _cut(int64[] memory prices) private pure returns (int64[] memory cut) {
        cut = new int64[](prices.length > 31 ? 31 : prices.length);
        for (uint256 i = 0; i < cut.length; i++) {
            cut[i] = prices[i];
        }
    }

    function _positive(int64[] memory prices) private pure returns (int64[] memory) {
        for (uint256 i = 0; i < prices.length; i++) {
            if (prices[i] <= 0) prices[i] = -((prices[i] + 1) / 2) + 1;
        }
        return prices;
    }
}
