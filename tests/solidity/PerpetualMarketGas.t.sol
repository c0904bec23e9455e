// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {MarketBase} from "./MarketBase.sol";

/// @dev Settling a position, with every contract and slot cold, as the first call of a transaction finds them. The
/// transaction's 21,000 and its calldata come on top.
contract PerpetualMarketGasTest is MarketBase {
    event Seen(uint256);

    function setUp() public override {
        super.setUp();
        _trade(ANN, 2 * BTC1);
        _trade(BOB, -BTC1);
        _pass(HOUR + 60, INDEX);
        market.settle(ANN);
        market.settle(BOB);
        _pass(HOUR, INDEX);
    }

    function test_settle__who_pays_accrued_in_this_block__then_within_the_figure() public {
        assertTrue(market.fundingOwed(ANN) > 0, "pays");
        emit Seen(_settleCold(ANN));
    }

    function test_settle__who_receives_accrued_in_this_block__then_within_the_figure() public {
        market.settle(ANN);
        assertTrue(market.fundingOwed(BOB) < 0, "receives");
        emit Seen(_settleCold(BOB));
    }

    function test_settle__accrues_in_the_view__then_within_the_figure() public {
        _to(now_ + 60);
        _index(INDEX);
        emit Seen(_settleCold(ANN));
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
