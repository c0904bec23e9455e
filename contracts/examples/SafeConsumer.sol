// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "../interfaces/IAggregator.sol";

/// @title How a protocol reads a Spotline price: copy this and choose the two limits.
/// @notice `read` itself refuses an answer older than `maxAge` and a feed without data, so there is no staleness check to
/// forget. Decimals are asked once: a feed's never change. A spread over the limit means that reporters disagree, as in a
/// depeg or an outage of venues: then do not liquidate. What to do without a price is yours: let users repay and withdraw.
/// On a rollup read through a `SequencerGuard`, which has the same `read`.
/// @dev `maxAge` is the feed's heartbeat plus a block or two. Store no answer: ask in the transaction that needs it.
contract SafeConsumer {
    uint8 public constant DECIMALS = 18;

    IAggregator public immutable aggregator;
    bytes32 public immutable feedId;
    uint256 public immutable maxAge;
    uint256 public immutable maxSpreadBps;
    uint256 internal immutable _scale;

    error NotPositive(int256 answer);
    error SpreadTooWide(uint256 given, uint256 limit);

    constructor(IAggregator aggregator_, bytes32 feedId_, uint256 maxAge_, uint256 maxSpreadBps_) {
        aggregator = aggregator_;
        feedId = feedId_;
        maxAge = maxAge_;
        maxSpreadBps = maxSpreadBps_;
        _scale = 10 ** (DECIMALS - aggregator_.feedDecimals(feedId_)); // a feed has at most 18
    }

    /// @notice The price with 18 decimals, always above 0. Reverts `NoData`, `Stale`, `SpreadTooWide`, `NotPositive`.
    function price() public view returns (uint256) {
        // slither-disable-next-line unused-return: the other two are for those who want them
        (int256 answer,, uint16 spreadBps,) = aggregator.read(feedId, maxAge);
        if (spreadBps > maxSpreadBps) revert SpreadTooWide(spreadBps, maxSpreadBps);
        if (answer <= 0) revert NotPositive(answer);
        return uint256(answer) * _scale;
    }
}
