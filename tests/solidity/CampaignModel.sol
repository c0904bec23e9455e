// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {Feed} from "contracts/Feed.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev What must be true of the aggregator, kept in plain storage. It foretells the outcome of every batch, error and
/// arguments included, and after every action the aggregator is compared with it.
abstract contract CampaignModel is AggregatorBase {
    struct Batch {
        uint64 observedAt;
        uint32 bitmap;
        bytes32[] feedIds;
        /// @dev `rows[report][feed]`, reports in the order of their bits.
        int64[][] rows;
        bytes observations;
        /// @dev The domain it was signed under.
        bytes32 domain;
        /// @dev Bit j: the j-th report lies.
        uint256 liars;
        /// @dev 1 + the feed whose named position is not the median's; 0 for none.
        uint256 spoiled;
    }

    Aggregator internal sibling;
    Feed internal face;
    bytes32 internal domain;
    bytes32 internal siblingDomain;
    bytes32 internal digest;
    uint32 internal configCount;
    uint8 internal quorum;
    uint8 internal maxAge;
    bool internal paused;
    address internal boss = OWNER;

    uint256 internal now_ = START;
    bytes32[] internal feeds;
    mapping(bytes32 feedId => bool) internal isFeed;
    mapping(bytes32 feedId => IAggregator.Round) internal newest;
    mapping(bytes32 feedId => bytes32[]) internal history;

    /// @dev The addresses of `keys`; asking for them each time would take as long as signing.
    address[] internal members;

    function _believeConfig(uint8 newQuorum) internal {
        configCount++;
        quorum = newQuorum;
        digest = ReportHash.configDigest(configCount, members, newQuorum);
        domain = ReportHash.domainSeparator(block.chainid, address(aggregator), digest);
        siblingDomain = ReportHash.domainSeparator(block.chainid, address(sibling), digest);
    }

    function _believeFeed(bytes32 feedId) internal {
        feeds.push(feedId);
        isFeed[feedId] = true;
    }

    // ---------------------------------------------------------------- batches

    /// @dev Send a batch and hold the answer to what the model says; how many feeds advanced.
    function _deliver(Batch memory b) internal returns (uint256 advanced) {
        bytes memory reason = _verdict(b);
        (bool ok, bytes memory answer) = _send(b);
        if (reason.length != 0) {
            _isRefusal(ok, answer, reason);
            return 0;
        }
        for (uint256 f = 0; f < b.feedIds.length; f++) {
            if (_believe(b, f)) advanced++;
        }
        if (advanced == 0) _isRefusal(ok, answer, abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
        else assertTrue(ok, "A15: a batch that nothing speaks against was refused");
    }

    function _send(Batch memory b) internal returns (bool, bytes memory) {
        return address(aggregator)
            .call(abi.encodeCall(IAggregator.update, (b.observedAt, b.bitmap, b.feedIds, b.observations)));
    }

    function _isRefusal(bool ok, bytes memory answer, bytes memory reason) internal pure {
        assertTrue(!ok, "A3, A4, A10, A11, A13: what must be refused was accepted");
        if (keccak256(answer) != keccak256(reason)) revert Refusal(answer, reason);
    }

    error Refusal(bytes given, bytes expected);

    /// @dev Why a batch that is well signed under its own domain is refused; empty when it is not.
    function _verdict(Batch memory b) internal view returns (bytes memory) {
        uint256 reports = _count(b.bitmap);
        if (paused) return abi.encodeWithSelector(IAggregator.UpdatesPaused.selector);
        if (b.observedAt > now_) {
            return abi.encodeWithSelector(IAggregator.FutureObservation.selector, b.observedAt, now_);
        }
        if (now_ - b.observedAt > maxAge) {
            return abi.encodeWithSelector(IAggregator.ExpiredObservation.selector, b.observedAt, now_, maxAge);
        }
        if (b.bitmap >> keys.length != 0) {
            return abi.encodeWithSelector(IAggregator.UnknownReporterBit.selector, b.bitmap, keys.length);
        }
        if (reports < quorum) return abi.encodeWithSelector(IAggregator.BelowQuorum.selector, reports, quorum);
        if (b.domain != domain) return _invalid(_bitAt(b.bitmap, 0));
        return "";
    }

    function _invalid(uint256 index) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAggregator.InvalidSignature.selector, index);
    }

    /// @dev Whether the feed advances; if so, the round it must have from now on.
    function _believe(Batch memory b, uint256 f) private returns (bool) {
        bytes32 feedId = b.feedIds[f];
        IAggregator.Round storage r = newest[feedId];
        (uint8 count, int64 low, int64 high) = _range(b, f, 0);
        if (!isFeed[feedId] || b.observedAt <= r.observedAt || count < quorum || b.spoiled == f + 1) return false;
        r.roundId++;
        r.observedAt = b.observedAt;
        r.updatedAt = uint64(now_);
        r.answer = _sortedMedian(_column(b.rows, f));
        r.reporters = count;
        uint256 bps = (uint256(uint64(high - low)) * 10_000 + uint256(r.answer) - 1) / uint256(r.answer);
        r.spreadBps = bps > 65_535 ? 65_535 : uint16(bps);
        history[feedId].push(keccak256(abi.encode(r)));
        _checkAccepted(b, f, count);
        return true;
    }

    /// @dev A1 and A10 on the aggregator's own answer, not on the model's.
    function _checkAccepted(Batch memory b, uint256 f, uint256 count) private view {
        IAggregator.Round memory stored = aggregator.latestRound(b.feedIds[f]);
        (uint256 honest, int64 low, int64 high) = _range(b, f, b.liars);
        if (2 * (count - honest) < count) {
            assertTrue(stored.answer >= low && stored.answer <= high, "A1: outside the honest prices");
        }
        uint256 age = stored.updatedAt - stored.observedAt;
        assertTrue(stored.updatedAt == now_ && age <= maxAge, "A10: accepted at an age that is not allowed");
    }

    /// @dev Number, lowest and highest of the positive prices, without those of the reports in `without`.
    function _range(Batch memory b, uint256 f, uint256 without)
        private
        pure
        returns (uint8 count, int64 low, int64 high)
    {
        low = type(int64).max;
        for (uint256 j = 0; j < b.rows.length; j++) {
            int64 price = b.rows[j][f];
            if (price <= 0 || without & (1 << j) != 0) continue;
            count++;
            if (price < low) low = price;
            if (price > high) high = price;
        }
    }

    function _count(uint32 bitmap) internal pure returns (uint256 n) {
        for (; bitmap != 0; bitmap &= bitmap - 1) {
            n++;
        }
    }

    /// @dev The reporter index of the j-th report.
    function _bitAt(uint32 bitmap, uint256 j) internal pure returns (uint256 i) {
        for (; j != 0; j--) {
            bitmap &= bitmap - 1;
        }
        while (bitmap & (1 << i) == 0) i++;
    }

    // ---------------------------------------------------------------- checks after every action

    /// @dev A2, A3, A5, A6, A7, A14: each feed's newest round is the one that the last good batch for it made, to the field.
    function checkRounds() external view {
        IAggregator.Round[] memory rounds = aggregator.latestRounds(feeds);
        for (uint256 i = 0; i < feeds.length; i++) {
            IAggregator.Round memory expected = newest[feeds[i]];
            assertEq(rounds[i].roundId, expected.roundId);
            assertEq(rounds[i].answer, expected.answer);
            assertEq(keccak256(abi.encode(rounds[i])), keccak256(abi.encode(expected)));
        }
    }

    /// @dev A5: one older round a time, another one each time.
    function checkOneOldRound() external view {
        bytes32 feedId = feeds[now_ % feeds.length];
        uint256 n = history[feedId].length;
        if (n != 0) _checkKept(feedId, uint256(keccak256(abi.encode(now_))) % n);
    }

    /// @dev A5: all of them.
    function checkHistory() external view {
        for (uint256 i = 0; i < feeds.length; i++) {
            for (uint256 j = 0; j < history[feeds[i]].length; j++) {
                _checkKept(feeds[i], j);
            }
        }
    }

    function _checkKept(bytes32 feedId, uint256 i) private view {
        assertEq(keccak256(abi.encode(aggregator.getRound(feedId, uint32(i + 1)))), history[feedId][i]);
    }

    /// @dev A8, A9, paused or not: no data before the first round; fresh up to the age and not one second less.
    function checkReads() external {
        vm.warp(now_);
        bytes32 feedId = feeds[now_ % feeds.length];
        IAggregator.Round memory r = newest[feedId];
        if (r.roundId == 0) {
            _readRefused(feedId, type(uint256).max, abi.encodeWithSelector(IAggregator.NoData.selector, feedId));
        } else {
            uint256 age = now_ - r.observedAt;
            (int256 answer, uint64 observedAt,,) = aggregator.read(feedId, age);
            assertTrue(answer > 0 && answer == r.answer && observedAt == r.observedAt, "A9: fresh at its very age");
            bytes memory stale = abi.encodeWithSelector(IAggregator.Stale.selector, age, age == 0 ? 0 : age - 1);
            if (age > 0) _readRefused(feedId, age - 1, stale);
        }
        _checkFace();
    }

    function _readRefused(bytes32 feedId, uint256 limit, bytes memory reason) private view {
        (bool ok, bytes memory answer) =
            address(aggregator).staticcall(abi.encodeCall(IAggregator.read, (feedId, limit)));
        assertTrue(!ok && keccak256(answer) == keccak256(reason), "A8, A9: not refused as it must be");
    }

    function _checkFace() private view {
        IAggregator.Round memory r = newest[BTC];
        try face.latestRoundData() returns (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80) {
            assertTrue(id == r.roundId && answer == r.answer && answer > 0, "A8: the face shows another answer");
            assertTrue(startedAt == r.observedAt && updatedAt == r.updatedAt, "A8: the face shows another time");
        } catch {
            assertTrue(r.roundId == 0, "A8: the face refuses a round that is there");
        }
    }

    /// @dev A12, A17: the configuration is the one that the owner last set, and it is a safe one.
    function checkConfig() external view {
        (uint32 count, bytes32 configDigest, uint8 n, uint8 q, uint8 age, bool stopped) = aggregator.config();
        assertTrue(2 * uint256(q) > n && q != 0 && q <= n && n <= 31 && age != 0, "A12: an unsafe set");
        assertTrue(count == configCount && n == keys.length && q == quorum, "A17: another set");
        assertTrue(age == maxAge && stopped == paused, "A17: another limit");
        assertEq(configDigest, digest);
        assertEq(aggregator.domainSeparator(), domain);
        assertEq(aggregator.owner(), boss);
    }
}
