// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualMarket} from "contracts/interfaces/IPerpetualMarket.sol";
import {MarketFunds} from "contracts/libraries/MarketFunds.sol";
import {Positions} from "contracts/libraries/Positions.sol";
import {SharedFunding} from "contracts/libraries/SharedFunding.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Funding between unequal sides; profits, bad debt and the haircut.
contract PerpetualMarketFundsTest is MarketBase {
    using MarketFunds for IPerpetualMarket.Funds;
    using Positions for Positions.State;
    using SharedFunding for IPerpetualMarket.Sides;

    // ---------------------------------------------------------------- funding

    function test_funding__two_long_one_short__then_the_short_gets_what_both_pay() public {
        _trade(ANN, 2 * BTC1);
        _trade(BOB, -BTC1);
        _pass(HOUR, INDEX); // the rate is fixed at its end
        (, uint256 before,) = funding.cumulativeFunding(BTC);
        _pass(HOUR, INDEX);
        (, uint256 paid,) = funding.cumulativeFunding(BTC);
        assertEq(before, 0);
        assertTrue(paid > 0, "longs pay");
        assertEq(market.fundingOwed(ANN), int256(2 * paid / 1e12 + 1));
        assertEq(market.fundingOwed(BOB), -int256(2 * paid / 1e12));
    }

    function test_funding__one_side_alone__then_nobody_pays_and_nothing_is_made_up_for_later() public {
        _trade(ANN, 2 * BTC1);
        _pass(2 * HOUR, INDEX);
        (, uint256 paid,) = funding.cumulativeFunding(BTC);
        assertTrue(paid > 0, "the contract accrues");
        assertEq(market.fundingOwed(ANN), 0);
        _trade(BOB, -BTC1);
        assertEq(market.fundingOwed(ANN), 0);
        assertEq(market.fundingOwed(BOB), 0);
    }

    function test_funding__nothing_to_pay_it_from__then_it_stays_owed_in_the_position() public pure {
        Positions.State memory s;
        (s.scale, s.sides.longNet) = (1e12, 10e18);
        (s.account.size, s.account.collateral, s.account.claim) = (1e18, 4e6, 1e6);
        s.funds.claims = 1e6;
        s.settle();
        assertEq(s.funding, 10e6);
        assertTrue(s.account.collateral == 0 && s.account.claim == 0 && s.funds.pool == 4e6, "what there is is taken");
        assertEq(s.account.openNotional, 5e18);
        assertTrue(s.badDebt == 0 && s.funds.deficit == 0, "no bad debt while the position stands");
    }

    function test_funding__stale_for_an_hour__then_nobody_is_charged_for_the_gap() public {
        _trade(ANN, 2 * BTC1);
        _trade(BOB, -2 * BTC1 + 1e15);
        _pass(HOUR + 1800, INDEX);
        _to(now_ + 3660); // fresh until here
        int256 owed = market.fundingOwed(ANN);
        assertTrue(owed > 0, "pays until the end of freshness");
        _to(now_ + HOUR);
        assertEq(market.fundingOwed(ANN), owed);
        _index(INDEX);
        uint256 before = _collateral(ANN);
        market.settle(ANN);
        assertEq(_collateral(ANN), before);
        assertEq(before + uint256(owed) + _feeOf(ANN), 100_000e6);
        _pass(2 * HOUR, INDEX); // the rate of the pause is 0; the next is fixed after it
        assertTrue(market.fundingOwed(ANN) > 0, "and pays again");
    }

    function test_trade__moves_the_mark__then_the_sample_of_its_block_is_the_one_before_it() public {
        _to(now_ + 60);
        _index(INDEX);
        _trade(ANN, 10 * BTC1);
        funding.accrue(BTC);
        assertEq(funding.premium(BTC), 0);
        _to(now_ + 60);
        _index(INDEX);
        funding.accrue(BTC);
        assertTrue(funding.premium(BTC) > 0.02e18, "from the next block on");
    }

    function testFuzz_advance__any_sums_and_sizes__then_never_more_received_than_paid(
        uint128 longs,
        uint128 shorts,
        uint128 byLongs,
        uint128 byShorts
    ) public pure {
        IPerpetualMarket.Sides memory s;
        (s.longs, s.shorts) = (uint128(bound(longs, 0, 1e27)), uint128(bound(shorts, 0, 1e27)));
        s.advance(byLongs, byShorts);
        int256 paid = int256(uint256(s.longs)) * s.longNet + int256(uint256(s.shorts)) * s.shortNet;
        assertTrue(paid >= 0, "received more than was paid");
        assertTrue(paid <= int256(uint256(s.longs) + s.shorts), "more than rounding is lost");
        if (s.longs == 0 || s.shorts == 0) assertTrue(s.longNet == 0 && s.shortNet == 0, "one side paid");
    }

    // ---------------------------------------------------------------- profit, bad debt, haircut

    function test_profit__loser_still_open__then_a_claim_until_the_loss_is_collected() public {
        _trade(ANN, BTC1);
        _trade(BOB, 10 * BTC1);
        (int256 earned,) = market.quote(-BTC1);
        uint256 gain = uint256(-earned - market.position(ANN).openNotional) / 1e12;
        _close(ANN);
        assertEq(market.position(ANN).claim, gain);
        assertEq(_funds().claims, gain);
        _close(BOB);
        uint256 before = _collateral(ANN);
        assertTrue(market.position(ANN).claim == 0, "paid at the next touch, as the view says");
        market.settle(ANN);
        assertEq(_collateral(ANN), before);
        assertEq(_funds().claims, 0);
    }

    function test_loss__beyond_collateral__then_insurance_then_deficit() public pure {
        IPerpetualMarket.Funds memory f = _made(0, 0, 30, 0);
        IPerpetualMarket.Account memory a;
        (a.collateral, a.claim, f.claims) = (50, 10, 10);
        uint256 unpaid = f.debit(a, 100);
        assertEq(unpaid, 40);
        assertEq(f.writeOff(unpaid), 30);
        assertTrue(a.collateral == 0 && a.claim == 0 && f.claims == 0, "all taken");
        assertTrue(f.pool == 80 && f.insurance == 0 && f.deficit == 10, "collected, insured, missing");
    }

    function test_redeem__a_deficit__then_everyone_loses_the_same_part() public pure {
        IPerpetualMarket.Funds memory f = _made(60, 40, 0, 100);
        (IPerpetualMarket.Account memory a, IPerpetualMarket.Account memory b) = (_claiming(50), _claiming(50));
        assertEq(f.collect(a), 0);
        assertEq(f.redeem(a, 50), 30);
        assertEq(f.redeem(b, 50), 30);
        assertTrue(f.pool == 0 && f.deficit == 0 && f.claims == 0, "resolved");
    }

    function test_insure__a_deficit__then_repaid_first() public pure {
        IPerpetualMarket.Funds memory f = _made(60, 40, 0, 100);
        f.insure(50);
        assertTrue(f.pool == 100 && f.deficit == 0 && f.insurance == 10, "repaid");
    }

    function testFuzz_redeem__any_order_and_parts__then_the_same_part_to_the_unit(
        uint128 pool,
        uint128 deficit,
        uint128 part
    ) public pure {
        uint256 owed = bound(pool, 1, 1e30) + bound(deficit, 1, 1e30);
        IPerpetualMarket.Funds memory f =
            _made(uint128(bound(pool, 1, 1e30)), uint128(bound(deficit, 1, 1e30)), 0, uint128(owed));
        (uint256 p, uint256 d) = (f.pool, f.deficit);
        IPerpetualMarket.Account memory a = _claiming(uint128(owed));
        uint256 first = bound(part, 0, owed);
        uint256 paid = f.redeem(a, first);
        assertEq(paid, first * p / (p + d));
        paid += f.redeem(a, owed - first);
        assertEq(paid, p);
        assertTrue(f.pool == 0 && f.deficit == 0, "resolved");
    }

    function test_badDebt__beyond_the_insurance__then_the_winner_gets_what_was_collected() public {
        (depth, cap) = (60e18, 20e18);
        _open(6);
        _fund(ANN, 15_000);
        _fund(BOB, 300_000);
        _fund(CAT, 300_000);
        _trade(ANN, BTC1);
        _trade(CAT, -5 * BTC1);
        _trade(BOB, -5 * BTC1);
        uint256 insured = market.insurance();
        (int256 earned,) = market.quote(-BTC1);
        uint256 loss = uint256(market.position(ANN).openNotional + earned) / 1e12 + 1;
        uint256 had = _collateral(ANN);
        assertTrue(loss > had + insured, "the loss is past both");
        _close(ANN);
        IPerpetualMarket.Funds memory f = _funds();
        assertEq(f.pool, had + insured);
        assertEq(f.deficit, loss - had - insured);
        assertEq(f.insurance, 0);
        _close(BOB);
        _close(CAT);
        f = _funds();
        uint256 claim = market.position(CAT).claim;
        uint256 expected = claim * f.pool / (uint256(f.pool) + f.deficit);
        uint256 before = _collateral(CAT);
        vm.prank(CAT);
        market.redeem(claim);
        assertEq(_collateral(CAT) - before, expected);
        assertTrue(expected < claim, "a haircut");
    }

    function test_redeem__more_than_is_known_or_owned__then_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IPerpetualMarket.ClaimTooLow.selector, 0, 1));
        vm.prank(ANN);
        market.redeem(1);
    }

    function _feeOf(address trader) private view returns (uint256) {
        return (uint256(int256(market.position(trader).openNotional)) / 1e12 + 1000) / 1000;
    }

    function _made(uint128 pool, uint128 deficit, uint128 insurance, uint128 claims)
        private
        pure
        returns (IPerpetualMarket.Funds memory)
    {
        return IPerpetualMarket.Funds(pool, deficit, insurance, claims);
    }

    function _claiming(uint128 claim) private pure returns (IPerpetualMarket.Account memory a) {
        a.claim = claim;
    }
}
