// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FundingMath} from "contracts/libraries/FundingMath.sol";
import {Base} from "./Base.sol";

contract FundingMathTest is Base {
    function testFuzz_floorDiv__any_numbers__then_remainder_is_between_zero_and_divisor(int128 value, uint64 divisor)
        public
        pure
    {
        int256 d = int256(uint256(divisor)) + 1;
        int256 rest = int256(value) - FundingMath.floorDiv(value, d) * d;
        assertTrue(rest >= 0 && rest < d, "not the floor");
    }

    function testFuzz_clamp__any_value__then_inside_and_unchanged_where_it_was(int256 value, uint64 bound_)
        public
        pure
    {
        int256 limit = int256(uint256(bound_));
        int256 clamped = FundingMath.clamp(value, bound_);
        assertTrue(clamped >= -limit && clamped <= limit, "outside");
        if (value >= -limit && value <= limit) assertEq(clamped, value);
        else assertEq(clamped, value < 0 ? -limit : limit);
    }

    function test_premium__known_prices__then_floored() public pure {
        assertEq(FundingMath.premium(101, 100, 1e18), 0.01e18);
        assertEq(FundingMath.premium(99, 100, 1e18), -0.01e18);
        assertEq(FundingMath.premium(4, 3, 1e18), 333333333333333333);
        assertEq(FundingMath.premium(2, 3, 1e18), -333333333333333334);
        assertEq(FundingMath.premium(3, 1, 0.1e18), 0.1e18);
    }

    /// @dev F6, and the formula against a twin that writes it as cases: inside the dampener the rate is I.
    function testFuzz_rate__any_mean__then_formula_by_cases_and_capped(
        int64 mean,
        uint64 interest,
        uint64 damping,
        uint64 maxRate
    ) public pure {
        interest = uint64(bound(interest, 0, 0.001e18));
        damping = uint64(bound(damping, 0, 0.01e18));
        maxRate = uint64(bound(maxRate, 1, 0.32e18));
        int256 i = int256(uint256(interest));
        int256 d = int256(uint256(damping));
        int256 expected = mean > i + d ? mean - d : mean < i - d ? mean + d : i;
        int256 cap = int256(uint256(maxRate));
        if (expected > cap) expected = cap;
        if (expected < -cap) expected = -cap;
        assertEq(FundingMath.rate(mean, 1, 1, interest, damping, 8 hours, maxRate), expected);
    }

    function testFuzz_rate__coverage__then_zero_below_half(uint32 covered, uint32 length) public pure {
        length = uint32(bound(length, 1, 2 days));
        covered = uint32(bound(covered, 0, length));
        int256 rate = FundingMath.rate(0.002e18, covered, length, 0, 0, 8 hours, 0.1e18);
        assertEq(rate, uint256(covered) * 2 >= length ? int256(0.002e18) : int256(0));
    }

    /// @dev F5: swapping the signs of premium and interest mirrors the rate; interest is unsigned here, so with I = 0.
    function testFuzz_rate__mirrored_premium__then_mirrored_rate(int64 mean, uint64 damping) public pure {
        vm.assume(mean != type(int64).min);
        int256 rate = FundingMath.rate(mean, 1, 1, 0, damping, 8 hours, 0.0075e18);
        assertEq(FundingMath.rate(-int256(mean), 1, 1, 0, damping, 8 hours, 0.0075e18), -rate);
    }

    /// @dev F4: k partial payments differ from one by less than k units.
    function testFuzz_payment__in_two_parts__then_within_one_unit(int64 rate, uint32 a, uint32 b, uint96 index)
        public
        pure
    {
        int256 r = int256(rate) % 0.32e18;
        int256 i = int256(uint256(index));
        int256 whole = FundingMath.payment(r, uint256(a) + b, i);
        int256 parts = FundingMath.payment(r, a, i) + FundingMath.payment(r, b, i);
        assertTrue(whole - parts == 0 || whole - parts == 1, "depends on the path");
    }

    function test_payment__largest_values__then_no_overflow() public pure {
        FundingMath.payment(0.32e18, 100 * 365 days, int256(type(int64).max) * 1e18);
        FundingMath.payment(-0.32e18, 100 * 365 days, int256(type(int64).max) * 1e18);
        FundingMath.premium(FundingMath.MAX_MARK, 1, 1e18);
        FundingMath.premium(1, type(int64).max, 1e18);
    }

    function testFuzz_boundaryAfter__any_time__then_first_multiple_half_an_interval_away(uint40 time, uint256 interval)
        public
        pure
    {
        interval = bound(interval, 10, 24 hours);
        uint256 boundary = FundingMath.boundaryAfter(time, interval);
        assertEq(boundary % interval, 0);
        assertTrue(2 * (boundary - time) >= interval, "too near");
        // The multiple before it is in the past or too near.
        assertTrue(boundary - interval <= time || 2 * (boundary - interval - time) < interval, "not the first");
    }

    function test_coverageBps__of_nothing__then_zero() public pure {
        assertEq(FundingMath.coverageBps(0, 0), 0);
        assertEq(FundingMath.coverageBps(1, 3), 3333);
        assertEq(FundingMath.coverageBps(3, 3), 10_000);
    }
}
