// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {MarketBase} from "./MarketBase.sol";

/// @dev Settling a position, with every contract and slot cold, as the first call of a transaction finds them. The
/// transaction's 21,000 and its calldata come on top, but for the last.
contract PerpetualMarketGasTest is MarketBase {
    /// @dev What the call itself costs the caller.
    uint256 private constant CALL = 500;

    function setUp() public override {
        super.setUp();
        _trade(ANN, 2 * BTC1);
        _trade(BOB, -BTC1);
        _pass(HOUR + 60, INDEX);
        market.settle(ANN);
        market.settle(BOB);
        _pass(HOUR, INDEX);
    }

    function test_settle__cold_and_accrued_in_this_block__then_within_the_figure() public {
        assertTrue(market.fundingOwed(ANN) > 0 && market.fundingOwed(BOB) < 0, "one pays, one receives");
        assertTrue(_settleCold(ANN) < 60_000 + CALL, "who pays");
        assertTrue(_settleCold(BOB) < 60_000 + CALL, "who receives");
    }

    /// @dev The funding contract computes in the view what no `accrue` of this block has.
    function test_settle__cold_and_not_accrued__then_a_third_more() public {
        _to(now_ + 60);
        _index(INDEX);
        assertTrue(_settleCold(ANN) < 84_000, "who pays");
    }

    /// @dev As `accrue` is measured: after other calls of the same transaction, its 21,000 and calldata counted.
    function test_settle__warm__then_within_the_figure_with_the_transaction() public {
        _to(now_ + 60);
        _index(INDEX);
        funding.accrue(BTC);
        market.position(ANN);
        uint256 before = gasleft();
        market.settle(ANN);
        assertTrue(before - gasleft() < 60_000 - 21_500, "settle costs more than its figure");
    }

    function _settleCold(address trader) private returns (uint256 used) {
        vm.cool(address(market));
        vm.cool(address(funding));
        vm.cool(address(aggregator));
        uint256 before = gasleft();
        market.settle(trader);
        used = before - gasleft();
    }
}
