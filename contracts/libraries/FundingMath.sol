// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The funding formulas in integers, 1e18 = 100 %, every division rounded toward minus infinity.
/// Twin of reporter/funding/formulas.py.
library FundingMath {
    int256 internal constant ONE = 1e18;
    /// @dev Rates are quoted per 8 hours, as exchanges do.
    int256 internal constant RATE_PERIOD = 8 hours;
    /// @dev What `maxRateOf` grants at most, 0.75 % per 8 hours.
    uint256 internal constant USUAL_MAX_RATE = 0.0075e18;
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

    /// @notice The premium of a book: `[max(0, impactBid - index) - max(0, index - impactAsk)] / index`, within `+-bound`.
    /// @param impactBid 0 when that side has no depth, which counts as no premium; so has `impactAsk`
    function bookPremium(int256 impactBid, int256 impactAsk, int256 index, uint64 bound)
        internal
        pure
        returns (int256)
    {
        return premium(bookMark(impactBid, impactAsk, index), index, bound);
    }

    /// @notice The price whose premium is that of the book: the index, moved by what the bid is above and the ask below it.
    function bookMark(int256 impactBid, int256 impactAsk, int256 index) internal pure returns (int256 price) {
        price = index;
        if (impactBid > index) price += impactBid - index;
        if (impactAsk > 0 && impactAsk < index) price -= index - impactAsk;
    }

    /// @notice The rate per 8 hours of `F = P + clamp(I - P, +-damping)`, where F is paid over `realisation` seconds; at most
    /// `maxRate` either way, 0 when less than half of the interval was covered.
    function rate(
        int256 mean,
        uint256 covered,
        uint256 length,
        uint64 interest,
        uint64 damping,
        uint256 realisation,
        uint64 maxRate
    ) internal pure returns (int256) {
        if (2 * covered < length) return 0;
        int256 whole = mean + clamp(int256(uint256(interest)) - mean, damping);
        return clamp(floorDiv(whole * RATE_PERIOD, int256(realisation)), maxRate);
    }

    /// @notice The usual bound on a rate per 8 hours: `min(0.75 %, 6 * (initial margin - maintenance margin))`. At the second
    /// it takes 80 minutes to eat what lies between the margins, so nobody is liquidated by funding within one hour.
    /// @param initialMargin fraction of the position, 1e18 = 100 %
    /// @param maintenanceMargin the same; not below `initialMargin` gives 0
    function maxRateOf(uint256 initialMargin, uint256 maintenanceMargin) internal pure returns (uint64) {
        if (initialMargin <= maintenanceMargin) return 0;
        uint256 between = initialMargin - maintenanceMargin;
        return uint64(between > USUAL_MAX_RATE / 6 ? USUAL_MAX_RATE : 6 * between);
    }

    /// @notice What one unit long pays over `elapsed` seconds at a fixed rate and index; negative: receives.
    /// @param index quote per base, 1e18 = 1
    function payment(int256 rate8h, uint256 elapsed, int256 index) internal pure returns (int256) {
        return floorDiv(rate8h * int256(elapsed) * index, RATE_PERIOD * ONE);
    }

    /// @notice A monotone sum and one amount more. It stands still at 2^128 - 1 (3.4e20 quote per base) rather than revert.
    function added(uint128 sum, uint256 amount) internal pure returns (uint128) {
        return amount > type(uint128).max - sum ? type(uint128).max : uint128(sum + amount);
    }

    /// @notice What a position gains by funding: debits rounded up, credits down.
    /// @param size base units, negative when short
    /// @param paid growth of the net cumulative sum since the position was last settled
    function settlement(int256 size, int256 paid) internal pure returns (int256) {
        return floorDiv(-size * paid, ONE);
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
