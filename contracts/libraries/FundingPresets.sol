// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IMarkPrice} from "../interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "../interfaces/IPerpetualFunding.sol";

/// @title Parameters of known funding rules, for `addMarket` and `setParams`. Twin of reporter/funding/presets.py.
/// @dev What is like the named exchange is formula, interval, realisation and bounds. Ours everywhere: accrual between fixings is
/// continuous, a mean is time-weighted, and the mark source decides whether the premium is that of a book or of a price.
library FundingPresets {
    /// @dev Reporters further apart than 1 % give no sample.
    uint16 internal constant SPREAD_BPS = 100;
    /// @dev No bound on a premium but the hard one.
    uint64 internal constant ANY_PREMIUM = 1e18;

    /// @notice Spotline's own: Binance's formula, fixed every hour. An hourly fixing is eight times as stable as an 8-hourly one.
    function spotline(IMarkPrice mark, uint24 maxIndexAge) internal pure returns (IPerpetualFunding.Params memory) {
        return IPerpetualFunding.Params({
            mark: mark,
            interval: 1 hours,
            realisation: 8 hours,
            maxIndexAge: maxIndexAge,
            maxSpreadBps: SPREAD_BPS,
            maxPremium: 0.1e18,
            interest: 0.0001e18,
            damping: 0.0005e18,
            maxRate: 0.0075e18
        });
    }

    /// @notice Binance, binance.com/en/support/articles/360033525031: every 8 hours, I = 0.01 %, dampener 0.05 %. Binance weighs
    /// later samples more and sets the cap per contract; here it is the 0.75 % of `FundingMath.maxRateOf`.
    function binance(IMarkPrice mark, uint24 maxIndexAge) internal pure returns (IPerpetualFunding.Params memory p) {
        p = spotline(mark, maxIndexAge);
        (p.interval, p.maxPremium) = (8 hours, ANY_PREMIUM);
    }

    /// @notice Hyperliquid, hyperliquid.gitbook.io/hyperliquid-docs/trading/funding: an 8-hour rate of which an eighth is paid
    /// every hour, at most 4 % an hour.
    function hyperliquid(IMarkPrice mark, uint24 maxIndexAge)
        internal
        pure
        returns (IPerpetualFunding.Params memory p)
    {
        p = spotline(mark, maxIndexAge);
        (p.maxPremium, p.maxRate) = (ANY_PREMIUM, 0.32e18);
    }

    /// @notice Kraken, support.kraken.com/hc/en-us/articles/360022835911: the hour's mean premium is paid over 24 hours, without
    /// interest or dampener, at most 0.25 % an hour.
    function kraken(IMarkPrice mark, uint24 maxIndexAge) internal pure returns (IPerpetualFunding.Params memory p) {
        p = _daily(mark, maxIndexAge);
        (p.maxPremium, p.maxRate) = (ANY_PREMIUM, 0.02e18);
    }

    /// @notice Drift, npm @drift-labs/sdk 2.134 src/math/funding.ts, tiers A and B: as Kraken, the premium at most 1/33 either
    /// way, so at most 0.126 % an hour. Drift also adds 1/5000 a day, which is left out.
    function drift(IMarkPrice mark, uint24 maxIndexAge) internal pure returns (IPerpetualFunding.Params memory p) {
        p = _daily(mark, maxIndexAge);
        (p.maxPremium, p.maxRate) = (uint64(1e18) / 33, uint64(1e18) / 33 / 3);
    }

    function _daily(IMarkPrice mark, uint24 maxIndexAge) private pure returns (IPerpetualFunding.Params memory p) {
        p = spotline(mark, maxIndexAge);
        (p.realisation, p.interest, p.damping) = (24 hours, 0, 0);
    }
}
