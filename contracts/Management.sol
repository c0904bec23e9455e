// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {ConfigWord} from "./libraries/Config.sol";
import {ReporterSet} from "./libraries/ReporterSet.sol";
import {Rounds} from "./Rounds.sol";

/// @title The aggregator's configuration and who may change it. All NatSpec is in `IAggregator`.
/// @dev The owner is meant to be a timelock. The pauser can only pause, the feed manager can only add feeds. Nothing here
/// writes a round, so nothing here can make a stored answer look younger.
abstract contract Management is Rounds, Ownable2Step {
    ConfigWord internal _config;
    /// @inheritdoc IAggregator
    address public pauser;
    /// @inheritdoc IAggregator
    address public feedManager;

    /// @inheritdoc IAggregator
    function setConfig(address[] calldata newReporters, uint8 quorum) external onlyOwner {
        _setConfig(newReporters, quorum);
    }

    /// @inheritdoc IAggregator
    function addFeed(bytes32 feedId, uint8 decimals) external {
        if (msg.sender != feedManager && msg.sender != owner()) revert Unauthorized(msg.sender);
        _addFeed(feedId, decimals);
    }

    /// @inheritdoc IAggregator
    function setMaxAge(uint8 maxAge) external onlyOwner {
        _setMaxAge(maxAge);
    }

    /// @inheritdoc IAggregator
    function pause() external {
        if (msg.sender != pauser && msg.sender != owner()) revert Unauthorized(msg.sender);
        _config = _config.withPaused(true);
        emit Paused(msg.sender);
    }

    /// @inheritdoc IAggregator
    function unpause() external onlyOwner {
        _config = _config.withPaused(false);
        emit Unpaused(msg.sender);
    }

    /// @inheritdoc IAggregator
    function setPauser(address newPauser) external onlyOwner {
        pauser = newPauser;
        emit PauserChanged(newPauser);
    }

    /// @inheritdoc IAggregator
    function setFeedManager(address newFeedManager) external onlyOwner {
        feedManager = newFeedManager;
        emit FeedManagerChanged(newFeedManager);
    }

    /// @inheritdoc IAggregator
    function reporters() external view returns (address[] memory) {
        return ReporterSet.load(_config).reporters;
    }

    /// @inheritdoc IAggregator
    function config()
        external
        view
        returns (uint32 configCount, bytes32 configDigest, uint8 reporterCount, uint8 quorum, uint8 maxAge, bool paused)
    {
        ConfigWord c = _config;
        configDigest = ReporterSet.load(c).configDigest;
        return (c.configCount(), configDigest, c.reporterCount(), c.quorum(), c.maxAge(), c.paused());
    }

    /// @inheritdoc IAggregator
    function domainSeparator() external view returns (bytes32) {
        return ReporterSet.load(_config).domainSeparator;
    }

    function _quorum() internal view override returns (uint8) {
        return _config.quorum();
    }

    function _setConfig(address[] memory newReporters, uint8 quorum) internal {
        uint32 configCount = _config.configCount() + 1;
        (address set, bytes32 configDigest) = ReporterSet.store(configCount, newReporters, quorum);
        _config = _config.withSet(set, configCount, quorum, newReporters.length);
        emit ConfigChanged(configCount, configDigest, newReporters, quorum);
    }

    function _setMaxAge(uint8 maxAge) internal {
        if (maxAge == 0) revert MaxAgeOutOfRange(maxAge);
        _config = _config.withMaxAge(maxAge);
        emit MaxAgeChanged(maxAge);
    }
}
