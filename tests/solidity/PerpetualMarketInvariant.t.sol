// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {MarketHandler} from "./MarketHandler.sol";

/// @dev Campaigns against a market whose token has six decimals, and one whose token has eighteen.
abstract contract MarketCampaign is Base {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    MarketHandler internal handler;

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Trades and moves are named more than once, so that they come more often.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        bytes4[20] memory all = [
            handler.deposit.selector,
            handler.withdraw.selector,
            handler.withdrawTooMuch.selector,
            handler.trade.selector,
            handler.trade.selector,
            handler.trade.selector,
            handler.trade.selector,
            handler.squeeze.selector,
            handler.tradeBack.selector,
            handler.close.selector,
            handler.settle.selector,
            handler.redeem.selector,
            handler.liquidate.selector,
            handler.insure.selector,
            handler.moveIndex.selector,
            handler.moveIndex.selector,
            handler.moveIndex.selector,
            handler.pass.selector,
            handler.fallSilent.selector,
            handler.pauseOrGoOn.selector
        ];
        targets[0].selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; i++) {
            targets[0].selectors[i] = all[i];
        }
    }
}

contract PerpetualMarketInvariantTest is MarketCampaign {
    function setUp() external {
        handler = new MarketHandler(6);
    }

    /// forge-config: default.invariant.runs = 48
    /// forge-config: default.invariant.depth = 64
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_market_conserves_the_token_and_is_zero_sum() external {
        handler.check();
    }
}

contract PerpetualMarketInvariant18Test is MarketCampaign {
    function setUp() external {
        handler = new MarketHandler(18);
    }

    /// forge-config: default.invariant.runs = 48
    /// forge-config: default.invariant.depth = 64
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_market_conserves_the_token_and_is_zero_sum() external {
        handler.check();
    }
}
