// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "./interfaces/IAggregator.sol";
import {IMarkPrice} from "./interfaces/IMarkPrice.sol";
import {FundingMath} from "./libraries/FundingMath.sol";

/// @title A mark from a perpetual's book: its impact bid and impact ask, two feeds of the same reporters.
/// @dev It answers the price whose premium is `[max(0, bid - index) - max(0, index - ask)] / index`, so that every mark source has
/// one interface and one set of rules. That loses nothing: `PerpetualFunding` divides by the same round of the same index, read
/// in the same call, so numerator and premium are exact.
contract ImpactMark is IMarkPrice {
    IAggregator public immutable aggregator;
    /// @notice The index feed; it must be the market's.
    bytes32 public immutable indexId;
    bytes32 public immutable bidId;
    bytes32 public immutable askId;
    /// @notice Seconds. A side without a round for longer has no depth (its reporters abstain) and counts as premium 0.
    uint256 public immutable maxAge;

    error DecimalsDiffer(uint8 mark, uint8 index);

    /// @dev Prices in other units than the index would read as a premium at the bound, so such a mark cannot be made.
    constructor(IAggregator aggregator_, bytes32 bidId_, bytes32 askId_, bytes32 indexId_, uint256 maxAge_) {
        uint8 index = aggregator_.feedDecimals(indexId_);
        _same(aggregator_.feedDecimals(bidId_), index);
        _same(aggregator_.feedDecimals(askId_), index);
        (aggregator, indexId, bidId, askId, maxAge) = (aggregator_, indexId_, bidId_, askId_, maxAge_);
    }

    /// @inheritdoc IMarkPrice
    /// @dev All zero, which is no sample, when neither side has depth or there is no index. The time is that of the older side and
    /// the spread that of the wider one.
    function markPrice() external view returns (int256 price, uint64 observedAt, uint16 spreadBps) {
        IAggregator.Round memory bid = _side(bidId);
        IAggregator.Round memory ask = _side(askId);
        if (bid.answer == 0 && ask.answer == 0) return (0, 0, 0);
        int256 index = aggregator.latestRound(indexId).answer;
        if (index == 0) return (0, 0, 0);
        price = FundingMath.bookMark(bid.answer, ask.answer, index);
        observedAt =
            bid.answer == 0 || (ask.answer != 0 && ask.observedAt < bid.observedAt) ? ask.observedAt : bid.observedAt;
        spreadBps = bid.spreadBps > ask.spreadBps ? bid.spreadBps : ask.spreadBps;
    }

    /// @dev An empty round when the side has no depth.
    function _side(bytes32 feedId) private view returns (IAggregator.Round memory round) {
        round = aggregator.latestRound(feedId);
        if (block.timestamp - round.observedAt > maxAge) delete round;
    }

    function _same(uint8 mark, uint8 index) private pure {
        if (mark != index) revert DecimalsDiffer(mark, index);
    }
}
