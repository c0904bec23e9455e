// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualFunding} from "../interfaces/IPerpetualFunding.sol";

/// @title The hard bounds of a market's parameters: wide enough for the rules of the exchanges we know, too narrow to confiscate.
library FundingRules {
    uint256 internal constant MIN_INTERVAL = 10 seconds;
    uint256 internal constant MAX_INTERVAL = 24 hours;
    /// @dev A premium is paid within an hour at the soonest, within a day at the latest.
    uint256 internal constant MIN_REALISATION = 1 hours;
    uint256 internal constant MAX_REALISATION = 24 hours;
    uint256 internal constant MIN_INDEX_AGE = 1 seconds;
    /// @dev A day's heartbeat with room.
    uint256 internal constant MAX_INDEX_AGE = 2 days;
    uint256 internal constant MAX_SPREAD_BPS = 10_000;
    uint256 internal constant MAX_PREMIUM = 1e18;
    /// @dev 0.1 % per 8 hours, ten times the usual.
    uint256 internal constant MAX_INTEREST = 0.001e18;
    /// @dev 0 is no dampener.
    uint256 internal constant MAX_DAMPING = 0.01e18;
    /// @dev 4 % an hour, the highest cap in use (Hyperliquid).
    uint256 internal constant MAX_RATE = 0.32e18;

    /// @notice Reverts `ParameterOutOfRange` with the name, the value and the bound it breaks.
    function check(IPerpetualFunding.Params calldata p) internal view {
        _between("mark code size", address(p.mark).code.length, 1, type(uint256).max);
        _between("interval", p.interval, MIN_INTERVAL, MAX_INTERVAL);
        _between("realisation", p.realisation, MIN_REALISATION, MAX_REALISATION);
        _between("maxIndexAge", p.maxIndexAge, MIN_INDEX_AGE, MAX_INDEX_AGE);
        _between("maxSpreadBps", p.maxSpreadBps, 1, MAX_SPREAD_BPS);
        _between("maxPremium", p.maxPremium, 1, MAX_PREMIUM);
        _between("interest", p.interest, 0, MAX_INTEREST * p.realisation / 8 hours);
        _between("damping", p.damping, 0, MAX_DAMPING);
        _between("maxRate", p.maxRate, 1, MAX_RATE);
    }

    function _between(string memory name, uint256 given, uint256 least, uint256 most) private pure {
        if (given < least) revert IPerpetualFunding.ParameterOutOfRange(name, given, least);
        if (given > most) revert IPerpetualFunding.ParameterOutOfRange(name, given, most);
    }
}
