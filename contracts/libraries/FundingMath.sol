// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The funding formulas in integers, 1e18 = 100 %, every division rounded toward minus infinity.
/// Twin of reporter/funding.py.
library FundingMath {
    int256 internal constant ONE = 1e18;
    /// @dev Rates are quoted per 8 hours, as exchanges do.
    int256 internal constant RATE_PERIOD = 8 hours;
    uint256 internal constant BPS = 10_000;
    /// @dev Keeps `(mark - index) * ONE` inside int256 for any mark that counts.
    int256 internal constant MAX_MARK = type(int128).max;

    /// @notice `clamp((mark - index) / index, +-bound)`.
    /// @param index > 0, in the same decimals as `mark`, both at most MAX_MARK
    function premium(int256 mark, int256 index, uint64 bound) internal pure returns (int256) {
        return clamp(floorDiv((mark - index) * ONE, index), bound);
    }

    /// @notice Time-weighted mean premium of an interval; time without a valid sample counts as premium 0.
    /// @param premiumSeconds sum of premium * seconds over the covered time
    /// @param length seconds, > 0
    function meanPremium(int256 premiumSeconds, uint256 length) internal pure returns (int256) {
        return floorDiv(premiumSeconds, int256(length));
    }

    /// @notice `F8 = P + clamp(I - P, +-damping)`, at most `maxRate` either way; 0 when less than half was covered.
    function rate(int256 mean, uint256 covered, uint256 length, uint64 interest, uint64 damping, uint64 maxRate)
        internal
        pure
        returns (int256)
    {
        if (2 * covered < length) return 0;
        return clamp(mean + clamp(int256(uint256(interest)) - mean, damping), maxRate);
    }

    /// @notice What one unit long pays over `elapsed` seconds at a fixed rate and index.
    /// @param index quote per base, 1e18 = 1
    function payment(int256 rate8h, uint256 elapsed, int256 index) internal pure returns (int256) {
        return floorDiv(rate8h * int256(elapsed) * index, RATE_PERIOD * ONE);
    }

    /// @notice Share of `length` that is covered, in basis points; 0 of nothing is 0.
    function coverageBps(uint256 covered, uint256 length) internal pure returns (uint64) {
        return length == 0 ? 0 : uint64(covered * BPS / length);
    }

    /// @notice The first multiple of `interval` that is at least half an interval after `time`.
    function boundaryAfter(uint256 time, uint256 interval) internal pure returns (uint256 boundary) {
        boundary = (time / interval + 1) * interval;
        if (2 * (boundary - time) < interval) boundary += interval;
    }

    function clamp(int256 value, uint64 bound) internal pure returns (int256) {
        int256 limit = int256(uint256(bound));
        if (value > limit) return limit;
        return value < -limit ? -limit : value;
    }

    /// @notice Quotient rounded toward minus infinity; Solidity's own rounds toward zero.
    /// @param divisor > 0
    function floorDiv(int256 value, int256 divisor) internal pure returns (int256) {
        int256 quotient = value / divisor;
        return value % divisor < 0 ? quotient - 1 : quotient;
    }
}
