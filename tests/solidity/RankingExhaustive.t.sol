// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {RankingHarness} from "./RankingHarness.sol";

/// @dev The rank check depends on the order of the prices alone, and {1..n}^n has every order of n prices with every pattern
/// of ties. So this is all of it for up to seven reports: each list under each named position, once with four lists in the
/// lanes and once with each list ranked alone.
contract RankingExhaustiveTest is Base {
    uint256 private constant FEEDS = 256;
    uint256 private constant HALF = (7 ** 7 - 1) / 2;
    uint256 private constant ROW = 64 + 8 * FEEDS;

    /// @param n reports
    /// @param least the lowest price; 0 is an abstention
    /// @param sides how many different prices
    /// @param lists how many of every four feeds hold a list; a negative price in the others leaves no lane to trust
    /// @param dense only lists without a gap between their prices, which have every order once
    struct Plan {
        uint256 n;
        uint256 least;
        uint256 sides;
        uint256 lists;
        bool dense;
    }

    RankingHarness private ranking = new RankingHarness();

    function test_unpack__every_list_of_up_to_six_prices__then_only_the_sorted_median_passes() public view {
        uint256 checked = 0;
        for (uint256 n = 1; n <= 6; n++) {
            checked += _every(Plan(n, 1, n, 4, false), 0, n ** n);
            _every(Plan(n, 1, n, 3, false), 0, n ** n);
        }
        assertEq(checked, 1 + 4 + 27 + 256 + 3125 + 46_656);
    }

    function test_unpack__every_list_of_seven_prices_in_lanes__then_only_the_sorted_median_passes() public view {
        assertEq(_every(Plan(7, 1, 7, 4, false), 0, HALF), HALF);
    }

    /// @dev Two tests, because tests run beside each other.
    function test_unpack__the_other_half_of_them__then_only_the_sorted_median_passes() public view {
        assertEq(_every(Plan(7, 1, 7, 4, false), HALF, 7 ** 7), 7 ** 7 - HALF);
    }

    function test_unpack__every_order_of_seven_prices_alone__then_only_the_sorted_median_passes() public view {
        assertEq(_every(Plan(7, 1, 7, 3, true), 0, 7 ** 7), 47_293);
    }

    function test_unpack__every_list_of_up_to_five_with_abstentions__then_only_the_sorted_median_passes() public view {
        uint256 checked = 0;
        for (uint256 n = 1; n <= 5; n++) {
            checked += _every(Plan(n, 0, n + 1, 4, false), 0, (n + 1) ** n);
            _every(Plan(n, 0, n + 1, 3, false), 0, (n + 1) ** n);
        }
        assertEq(checked, 2 + 9 + 64 + 625 + 7776);
    }

    // ---------------------------------------------------------------- many lists in one batch

    function _every(Plan memory plan, uint256 next, uint256 total) private view returns (uint256 checked) {
        while (next < total) {
            uint256 placed;
            (next, placed) = this.batch(plan, next, total);
            checked += placed;
        }
    }

    /// @dev The lists from number `next` on, as feeds of one batch; a call of its own, so that its memory is given back.
    function batch(Plan calldata plan, uint256 next, uint256 total) external view returns (uint256, uint256 placed) {
        bytes memory packed = new bytes(FEEDS + plan.n * ROW);
        uint256[] memory right = new uint256[](FEEDS);
        unchecked {
            for (uint256 f = 0; f < FEEDS; f++) {
                if (f % 4 >= plan.lists) {
                    packed[_at(f, 0) - 7] = 0x80;
                    continue;
                }
                while (plan.dense && next < total && !_isDense(plan, next)) {
                    next++;
                }
                if (next == total) continue;
                right[f] = _place(plan, packed, f, next++);
                placed++;
            }
            for (uint256 position = 0; position < plan.n; position++) {
                _check(plan, packed, right, position);
            }
            return (next, placed);
        }
    }

    function _isDense(Plan calldata plan, uint256 code) private pure returns (bool) {
        unchecked {
            (uint256 sides, uint256 seen) = (plan.sides, 0);
            for (uint256 i = plan.n; i > 0; i--) {
                seen |= 1 << (code % sides);
                code /= sides;
            }
            return seen & (seen + 1) == 0;
        }
    }

    /// @dev Write a list into its column; return the draft that naming its median has to give.
    function _place(Plan calldata plan, bytes memory packed, uint256 f, uint256 code) private pure returns (uint256) {
        uint256[8] memory times;
        uint256 count = plan.n;
        unchecked {
            for (uint256 i = 0; i < plan.n; i++) {
                uint256 price = plan.least + code % plan.sides;
                code /= plan.sides;
                packed[_at(f, i)] = bytes1(uint8(price));
                if (price == 0) count--;
                else times[price]++;
            }
            return count == 0 ? 0 : _draft(times, count);
        }
    }

    /// @dev By counting how often each price occurs: the lowest, the one at rank floor(count / 2), the highest.
    function _draft(uint256[8] memory times, uint256 count) private pure returns (uint256) {
        unchecked {
            uint256 lowest;
            uint256 median;
            uint256 seen;
            for (uint256 price = 1;; price++) {
                if (times[price] == 0) continue;
                if (seen == 0) lowest = price;
                seen += times[price];
                if (median == 0 && seen > count / 2) median = price;
                if (seen == count) return _pack(count, lowest, median, price);
            }
        }
    }

    function _pack(uint256 count, uint256 lowest, uint256 median, uint256 highest) private pure returns (uint256) {
        uint256 bps = ((highest - lowest) * 10_000 + median - 1) / median;
        return count << 176 | (bps > 65_535 ? 65_535 : bps) << 160 | median;
    }

    /// @dev Every feed of the batch names the report at `position`.
    function _check(Plan calldata plan, bytes memory packed, uint256[] memory right, uint256 position) private view {
        unchecked {
            for (uint256 at = 32; at <= FEEDS; at += 32) {
                _set(packed, at, position * (type(uint256).max / 255));
            }
            uint256[] memory drafts = ranking.drafts(packed, plan.n, 1, FEEDS);
            uint256 price = _at(0, position) + 1;
            uint256 lists = plan.lists;
            for (uint256 f = 1; f <= FEEDS; f++) {
                if ((f - 1) & 3 < lists) {
                    uint256 draft = _word(right, 32 * f);
                    if (_word(packed, price) & 0xff != draft & 0xff) draft &= 0xff << 176;
                    if (_word(drafts, 32 * f) != draft) revert NotEqualUint(_word(drafts, 32 * f), draft);
                }
                price += 8;
            }
        }
    }

    /// @dev The word that ends `end` bytes into an array.
    function _word(uint256[] memory array, uint256 end) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(array, end))
        }
    }

    function _word(bytes memory array, uint256 end) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(array, end))
        }
    }

    function _set(bytes memory array, uint256 end, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(array, end), word)
        }
    }

    /// @dev Where the last byte of a price is.
    function _at(uint256 f, uint256 report) private pure returns (uint256) {
        unchecked {
            return FEEDS + report * ROW + 64 + 8 * f + 7;
        }
    }
}
