// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {ReporterSet} from "./libraries/ReporterSet.sol";
import {Rounds} from "./Rounds.sol";

/// @title The aggregator's configuration and who may change it. All NatSpec is in `IAggregator`.
/// @dev The owner is meant to be a timelock. The pauser can only pause, the feed manager can only add feeds. Nothing here
/// writes a round, so nothing here can make a stored answer look younger.
abstract contract Management is Rounds, Ownable2Step {
    /// @dev One slot; `set` is the code that holds the reporters.
    struct Config {
        address set;
        uint32 configCount;
        uint8 quorum;
        uint8 reporterCount;
        uint8 maxAge;
        bool paused;
    }

    Config internal _config;
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
        _config.paused = true;
        emit Paused(msg.sender);
    }

    /// @inheritdoc IAggregator
    function unpause() external onlyOwner {
        _config.paused = false;
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
        return ReporterSet.load(_config.set).reporters;
    }

    /// @inheritdoc IAggregator
    function config()
        external
        view
        returns (uint32 configCount, bytes32 configDigest, uint8 reporterCount, uint8 quorum, uint8 maxAge, bool paused)
    {
        Config memory c = _config;
        configDigest = ReporterSet.load(c.set).configDigest;
        return (c.configCount, configDigest, c.reporterCount, c.quorum, c.maxAge, c.paused);
    }

    /// @inheritdoc IAggregator
    function domainSeparator() external view returns (bytes32) {
        return ReporterSet.load(_config.set).domainSeparator;
    }

    function _setConfig(address[] memory newReporters, uint8 quorum) internal {
        uint32 configCount = _config.configCount + 1;
        (address set, bytes32 configDigest) = ReporterSet.store(configCount, newReporters, quorum);
        _config.set = set;
        _config.configCount = configCount;
        _config.quorum = quorum;
        _config.reporterCount = uint8(newReporters.length); // at most MAX_REPORTERS, checked by `store`
        emit ConfigChanged(configCount, configDigest, newReporters, quorum);
    }

    function _setMaxAge(uint8 maxAge) internal {
        if (maxAge == 0) revert MaxAgeOutOfRange(maxAge);
        _config.maxAge = maxAge;
        emit MaxAgeChanged(maxAge);
    }
}
