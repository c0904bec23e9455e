// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IPerpetualMarket} from "../interfaces/IPerpetualMarket.sol";

/// @title The bounds of a market's settings. With them no sum of a market leaves its word.
library MarketRules {
    uint256 internal constant MAX_DECIMALS = 18;
    uint256 internal constant BPS = 10_000;
    /// @dev A billion units of base.
    uint256 internal constant MAX_BASE = 1e27;
    /// @dev A billion quote per base.
    uint256 internal constant MAX_PRICE = 1e27;
    /// @dev A quadrillion quote, of which the whole depth is worth at most.
    uint256 internal constant MAX_QUOTE = 1e33;
    /// @dev One position of least size can receive what this many pay, and no more.
    uint256 internal constant MAX_RATIO = 1e9;
    /// @dev At most 6 times what is between the margins may be paid in 8 hours (FundingMath.maxRateOf).
    uint256 internal constant RATE_TO_MARGIN = 6;

    /// @notice Reverts `SettingOutOfRange` with the name, the value and the bound it breaks.
    function check(IPerpetualMarket.Settings memory s) internal view {
        _between("token decimals", IERC20Metadata(address(s.token)).decimals(), 0, MAX_DECIMALS);
        _between("baseReserve", s.baseReserve, 2, MAX_BASE);
        _between("startPrice", s.startPrice, 1, MAX_PRICE);
        _between("quoteReserve", quoteReserve(s), 1, MAX_QUOTE);
        _between("maxOpenInterest", s.maxOpenInterest, 1, s.baseReserve / 2);
        _between("minSize", s.minSize, (s.maxOpenInterest - 1) / MAX_RATIO + 1, s.maxOpenInterest);
        _between("maintenanceMarginBps", s.maintenanceMarginBps, 1, BPS - 1);
        _between("initialMarginBps", s.initialMarginBps, s.maintenanceMarginBps + 1, BPS);
        _between("takerFeeBps", s.takerFeeBps, 0, s.maintenanceMarginBps);
        _between("liquidationBonusBps", s.liquidationBonusBps, 0, s.maintenanceMarginBps - s.takerFeeBps);
    }

    /// @notice The maker's quote reserve at the start price.
    function quoteReserve(IPerpetualMarket.Settings memory s) internal pure returns (uint256) {
        return uint256(s.baseReserve) * s.startPrice / 1e18;
    }

    /// @notice The most that the funding market's `maxRate` may be, so that the least margin to open with outlasts 80 minutes.
    function maxRate(IPerpetualMarket.Settings memory s) internal pure returns (uint256) {
        return RATE_TO_MARGIN * (s.initialMarginBps - s.maintenanceMarginBps) * 1e14;
    }

    function _between(string memory name, uint256 given, uint256 least, uint256 most) private pure {
        if (given < least) revert IPerpetualMarket.SettingOutOfRange(name, given, least);
        if (given > most) revert IPerpetualMarket.SettingOutOfRange(name, given, most);
    }
}
