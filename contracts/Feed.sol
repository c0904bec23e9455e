// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AggregatorV3Interface} from "./interfaces/AggregatorV3Interface.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";

/// @title One feed's Chainlink face: no owner, no proxy, no storage, no events (those are the aggregator's).
/// @notice `startedAt` is when the reporters observed the price, `updatedAt` the block time that brought it. The legacy
/// functions answer 0 where there is no round, as Chainlink's do; the others revert "No data present".
contract Feed is AggregatorV3Interface {
    IAggregator public immutable aggregator;
    bytes32 public immutable feedId;
    uint8 public immutable decimals;

    uint256 public constant version = 1;

    /// @dev Reverts `UnknownFeedId` when the aggregator does not have the feed.
    constructor(IAggregator aggregator_, bytes32 feedId_) {
        aggregator = aggregator_;
        feedId = feedId_;
        decimals = aggregator_.feedDecimals(feedId_);
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80 id)
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return _face(_round(id));
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        IAggregator source = aggregator;
        bytes32 id = feedId;
        bytes4 selector = IAggregator.latestRound.selector;
        // `_face(aggregator.latestRound(feedId))` less solc's checks and copies of what the aggregator encoded.
        assembly {
            mstore(0x00, selector)
            mstore(0x04, id)
            // Evaluated from the right: a call that fails or answers too little is passed on.
            if iszero(and(gt(returndatasize(), 0xbf), staticcall(gas(), source, 0x00, 0x24, 0x00, 0xa0))) {
                returndatacopy(0x00, 0x00, returndatasize())
                revert(0x00, returndatasize())
            }
            // roundId, observedAt, updatedAt, answer, reporters become roundId, answer, observedAt, updatedAt, roundId.
            roundId := mload(0x00)
            answer := mload(0x60)
            mstore(0x60, mload(0x40))
            mstore(0x40, mload(0x20))
            mstore(0x20, answer)
            mstore(0x80, roundId)
            if roundId { return(0x00, 0xa0) }
            mstore(0x40, 0x80)
        }
        revert("No data present");
    }

    /// @inheritdoc AggregatorV3Interface
    /// @dev "BTC / USD" from the id "BTC/USD".
    function description() external view returns (string memory) {
        // slither-disable-next-line uninitialized-local: it starts empty
        bytes memory text;
        for (uint256 i = 0; i < 32 && feedId[i] != 0; i++) {
            text = feedId[i] == "/" ? bytes.concat(text, " / ") : bytes.concat(text, feedId[i]);
        }
        return string(text);
    }

    function latestAnswer() external view returns (int256) {
        return aggregator.latestRound(feedId).answer;
    }

    function latestTimestamp() external view returns (uint256) {
        return aggregator.latestRound(feedId).updatedAt;
    }

    function latestRound() external view returns (uint256) {
        return aggregator.latestRound(feedId).roundId;
    }

    function getAnswer(uint256 roundId) external view returns (int256) {
        return _round(roundId).answer;
    }

    function getTimestamp(uint256 roundId) external view returns (uint256) {
        return _round(roundId).updatedAt;
    }

    /// @dev All zero for a round that is not kept.
    function _round(uint256 roundId) private view returns (IAggregator.Round memory round) {
        if (roundId > type(uint32).max) return round;
        try aggregator.getRound(feedId, uint32(roundId)) returns (IAggregator.Round memory kept) {
            return kept;
        } catch {
            return round;
        }
    }

    function _face(IAggregator.Round memory r)
        private
        pure
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        require(r.roundId != 0, "No data present");
        return (r.roundId, r.answer, r.observedAt, r.updatedAt, r.roundId);
    }
}
