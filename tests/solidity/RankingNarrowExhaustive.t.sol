// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {RankingHarness} from "./RankingHarness.sol";

/// @dev The narrow packing's checks depend on the order of the prices alone, save for where the base is, and {0..n-1}^n has every
/// order of n lanes with every pattern of ties. So this is all of it for up to seven reports, an odd and an even number of them: each
/// list with a lane of 0, one less than the base or not, under each position named as the median's and as the highest price's.
contract RankingNarrowExhaustiveTest is Base {
    uint256 private constant FEEDS = 250;
    uint256 private constant HEADS = 9 * FEEDS;
    uint256 private constant ROW = 64 + 5 * FEEDS;
    uint256 private constant BASE = 1000;
    uint256 private constant HALF = (7 ** 7 - 1) / 2;

    RankingHarness private ranking = new RankingHarness();

    /// @dev Lists whose lowest lane is not 0 are among them: their base is wrong.
    function test_unpack__every_list_of_up_to_six_lanes__then_only_the_sorted_median_over_its_base_passes()
        public
        view
    {
        uint256 checked = 0;
        for (uint256 n = 1; n <= 6; n++) {
            checked += _every(n, 0, n ** n, 1);
        }
        assertEq(checked, 1 + 4 + 27 + 256 + 3125 + 46_656);
    }

    function test_unpack__every_list_of_seven_lanes__then_only_the_sorted_median_over_its_base_passes() public view {
        assertEq(_every(7, 0, HALF, 1), HALF);
    }

    /// @dev Two tests, because tests run beside each other.
    function test_unpack__the_other_half_of_them__then_only_the_sorted_median_over_its_base_passes() public view {
        assertEq(_every(7, HALF, 7 ** 7, 1), 7 ** 7 - HALF);
    }

    function test_unpack__every_list_of_up_to_five_under_every_highest__then_only_the_highest_passes() public view {
        for (uint256 n = 1; n <= 5; n++) {
            _every(n, 0, n ** n, n);
        }
    }

    // ---------------------------------------------------------------- many lists in one batch

    /// @param highests under how many positions named as the highest price's: 1 for the right one alone, or all n of them
    function _every(uint256 n, uint256 next, uint256 total, uint256 highests) private view returns (uint256 checked) {
        for (; next < total; next += FEEDS) {
            uint256 lists = total - next < FEEDS ? total - next : FEEDS;
            this.batch(n, next, lists, highests);
            checked += lists;
        }
    }

    /// @dev A call of its own, so that its memory is given back.
    function batch(uint256 n, uint256 next, uint256 lists, uint256 highests) external view {
        bytes memory packed = new bytes(HEADS + n * ROW);
        uint256[] memory right = new uint256[](FEEDS);
        unchecked {
            for (uint256 f = 0; f < lists; f++) {
                right[f] = _place(packed, f, n, next + f);
            }
            for (uint256 highest = 0; highest < highests; highest++) {
                for (uint256 median = 0; median < n; median++) {
                    _check(packed, right, n, lists, median, highests == 1 ? n : highest);
                }
            }
        }
    }

    /// @dev Write a list into its column. Return its highest position, its median and its draft, which is 0 without a lane of 0.
    function _place(bytes memory packed, uint256 f, uint256 n, uint256 code) private pure returns (uint256) {
        uint256[8] memory times;
        unchecked {
            (uint256 top, uint256 topAt) = (0, 0);
            for (uint256 i = 0; i < n; i++) {
                uint256 lane = code % n;
                code /= n;
                packed[_lane(f, i)] = bytes1(uint8(lane));
                times[lane]++;
                if (lane > top) (top, topAt) = (lane, i);
            }
            packed[9 * f + 7] = bytes1(uint8(BASE >> 8));
            packed[9 * f + 8] = bytes1(uint8(BASE));
            return topAt << 248 | top << 240 | _draft(times, n, top);
        }
    }

    /// @dev By counting how often each lane occurs.
    function _draft(uint256[8] memory times, uint256 n, uint256 top) private pure returns (uint256) {
        unchecked {
            if (times[0] == 0) return 0;
            (uint256 lane, uint256 seen) = (0, times[0]);
            while (seen <= n / 2) {
                seen += times[++lane];
            }
            uint256 median = BASE + 1 + lane;
            return n << 176 | (top * 10_000 + median - 1) / median << 160 | median;
        }
    }

    /// @param highest the position that every feed names as its highest price's; n for each one's own
    function _check(
        bytes memory packed,
        uint256[] memory right,
        uint256 n,
        uint256 lists,
        uint256 median,
        uint256 highest
    ) private view {
        unchecked {
            for (uint256 f = 0; f < lists; f++) {
                packed[9 * f] = bytes1(uint8(median));
                packed[9 * f + 1] = bytes1(uint8(highest == n ? right[f] >> 248 : highest));
            }
            uint256[] memory drafts = ranking.draftsNarrow(packed, n, FEEDS);
            for (uint256 f = 0; f < lists; f++) {
                uint256 draft = right[f] & (2 ** 240 - 1);
                uint256 top = uint8(packed[_lane(f, highest == n ? right[f] >> 248 : highest)]);
                bool names = BASE + 1 + uint8(packed[_lane(f, median)]) == uint64(draft);
                if (!names || top != uint8(right[f] >> 240)) draft = n << 176;
                if (drafts[f] != draft) revert NotEqualUint(drafts[f], draft);
            }
        }
    }

    /// @dev Where the last byte of a lane is.
    function _lane(uint256 f, uint256 report) private pure returns (uint256) {
        unchecked {
            return HEADS + report * ROW + 64 + 5 * f + 4;
        }
    }
}
