// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "./interfaces/IAggregator.sol";
import {IMarkPrice} from "./interfaces/IMarkPrice.sol";

/// @title A mark price that the same reporters publish, e.g. the feed "BTC/USD-PERP" over perpetual venues.
contract FeedMark is IMarkPrice {
    IAggregator public immutable aggregator;
    bytes32 public immutable feedId;

    error DecimalsDiffer(uint8 mark, uint8 index);

    /// @dev A mark in other units than its index would read as a premium at the bound, so it cannot be made.
    constructor(IAggregator aggregator_, bytes32 feedId_, bytes32 indexFeedId) {
        uint8 mark = aggregator_.feedDecimals(feedId_);
        uint8 index = aggregator_.feedDecimals(indexFeedId);
        if (mark != index) revert DecimalsDiffer(mark, index);
        aggregator = aggregator_;
        feedId = feedId_;
    }

    /// @inheritdoc IMarkPrice
    /// @dev All zero before the first round, which counts as no sample.
    function markPrice() external view returns (int256 price, uint64 observedAt, uint16 spreadBps) {
        IAggregator.Round memory round = aggregator.latestRound(feedId);
        return (round.answer, round.observedAt, round.spreadBps);
    }
}
