// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {CampaignReporters} from "./CampaignReporters.sol";

/// @dev Owner, pauser, feed manager, and those who would like to be.
contract CampaignHandler is CampaignReporters {
    uint256 private constant MOST_FEEDS = 4;

    // ---------------------------------------------------------------- the set

    /// @dev A13: a batch that was on its way dies with its set, and so does one that the new reporters signed too early.
    function rotate(uint256 seed) external plays("rotate", seed) {
        Batch memory early = _draft();
        bool byOldSet = _draw(2) == 0;
        if (byOldSet) _seal(early);
        first = _draw(POOL);
        uint256 n = 1 + _draw(5);
        delete keys;
        delete members;
        for (uint256 i = 0; i < n; i++) {
            keys.push(pool[(first + i) % POOL]);
            members.push(poolAddresses[(first + i) % POOL]);
        }
        _setConfig(uint8(n / 2 + 1 + _draw(n - n / 2)));
        if (!byOldSet) early = _early(early);
        assertEq(_deliver(early), 0);
        _keep(early);
        _succeeded();
    }

    function _early(Batch memory old) private returns (Batch memory b) {
        b = _draft();
        b.domain = old.domain;
        _seal(b);
    }

    function _setConfig(uint8 newQuorum) private {
        vm.prank(boss);
        aggregator.setConfig(members, newQuorum);
        vm.prank(OWNER);
        sibling.setConfig(members, newQuorum);
        _believeConfig(newQuorum);
    }

    /// @dev A12: no other set than a safe one.
    function setUnsafe(uint256 seed) external plays("set unsafe", seed) {
        address[] memory set = members;
        uint256 n = set.length;
        uint256 index = _draw(n);
        uint256 kind = _draw(5);
        if (kind == 0) return _unsafe(set, n / 2, abi.encodeWithSelector(_quorumError(), n / 2, n));
        if (kind == 1) return _unsafe(set, n + 1, abi.encodeWithSelector(_quorumError(), n + 1, n));
        if (kind == 2) {
            set[index] = address(0);
            return _unsafe(set, quorum, abi.encodeWithSelector(IAggregator.ZeroReporter.selector, index));
        }
        if (kind == 3) return _unsafe(_twice(set), n + 1, abi.encodeWithSelector(_twiceError(), set[0]));
        uint256 many = _draw(2) == 0 ? 0 : 32 + _draw(9);
        _unsafe(new address[](many), many / 2 + 1, abi.encodeWithSelector(IAggregator.ReporterCount.selector, many, 31));
    }

    function _unsafe(address[] memory set, uint256 q, bytes memory reason) private {
        _refused(boss, abi.encodeCall(IAggregator.setConfig, (set, uint8(q))), reason);
        _succeeded();
    }

    function _twice(address[] memory set) private pure returns (address[] memory longer) {
        longer = new address[](set.length + 1);
        for (uint256 i = 0; i < set.length; i++) {
            longer[i] = set[i];
        }
        longer[set.length] = set[0];
    }

    function _quorumError() private pure returns (bytes4) {
        return IAggregator.QuorumOutOfRange.selector;
    }

    function _twiceError() private pure returns (bytes4) {
        return IAggregator.DuplicateReporter.selector;
    }

    // ---------------------------------------------------------------- feeds and limits

    function addFeed(uint256 seed) external plays("add feed", seed) {
        address by = _draw(2) == 0 ? boss : MANAGER;
        if (feeds.length == MOST_FEEDS || _draw(4) == 0) return _addBadFeed(by);
        bytes32 feedId = bytes32(abi.encodePacked("FEED/", bytes1(uint8(0x41 + feeds.length))));
        vm.prank(by);
        aggregator.addFeed(feedId, uint8(_draw(19)));
        _believeFeed(feedId);
        _succeeded();
    }

    function _addBadFeed(address by) private {
        bytes32 there = feeds[_draw(feeds.length)];
        uint8 decimals = uint8(19 + _draw(200));
        uint256 kind = _draw(3);
        bytes memory reason = abi.encodeWithSelector(IAggregator.FeedExists.selector, there);
        if (kind == 1) reason = abi.encodeWithSelector(IAggregator.EmptyFeedId.selector);
        if (kind == 2) reason = abi.encodeWithSelector(IAggregator.DecimalsOutOfRange.selector, decimals, 18);
        bytes32 feedId = kind == 0 ? there : kind == 1 ? bytes32(0) : bytes32("NEW/USD");
        _refused(by, abi.encodeCall(IAggregator.addFeed, (feedId, kind == 2 ? decimals : 8)), reason);
        _succeeded();
    }

    function setMaxAge(uint256 seed) external plays("set max age", seed) {
        bytes memory reason = abi.encodeWithSelector(IAggregator.MaxAgeOutOfRange.selector, 0);
        if (_draw(4) == 0) _refused(boss, abi.encodeCall(IAggregator.setMaxAge, (0)), reason);
        maxAge = uint8(1 + _draw(255));
        vm.prank(boss);
        aggregator.setMaxAge(maxAge);
        _succeeded();
    }

    /// @dev A8: a batch is refused, the pauser cannot take it back, reads go on (checked after every action).
    function pause(uint256 seed) external plays("pause", seed) {
        vm.prank(_draw(2) == 0 ? PAUSER : boss);
        aggregator.pause();
        paused = true;
        Batch memory b = _draft(quorum, 1);
        _seal(b);
        assertEq(_deliver(b), 0);
        _refused(PAUSER, abi.encodeCall(IAggregator.unpause, ()), _notOwner(PAUSER));
        _keep(b);
        _succeeded();
    }

    function wait(uint256 seed) external plays("wait", seed) {
        now_ += _draw(4) == 0 ? 1 days : _draw(300);
        vm.warp(now_);
        _succeeded();
    }

    // ---------------------------------------------------------------- who may

    /// @dev A17: each selector of the owner's, by everybody else.
    function trespass(uint256 seed) external plays("trespass", seed) {
        address caller = [STRANGER, PAUSER, MANAGER, members[0]][_draw(4)];
        bytes[9] memory calls_ = [
            abi.encodeCall(IAggregator.setConfig, (members, quorum)),
            abi.encodeCall(IAggregator.setMaxAge, (255)),
            abi.encodeCall(IAggregator.unpause, ()),
            abi.encodeCall(IAggregator.setPauser, (caller)),
            abi.encodeCall(IAggregator.setFeedManager, (caller)),
            abi.encodeCall(Ownable.transferOwnership, (caller)),
            abi.encodeCall(Ownable.renounceOwnership, ()),
            abi.encodeCall(Ownable2Step.acceptOwnership, ()),
            abi.encodeCall(IAggregator.pause, ())
        ];
        uint256 which = _draw(9);
        if (which == 8 && caller == PAUSER) which = 0;
        bytes memory reason =
            which == 8 ? abi.encodeWithSelector(IAggregator.Unauthorized.selector, caller) : _notOwner(caller);
        _refused(caller, calls_[which], reason);
        _succeeded();
    }

    /// @dev A17: two steps, and between them all is as before.
    function handOver(uint256 seed) external plays("hand over", seed) {
        address next = address(uint160(0xA11CE + _draw(3)));
        vm.prank(boss);
        aggregator.transferOwnership(next);
        assertEq(aggregator.owner(), boss);
        _refused(STRANGER, abi.encodeCall(Ownable2Step.acceptOwnership, ()), _notOwner(STRANGER));
        if (next != boss) _refused(next, abi.encodeCall(IAggregator.unpause, ()), _notOwner(next));
        vm.prank(next);
        aggregator.acceptOwnership();
        boss = next;
        _succeeded();
    }

    function _notOwner(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
    }

    function _refused(address caller, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool ok, bytes memory answer) = address(aggregator).call(data);
        _isRefusal(ok, answer, reason);
    }
}
