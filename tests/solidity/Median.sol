// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Check, not compute: the submitter names the median and one pass confirms its rank.
/// @dev The median of an even number of prices is the upper middle one, so an answer is always some reporter's own price.
library Median {
    uint256 internal constant BPS = 10_000;

    /// @param count positive prices
    /// @param below positive prices under the named one
    /// @param above prices over the named one
    struct Tally {
        int64 named;
        int64 lowest;
        int64 highest;
        uint8 count;
        uint8 below;
        uint8 above;
    }

    /// @notice Count the positive prices on either side of the one at `position`; 0 and negative prices are abstentions.
    /// @param position a position past the end names no price
    function tally(int64[] memory prices, uint256 position) internal pure returns (Tally memory t) {
        t.named = position < prices.length ? prices[position] : int64(0);
        t.lowest = type(int64).max;
        for (uint256 i = 0; i < prices.length; i++) {
            int64 price = prices[i];
            if (price <= 0) continue;
            t.count++;
            if (price < t.named) t.below++;
            if (price > t.named) t.above++;
            if (price < t.lowest) t.lowest = price;
            if (price > t.highest) t.highest = price;
        }
    }

    /// @notice Whether the named price has the median's rank. Exact with ties: equal prices are on neither side.
    function isMedian(Tally memory t) internal pure returns (bool) {
        if (t.named <= 0) return false;
        uint256 middle = t.count / 2;
        return t.below <= middle && t.above <= t.count - 1 - middle;
    }

    /// @notice Range of the prices relative to the median, rounded up, saturating at 65,535 basis points.
    function spreadBps(Tally memory t) internal pure returns (uint16) {
        uint256 answer = uint256(uint64(t.named));
        uint256 range = uint256(uint64(t.highest - t.lowest));
        uint256 bps = (range * BPS + answer - 1) / answer;
        return bps > type(uint16).max ? type(uint16).max : uint16(bps);
    }
}
