// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AggregatorV3Interface} from "./interfaces/AggregatorV3Interface.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {ISequencerGuard} from "./interfaces/ISequencerGuard.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";

/// @title Reads for a rollup, off the aggregator's path. All NatSpec is in `ISequencerGuard`.
contract SequencerGuard is ISequencerGuard {
    /// @dev Longer than the 255 s for which a signature can be used: none from the outage can be brought after the grace.
    uint256 internal constant MIN_GRACE = 5 minutes;
    uint256 internal constant MAX_GRACE = 1 days;
    /// @dev Ample for an uptime feed behind a proxy. With less left than it needs the read is refused, never passed.
    uint256 internal constant UPTIME_GAS = 250_000;
    uint256 internal constant ROUND_WORDS = 5;

    IAggregator public immutable aggregator;
    AggregatorV3Interface public immutable uptimeFeed;
    uint256 public immutable grace;

    /// @dev A wrong address or an uptime feed that was never initialised is found here and not at the first outage.
    constructor(IAggregator aggregator_, AggregatorV3Interface uptimeFeed_, uint256 grace_) {
        if (address(aggregator_).code.length == 0) revert NotAContract(address(aggregator_));
        if (grace_ < MIN_GRACE || grace_ > MAX_GRACE) revert GraceOutOfRange(grace_, MIN_GRACE, MAX_GRACE);
        _uptime(uptimeFeed_);
        aggregator = aggregator_;
        uptimeFeed = uptimeFeed_;
        grace = grace_;
    }

    /// @inheritdoc ISequencerGuard
    function read(bytes32 feedId, uint256 maxAge) external view returns (int256, uint64, uint16, uint8) {
        (bool up, uint256 since) = _uptime(uptimeFeed);
        if (!up) revert SequencerDown();
        uint256 upFor = block.timestamp - since;
        if (upFor <= grace) revert GracePeriodNotOver(upFor, grace);
        return aggregator.read(feedId, maxAge);
    }

    /// @return up whether the sequencer is up
    /// @return since since when it is up, or down; at most now
    function _uptime(AggregatorV3Interface feed) private view returns (bool up, uint256 since) {
        (bool ok, uint256[] memory round) = BoundedCall.ask(
            address(feed), abi.encodeCall(AggregatorV3Interface.latestRoundData, ()), UPTIME_GAS, ROUND_WORDS
        );
        if (!ok) revert UptimeFeedFailed(address(feed));
        uint256 answer = round[1];
        since = round[2];
        if (answer > 1 || since == 0 || since > block.timestamp) revert UptimeRoundInvalid(int256(answer), since);
        up = answer == 0;
    }
}
