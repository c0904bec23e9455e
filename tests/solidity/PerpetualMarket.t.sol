// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {PerpetualMarket} from "contracts/PerpetualMarket.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {IPerpetualMarket} from "contracts/interfaces/IPerpetualMarket.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Trades, margin, liquidation, and what works while the index does not.
contract PerpetualMarketTest is MarketBase {
    // ---------------------------------------------------------------- price and fee

    function test_trade__buys_one_of_a_thousand__then_costs_what_the_curve_says() public {
        uint256 cost = 60_060_060_060_060_060_060_061; // ceil(1000 * 60,000,000 / 999) - 60,000,000
        vm.expectEmit(address(market));
        emit IPerpetualMarket.Traded(ANN, BTC1, int256(cost), 60_060_061, 0, BTC1, 60_120_180_240_300_360_420_480);
        _trade(ANN, BTC1);
        IPerpetualMarket.Account memory a = market.position(ANN);
        assertEq(a.openNotional, int256(cost));
        assertEq(a.collateral, 100_000e6 - 60_060_061);
        assertEq(market.insurance(), 60_060_061);
        (int256 price,, uint16 spread) = market.markPrice();
        assertEq(price, 6_012_018_024_030);
        assertEq(spread, 0);
    }

    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_trade__any_way_there_and_back__then_the_price_is_where_it_was(uint256 a, uint256 b) public {
        int256 first = int256(bound(a, 1e15, 8e18));
        int256 second = int256(bound(b, 1e15, 8e18));
        (int256 whole,) = market.quote(first + second);
        _trade(ANN, first);
        _trade(BOB, second);
        assertEq(market.position(ANN).openNotional + market.position(BOB).openNotional, whole);
        _close(ANN);
        _close(BOB);
        assertEq(market.price(), PRICE);
        assertEq(_funds().claims, _funds().pool);
    }

    function test_trade__limits__then_refused_a_unit_beyond() public {
        (int256 cost,) = market.quote(BTC1);
        vm.expectRevert(
            abi.encodeWithSelector(IPerpetualMarket.CostAboveLimit.selector, uint256(cost), uint256(cost) - 1)
        );
        vm.prank(ANN);
        market.trade(BTC1, uint256(cost) - 1);
        (cost,) = market.quote(-BTC1);
        vm.expectRevert(
            abi.encodeWithSelector(IPerpetualMarket.ProceedsBelowLimit.selector, uint256(-cost), uint256(-cost) + 1)
        );
        vm.prank(ANN);
        market.trade(-BTC1, uint256(-cost) + 1);
        vm.prank(ANN);
        market.trade(-BTC1, uint256(-cost));
    }

    function test_trade__flips__then_the_old_part_is_realised_and_the_rest_is_new() public {
        _trade(BOB, 10 * BTC1);
        _trade(ANN, BTC1);
        _trade(BOB, -10 * BTC1);
        (int256 closing,) = market.quote(-BTC1);
        int256 opened = market.position(ANN).openNotional;
        _trade(ANN, -3 * BTC1);
        IPerpetualMarket.Account memory a = market.position(ANN);
        assertEq(a.size, -2 * BTC1);
        (int256 reopened,) = market.quote(2 * BTC1);
        assertEq(a.openNotional, -reopened);
        assertEq(_funds().pool, uint256(opened + closing) / 1e12 + 1);
    }

    // ---------------------------------------------------------------- sizes, cap, margin

    function test_trade__sizes_out_of_range__then_refused() public {
        _refused(ANN, 0, abi.encodeWithSelector(IPerpetualMarket.NothingToDo.selector));
        int256 most = 2000e18;
        _refused(
            ANN, most + 1, abi.encodeWithSelector(IPerpetualMarket.SizeOutOfRange.selector, most + 1, uint256(most))
        );
        _refused(
            ANN,
            type(int256).min,
            abi.encodeWithSelector(IPerpetualMarket.SizeOutOfRange.selector, type(int256).min, uint256(most))
        );
        _refused(
            ANN, 0.001e18 - 1, abi.encodeWithSelector(IPerpetualMarket.SizeTooSmall.selector, 0.001e18 - 1, 0.001e18)
        );
        _trade(ANN, 0.001e18);
        _refused(ANN, -1, abi.encodeWithSelector(IPerpetualMarket.SizeTooSmall.selector, 0.001e18 - 1, 0.001e18));
    }

    function test_trade__cap_of_a_side__then_refused_a_unit_beyond() public {
        _fund(ANN, 10_000_000);
        _fund(BOB, 10_000_000);
        _refused(
            ANN, 100e18 + 1, abi.encodeWithSelector(IPerpetualMarket.OpenInterestTooHigh.selector, 100e18 + 1, 100e18)
        );
        _trade(ANN, 100e18);
        _trade(BOB, -100e18);
        _refused(
            CAT, -0.001e18, abi.encodeWithSelector(IPerpetualMarket.OpenInterestTooHigh.selector, 100.001e18, 100e18)
        );
        _refused(
            CAT, 0.001e18, abi.encodeWithSelector(IPerpetualMarket.OpenInterestTooHigh.selector, 100.001e18, 100e18)
        );
    }

    function test_trade__mark_above_the_index__then_a_buyer_is_judged_at_the_index() public {
        _trade(BOB, 10 * BTC1); // 2 % up
        (int256 cost, uint256 fee) = market.quote(14 * BTC1);
        int256 given = int256((100_000e6 - fee) * 1e12) + 14 * 60_000e18 - cost;
        _refused(ANN, 14 * BTC1, abi.encodeWithSelector(IPerpetualMarket.MarginTooLow.selector, given, 84_000e18));
        _trade(ANN, -13 * BTC1);
    }

    function test_withdraw__with_a_position__then_down_to_the_initial_margin() public {
        _trade(ANN, BTC1);
        uint256 most = market.withdrawable(ANN);
        vm.prank(ANN);
        (bool ok,) = address(market).call(abi.encodeCall(market.withdraw, (most + 1)));
        assertTrue(!ok, "over the margin");
        vm.prank(ANN);
        market.withdraw(most);
        assertEq(token.balanceOf(ANN), most);
        // 6,000 of margin and what the index says the position has lost by its own price impact
        assertEq(_collateral(ANN), 6_060_060_061);
    }

    // ---------------------------------------------------------------- liquidation

    function test_liquidate__index_and_mark_both_below__then_closed_with_bonus_fee_and_loss() public {
        _vulnerable();
        _trade(BOB, -32 * BTC1);
        _pass(60, 54_000e8);
        (int256 earned,) = market.quote(-BTC1);
        uint256 collateral = _collateral(ANN);
        uint256 insured = market.insurance();
        vm.prank(CAT);
        market.liquidate(ANN);
        uint256 loss = 60_060_060_061 - uint256(-earned) / 1e12;
        uint256 fee = (uint256(-earned) / 1e12 + 999) / 1000;
        uint256 bonus = (uint256(-earned) / 1e12 + 99) / 100;
        assertEq(market.position(ANN).size, 0);
        assertEq(market.insurance(), insured + fee);
        assertEq(_collateral(CAT), 100_000e6 + bonus);
        assertTrue(_near(_collateral(ANN), collateral - loss - fee - bonus, 3), "what is left");
    }

    function test_liquidate__index_alone_or_mark_alone__then_refused() public {
        _vulnerable();
        uint256 id = vm.snapshotState();
        _pass(60, 54_000e8);
        _refusedLiquidation(ANN);
        vm.revertToStateAndDelete(id);
        _trade(BOB, -32 * BTC1);
        _refusedLiquidation(ANN);
    }

    function test_liquidate__index_stale__then_refused_until_it_is_fresh() public {
        _vulnerable();
        _trade(BOB, -32 * BTC1);
        _pass(60, 54_000e8);
        _to(now_ + 3661);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.Stale.selector, 3661, 3660));
        market.liquidate(ANN);
        _index(54_000e8);
        market.liquidate(ANN);
    }

    function test_liquidate__no_position__then_says_so() public {
        vm.expectRevert(abi.encodeWithSelector(IPerpetualMarket.NoPosition.selector, ANN));
        market.liquidate(ANN);
    }

    // ---------------------------------------------------------------- not fresh, paused, not listed

    function test_stale__every_function__then_only_closing_and_leaving_work() public {
        _trade(ANN, BTC1);
        _to(now_ + 3661);
        _onlyTheWayOut(abi.encodeWithSelector(IAggregator.Stale.selector, 3661, 3660), true);
    }

    function test_paused__every_function__then_only_closing_leaving_and_settling_work() public {
        _trade(ANN, BTC1);
        vm.prank(OWNER);
        market.pause();
        _onlyTheWayOut(abi.encodeWithSelector(Pausable.EnforcedPause.selector), false);
    }

    function test_pause__a_stranger__then_refused() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ANN));
        vm.prank(ANN);
        market.pause();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ANN));
        vm.prank(ANN);
        market.unpause();
    }

    function test_trade__another_mark_or_a_rate_too_high__then_only_reducing_works() public {
        _trade(ANN, 2 * BTC1);
        IPerpetualFunding.Params memory p = _marketParams();
        p.maxRate = 0.3e18 + 1;
        _setParams(p);
        _refused(ANN, BTC1, abi.encodeWithSelector(IPerpetualMarket.MaxRateTooHigh.selector, 0.3e18 + 1, 0.3e18));
        p.maxRate = 0.3e18;
        _setParams(p);
        _trade(ANN, BTC1);
        p.mark = new PerpetualMarket(OWNER, _settings());
        _setParams(p);
        _refused(
            ANN,
            BTC1,
            abi.encodeWithSelector(IPerpetualMarket.MarkIsNotThisMarket.selector, address(p.mark), address(market))
        );
        _trade(ANN, -BTC1);
    }

    // ---------------------------------------------------------------- helpers

    /// @dev One bitcoin long with the least margin.
    function _vulnerable() private {
        _fund(BOB, 400_000);
        _trade(ANN, BTC1);
        _withdrawAll(ANN);
    }

    function _refusedLiquidation(address trader) private {
        int256 given = market.marginRatio(trader);
        assertTrue(given >= 0.05e18, "the better price holds it");
        (bool ok, bytes memory why) = address(market).call(abi.encodeCall(market.liquidate, (trader)));
        assertTrue(!ok && bytes4(why) == IPerpetualMarket.NotLiquidatable.selector, "liquidated");
    }

    function _onlyTheWayOut(bytes memory why, bool settles) private {
        _refused(BOB, BTC1, why);
        _refused(ANN, -BTC1 / 2, why);
        _refusedCall(BOB, abi.encodeCall(market.deposit, (1)), why);
        _refusedCall(ANN, abi.encodeCall(market.withdraw, (1)), why);
        _refusedCall(ANN, abi.encodeCall(market.redeem, (1)), why);
        _refusedCall(BOB, abi.encodeCall(market.liquidate, (ANN)), why);
        if (settles) _refusedCall(BOB, abi.encodeCall(market.settle, (ANN)), why);
        else market.settle(ANN);
        assertEq(market.withdrawable(ANN), 0);
        _close(ANN);
        _withdrawAll(ANN);
        _withdrawAll(BOB);
        assertEq(token.balanceOf(BOB), 100_000e6);
    }

    function _refused(address trader, int256 delta, bytes memory why) private {
        _refusedCall(trader, abi.encodeCall(market.trade, (delta, delta > 0 ? ANY : 0)), why);
    }

    function _refusedCall(address trader, bytes memory data, bytes memory why) private {
        vm.prank(trader);
        (bool ok, bytes memory given) = address(market).call(data);
        assertTrue(!ok, "not refused");
        assertEq(keccak256(given), keccak256(why));
    }

    function _setParams(IPerpetualFunding.Params memory p) private {
        vm.prank(OWNER);
        funding.setParams(BTC, p);
    }

    function _near(uint256 a, uint256 b, uint256 by) private pure returns (bool) {
        return a + by >= b && b + by >= a;
    }
}
