// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingBase} from "./FundingBase.sol";
import {Vm} from "./Vm.sol";

contract PerpetualFundingTest is FundingBase {
    int256 internal constant PRICE = 60_000e18;

    // ---------------------------------------------------------------- the rate

    function test_accrue__one_percent_premium_all_hour__then_rate_is_capped_at_boundary() public {
        mark.set(INDEX * 101 / 100, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.premium(BTC), 0.01e18);
        assertEq(funding.fundingRate(BTC), 0.0075e18);
        assertEq(funding.nextFundingTime(BTC), T0 + 2 * HOUR);
    }

    function test_accrue__mark_at_index__then_rate_is_the_interest() public {
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0.0001e18);
    }

    /// @dev P = 0.2 %: I - P = -0.19 % is clamped to -0.05 %, F = 0.15 %.
    function test_accrue__premium_beyond_the_damping__then_rate_is_premium_less_damping() public {
        mark.set(INDEX * 1002 / 1000, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0.002e18 - 0.0005e18);
    }

    function test_accrue__negative_premium__then_shorts_pay() public {
        mark.set(INDEX * 998 / 1000, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), -0.0015e18);
        _keep(T0 + 2 * HOUR, 60);
        (int256 net, uint256 longsPaid, uint256 shortsPaid) = funding.cumulativeFunding(BTC);
        assertTrue(net < 0, "longs receive");
        assertEq(shortsPaid, uint256(-net));
        assertEq(longsPaid, 0);
    }

    function test_accrue__a_fixed_rate_for_an_hour__then_longs_pay_an_eighth_of_it() public {
        _keep(T0 + HOUR, 60);
        int256 before = _net(BTC);
        assertEq(before, 0);
        _keep(T0 + 2 * HOUR, 3600);
        assertEq(_net(BTC), 0.0001e18 * PRICE / ONE / 8);
    }

    function test_accrue__half_the_hour_premium__then_mean_is_time_weighted() public {
        mark.set(INDEX * 1004 / 1000, 0, 0);
        _keep(T0 + HOUR / 2, 60);
        mark.set(INDEX, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0.002e18 - 0.0005e18);
    }

    function test_accrue__samples_over_less_than_half__then_rate_is_zero() public {
        mark.set(INDEX * 101 / 100, 0, 0);
        _keep(T0 + 1799, 60);
        mark.set(0, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0);
        assertEq(funding.nextFundingTime(BTC), T0 + 2 * HOUR);
    }

    function test_accrue__samples_over_just_half__then_time_without_counts_as_zero() public {
        mark.set(INDEX * 101 / 100, 0, 0);
        _keep(T0 + 1800, 60);
        mark.set(0, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0.005e18 - 0.0005e18);
    }

    function test_accrue__an_hour_without_a_keeper__then_sample_weighs_sixty_seconds() public {
        _to(T0 + 1800);
        _index(INDEX);
        funding.accrue(BTC);
        assertEq(funding.coverage(BTC), uint256(60) * 10_000 / 1800);
    }

    function test_accrue__mark_moved_within_one_block__then_weighs_nothing() public {
        _keep(T0 + 600, 60);
        int256 before = funding.premium(BTC);
        mark.set(INDEX * 2, 0, 0);
        funding.accrue(BTC);
        assertEq(funding.premium(BTC), before);
        mark.set(INDEX, 0, 0);
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0.0001e18);
    }

    function test_accrue__sample_across_a_boundary__then_each_interval_gets_its_part() public {
        mark.set(INDEX * 1002 / 1000, 0, 0);
        _keep(T0 + HOUR - 30, 30);
        _to(T0 + HOUR + 20);
        _index(INDEX);
        mark.set(INDEX, 0, 0);
        vm.expectEmit(address(funding));
        int256 mean = int256(0.002e18) * (3600 - 30) / 3600;
        emit IPerpetualFunding.RateFixed(BTC, mean - 0.0005e18, mean, 10_000, uint64(T0 + HOUR));
        funding.accrue(BTC);
        assertEq(funding.coverage(BTC), 10_000);
    }

    // ---------------------------------------------------------------- the index

    function test_accrue__index_changed_since__then_old_until_it_came_and_new_after() public {
        _keep(T0 + HOUR, 60);
        _to(T0 + HOUR + 100);
        _indexAt(INDEX * 2, uint64(now_ - 30));
        _to(T0 + HOUR + 150);
        funding.accrue(BTC);
        int256 expected = (0.0001e18 * 100 * PRICE + 0.0001e18 * 50 * 2 * PRICE) / (8 hours * ONE);
        assertEq(_net(BTC), expected);
    }

    function test_accrue__index_stale__then_accrues_to_its_end_and_pauses() public {
        _keep(T0 + HOUR, 60);
        uint256 end = T0 + HOUR + 3660;
        _to(end);
        assertTrue(!funding.fundingPaused(BTC), "an age equal to the limit is fresh");
        int256 atEnd = _net(BTC);
        _to(end + 5000);
        assertTrue(funding.fundingPaused(BTC), "stale");
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.FundingPaused(BTC, uint64(end));
        funding.accrue(BTC);
        assertEq(_net(BTC), atEnd);
        _to(end + 9000);
        funding.accrue(BTC);
        assertEq(_net(BTC), atEnd);
    }

    function test_accrue__resumed__then_nothing_is_charged_back_and_boundary_is_half_an_hour_away() public {
        _keep(T0 + HOUR, 60);
        uint256 back = T0 + 5 * HOUR + 1801;
        _to(back);
        int256 before = _net(BTC);
        _index(INDEX);
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.FundingPaused(BTC, uint64(T0 + HOUR + 3660));
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.FundingResumed(BTC, uint64(back));
        funding.accrue(BTC);
        assertEq(_net(BTC), before);
        assertTrue(!funding.fundingPaused(BTC), "resumed");
        assertEq(funding.nextFundingTime(BTC), T0 + 7 * HOUR);
        assertEq(funding.fundingRate(BTC), 0);
    }

    function test_accrue__resumed_just_half_an_hour_before__then_next_boundary_stands() public {
        _keep(T0 + HOUR, 60);
        _to(T0 + 5 * HOUR + 1800);
        _index(INDEX);
        funding.accrue(BTC);
        assertEq(funding.nextFundingTime(BTC), T0 + 6 * HOUR);
    }

    function test_accrue__index_reporters_disagree__then_no_sample_but_accrual() public {
        _keep(T0 + HOUR, 60);
        keys.push(99_991);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 2);
        int256 before = _net(BTC);
        _to(now_ + 60);
        int64[] memory prices = new int64[](2);
        (prices[0], prices[1]) = (INDEX - INDEX / 98, INDEX);
        _update(BTC, uint64(now_), prices);
        mark.set(INDEX * 2, 0, 0);
        funding.accrue(BTC);
        assertEq(funding.premium(BTC), 0);
        assertEq(funding.coverage(BTC), 0);
        assertTrue(_net(BTC) > before, "accrual goes on");
    }

    function test_accrue__before_any_index__then_paused_until_the_first() public {
        bytes32 market = ETH;
        vm.prank(OWNER);
        funding.addMarket(market, _params());
        _to(now_ + 100);
        funding.accrue(market);
        assertTrue(funding.fundingPaused(market), "no index yet");
        _to(now_ + 100);
        _update(ETH, uint64(now_), _one64(5e18));
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.FundingResumed(market, uint64(now_));
        funding.accrue(market);
        assertTrue(!funding.fundingPaused(market), "index seen");
        assertEq(_net(market), 0);
    }

    function test_accrue__decimals_of_the_feed__then_cumulative_is_in_quote_units() public {
        vm.prank(OWNER);
        funding.addMarket(ETH, _params());
        mark.set(5e18, 0, 0);
        while (now_ < T0 + HOUR) {
            _to(now_ + 60 < T0 + HOUR ? now_ + 60 : T0 + HOUR);
            _update(ETH, uint64(now_), _one64(5e18));
            funding.accrue(ETH);
        }
        _to(T0 + 2 * HOUR);
        assertEq(_net(ETH), 0.0001e18 * 5 / 8);
    }

    // ---------------------------------------------------------------- time

    function test_accrue__ten_years_without_a_call__then_one_step_and_no_jump() public {
        mark.set(INDEX * 101 / 100, 0, 0);
        _keep(T0 + HOUR, 60);
        uint256 last = now_;
        _to(last + 10 * 365 days);
        _index(INDEX);
        uint256 gasBefore = gasleft();
        funding.accrue(BTC);
        assertTrue(gasBefore - gasleft() < 150_000, "a long gap costs no more");
        // One hour at the fixed rate, then 0: the second hour had no samples.
        assertEq(_net(BTC), 0.0075e18 * PRICE / ONE / 8);
        assertEq(funding.lastAccrual(BTC), now_);
        assertTrue(funding.nextFundingTime(BTC) > now_, "the clock is ahead again");
    }

    function test_accrue__twice_in_one_block__then_second_does_nothing() public {
        _keep(T0 + HOUR + 60, 60);
        bytes32 before = _state();
        vm.recordLogs();
        funding.accrue(BTC);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(_state(), before);
    }

    function test_accrue__every_call__then_says_where_it_stands() public {
        _keep(T0 + 60, 60);
        _to(now_ + 60);
        _index(INDEX);
        mark.set(INDEX * 1001 / 1000, 0, 0);
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.Accrued(BTC, 0, 0, 0.001e18, uint64(now_));
        funding.accrue(BTC);
    }

    function test_accrue__one_boundary__then_exactly_one_fixing_and_one_accrual_are_told() public {
        _keep(T0 + HOUR - 60, 60);
        _to(T0 + HOUR);
        _index(INDEX);
        vm.recordLogs();
        funding.accrue(BTC);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        assertEq(logs[0].topics[0], IPerpetualFunding.RateFixed.selector);
        assertEq(logs[1].topics[0], IPerpetualFunding.Accrued.selector);
    }

    function test_predictedRate__half_the_hour_gone__then_newest_premium_fills_the_rest() public {
        mark.set(INDEX * 1004 / 1000, 0, 0);
        _keep(T0 + HOUR / 2, 60);
        mark.set(INDEX * 1002 / 1000, 0, 0);
        _to(now_ + 60);
        _index(INDEX);
        int256 mean = int256(0.003e18);
        assertEq(funding.predictedRate(BTC), mean - 0.0005e18);
        assertEq(funding.fundingRate(BTC), 0);
    }

    function _state() private view returns (bytes32) {
        return keccak256(abi.encode(_net(BTC), funding.fundingRate(BTC), funding.coverage(BTC), funding.premium(BTC)));
    }

    function _one64(int64 price) private pure returns (int64[] memory prices) {
        prices = new int64[](1);
        prices[0] = price;
    }
}
