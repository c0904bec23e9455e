// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IMarkPrice} from "./IMarkPrice.sol";

/// @title Perpetual funding: premium of the mark over the index, averaged, fixed per interval, accrued continuously.
/// @notice A market is named by its index feed id. Rates are integers with 1e18 = 100 %, per 8 hours in views. Cumulative
/// funding is in the quote currency per unit of base, with 1e18 = 1: a long of size s pays
/// s * (net - netAtEntry). Times are Unix seconds. Rounding is toward minus infinity.
interface IPerpetualFunding {
    /// @notice Parameters of a market.
    /// @param mark where the mark price comes from
    /// @param interval seconds between fixings of the rate
    /// @param realisation seconds over which a mean premium is paid: 28,800 as Binance, 86,400 as Kraken and Drift
    /// @param maxIndexAge seconds; an older index is not fresh and accrual stops at its end
    /// @param maxSpreadBps a sample whose reporters' spread exceeds it does not count
    /// @param maxPremium bound on one premium sample, 1e18 = 100 %
    /// @param interest interest rate I per `realisation`, 1e18 = 100 %
    /// @param damping half-width of the clamp on (I - P), 1e18 = 100 %; 0 is no dampener, then I has no effect
    /// @param maxRate bound on the rate per 8 hours, 1e18 = 100 %
    struct Params {
        IMarkPrice mark;
        uint24 interval;
        uint24 realisation;
        uint24 maxIndexAge;
        uint16 maxSpreadBps;
        uint64 maxPremium;
        uint64 interest;
        uint64 damping;
        uint64 maxRate;
    }

    event MarketAdded(bytes32 indexed market, Params params);
    event ParamsSet(bytes32 indexed market, Params params);
    /// @param longsPaid what one unit long has paid while the rate was positive, since the market began
    /// @param shortsPaid what one unit short has paid while it was negative
    event Accrued(bytes32 indexed market, uint256 longsPaid, uint256 shortsPaid, int256 premium, uint64 time);
    event RateFixed(bytes32 indexed market, int256 rate, int256 meanPremium, uint64 coverageBps, uint64 time);
    event FundingPaused(bytes32 indexed market, uint64 time);
    event FundingResumed(bytes32 indexed market, uint64 time);

    error UnknownMarket(bytes32 market);
    error MarketExists(bytes32 market);
    error ParameterOutOfRange(string name, uint256 given, uint256 limit);

    /// @notice Take a premium sample, accrue up to now and fix the rate if a boundary has passed. Anyone may call. Never
    /// reverts for a registered market, whatever the index or mark source does.
    function accrue(bytes32 market) external;

    /// @notice The rate being accrued now, per 8 hours.
    function fundingRate(bytes32 market) external view returns (int256 rate8h);

    /// @notice What the rate would be if the interval ended as it stands: mean so far, the newest premium for the rest.
    function predictedRate(bytes32 market) external view returns (int256 rate8h);

    /// @notice What has been paid since the market began, up to now (accrued in the view), quote per base, 1e18 = 1.
    /// @return net what one unit long has paid less what it has received: for markets whose longs equal their shorts
    /// @return longsPaid what one unit long has paid while the rate was positive; never falls
    /// @return shortsPaid what one unit short has paid while the rate was negative; never falls
    function cumulativeFunding(bytes32 market) external view returns (int256 net, uint256 longsPaid, uint256 shortsPaid);

    /// @notice The newest premium sample, 1e18 = 100 %.
    function premium(bytes32 market) external view returns (int256);

    /// @notice Share of the present interval covered by valid samples so far, in basis points.
    function coverage(bytes32 market) external view returns (uint256 bps);

    /// @notice When the rate is next fixed.
    function nextFundingTime(bytes32 market) external view returns (uint64);

    /// @notice Whether accrual stands still because the index is not fresh.
    function fundingPaused(bytes32 market) external view returns (bool);

    /// @notice When the market last accrued.
    function lastAccrual(bytes32 market) external view returns (uint64);

    /// @notice A market's parameters, as last set.
    function params(bytes32 market) external view returns (Params memory);

    /// @notice Add a market with parameters inside the hard bounds. Owner only.
    function addMarket(bytes32 market, Params calldata p) external;

    /// @notice Accrue up to now under the old parameters, then set new ones inside the same hard bounds. Owner only. What was
    /// paid, the rate in force and the announced boundary stay; that boundary's rate is made under the new parameters.
    function setParams(bytes32 market, Params calldata p) external;
}
