// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FundingConsumer} from "contracts/examples/FundingConsumer.sol";
import {FundingConsumerBase} from "./FundingConsumerBase.sol";

contract FundingConsumerTest is FundingConsumerBase {
    address private constant CAT = address(0xC);
    /// @dev An hour at 0.15 % per 8 hours of 60,000: what one unit pays.
    int256 private constant HOURLY = 11.25e18;

    function test_consumer__constructed__then_its_market_is_fixed() public view {
        assertEq(address(consumer.funding()), address(funding));
        assertEq(consumer.market(), BTC);
        assertEq(consumer.exchange(), EXCHANGE);
    }

    function test_settle__a_positive_rate_for_an_hour__then_the_long_pays_the_short() public {
        _pass(1 hours);
        _trade(ANN, BOB, 2e18);
        _pass(1 hours);
        assertEq(funding.fundingRate(BTC), 0.0015e18);
        assertEq(consumer.settle(ANN), -2 * HOURLY);
        assertEq(consumer.settle(BOB), 2 * HOURLY);
        assertEq(consumer.balances(ANN), -2 * HOURLY);
        assertEq(consumer.balances(BOB), 2 * HOURLY);
    }

    /// @dev A perpetual that starts late owes nothing for the time before.
    function test_settle__the_first_time_or_at_once_again__then_nothing() public {
        _pass(2 hours);
        assertEq(consumer.settle(ANN), 0);
        _trade(ANN, BOB, 1e18);
        assertEq(consumer.settle(ANN), 0);
        _pass(1 hours);
        assertTrue(consumer.settle(ANN) < 0, "an hour is due");
        assertEq(consumer.settle(ANN), 0);
    }

    function test_trade__of_those_who_have_positions__then_their_old_sizes_are_settled_first() public {
        _pass(1 hours);
        _trade(ANN, BOB, 1e18);
        _pass(1 hours);
        _trade(BOB, ANN, 3e18);
        assertEq(consumer.sizes(ANN), -2e18);
        assertEq(consumer.sizes(BOB), 2e18);
        assertEq(consumer.balances(ANN), -HOURLY);
        assertEq(consumer.balances(BOB), HOURLY);
    }

    function test_trade__with_oneself__then_nothing_is_held() public {
        _trade(ANN, ANN, 1e18);
        assertEq(consumer.sizes(ANN), 0);
    }

    function test_trade__not_by_the_exchange__then_refused() public {
        vm.expectRevert(abi.encodeWithSelector(FundingConsumer.NotExchange.selector, ANN, EXCHANGE));
        vm.prank(ANN);
        consumer.trade(ANN, BOB, 1e18);
    }

    /// @dev The sample of a trade is the mark that stood before it: the exchange accrues first.
    function test_trade__a_minute_after_the_last_accrual__then_it_has_accrued() public {
        _pass(60);
        _to(now_ + 30);
        _trade(ANN, BOB, 1e18);
        assertEq(funding.lastAccrual(BTC), now_);
    }

    function test_trade__a_stale_index__then_refused_while_settling_goes_on() public {
        _pass(1 hours);
        _trade(ANN, BOB, 1e18);
        uint256 end = now_ + MAX_INDEX_AGE;
        _to(end);
        _trade(ANN, BOB, 1e18);
        int256 paid = consumer.balances(ANN);
        _to(end + 1);
        vm.expectRevert(abi.encodeWithSelector(FundingConsumer.MarketPaused.selector, BTC));
        vm.prank(EXCHANGE);
        consumer.trade(ANN, BOB, 1e18);
        _to(end + 1 days);
        assertEq(consumer.settle(ANN), 0);
        assertEq(consumer.balances(ANN), paid);
    }

    function test_trade__a_fresh_index_after_a_pause__then_accepted_and_nothing_is_charged_for_the_gap() public {
        _pass(1 hours);
        _trade(ANN, BOB, 1e18);
        _to(now_ + 1 days);
        consumer.settle(ANN);
        int256 paid = consumer.balances(ANN);
        _rounds(INDEX);
        _trade(ANN, BOB, 1e18);
        assertEq(consumer.balances(ANN), paid);
        assertEq(consumer.sizes(ANN), 2e18);
    }

    /// @dev Whoever settles and whenever: what is received was paid, but for less than a unit a settlement.
    /// forge-config: default.fuzz.runs = 200
    function testFuzz_settle__any_trades_and_indices__then_the_sum_of_balances_is_dust(uint256 seed) public {
        address[3] memory traders = [ANN, BOB, CAT];
        _pass(1 hours);
        for (uint256 i = 0; i < 12; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            _to(now_ + 1 + seed % 3000);
            _rounds(int64(uint64(1e12 + (seed >> 16) % 9e12)));
            _trade(traders[(seed >> 64) % 3], traders[(seed >> 72) % 3], uint128(seed >> 180));
            consumer.settle(traders[(seed >> 80) % 3]);
        }
        int256 sum = 0;
        for (uint256 i = 0; i < 3; i++) {
            consumer.settle(traders[i]);
            sum += consumer.balances(traders[i]);
        }
        assertTrue(sum <= 0 && sum >= -39, "debits round up, credits down");
    }
}
