// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AggregatorV3Interface} from "./AggregatorV3Interface.sol";
import {IAggregator} from "./IAggregator.sol";

/// @title The strict read of `IAggregator` for a rollup: refuses while the sequencer is down and for a while after.
/// @notice While the sequencer is down, and just after, only some can transact: a price that nobody could act on or correct
/// must not liquidate anyone. Protocols found without this check: audits of Zaros, Stella, Bima and Perennial.
/// A `maxAge` of at most `grace` also makes sure that the answer was observed after the sequencer came back.
/// No owner and no setter; every doubt about the uptime feed refuses the read.
interface ISequencerGuard {
    /// @notice The sequencer is down.
    error SequencerDown();
    /// @notice The sequencer has been up for `upFor` seconds; it must be more than `grace`.
    error GracePeriodNotOver(uint256 upFor, uint256 grace);
    /// @notice The uptime feed reverted, has no code, or answered with less than a round.
    error UptimeFeedFailed(address uptimeFeed);
    /// @notice The uptime round says nothing: its answer is neither 0 nor 1, or its start is 0 (the feed was never
    /// initialised) or lies in the future.
    error UptimeRoundInvalid(int256 answer, uint256 startedAt);
    error GraceOutOfRange(uint256 given, uint256 least, uint256 most);
    error NotAContract(address given);

    /// @notice As `IAggregator.read`, once the sequencer has been up for longer than `grace`.
    /// @dev Reverts `UptimeFeedFailed`, `UptimeRoundInvalid`, `SequencerDown`, `GracePeriodNotOver`, and whatever
    /// `IAggregator.read` reverts with.
    /// @param maxAge seconds; an age equal to it is still fresh
    function read(bytes32 feedId, uint256 maxAge)
        external
        view
        returns (int256 answer, uint64 observedAt, uint16 spreadBps, uint8 reporters);

    /// @notice Where the answers come from.
    function aggregator() external view returns (IAggregator);

    /// @notice Chainlink's L2 sequencer uptime feed: answer 0 is up, 1 is down, `startedAt` is since when.
    function uptimeFeed() external view returns (AggregatorV3Interface);

    /// @notice Seconds after the sequencer came back during which reads are refused.
    function grace() external view returns (uint256);
}
