// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {BatchVerifier} from "./libraries/BatchVerifier.sol";
import {ConfigWord} from "./libraries/Config.sol";
import {NarrowRanking} from "./libraries/NarrowRanking.sol";
import {Observations} from "./libraries/Observations.sol";
import {Ranking} from "./libraries/Ranking.sol";
import {ReporterSet} from "./libraries/ReporterSet.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {Management} from "./Management.sol";

/// @title A quorum of signed reports in, one median per feed out. All NatSpec is in `IAggregator`.
/// @dev `Rounds` has the storage of rounds and every read, `Management` the configuration and its owner.
contract Aggregator is Management {
    uint256 private constant AFTER_2106 = type(uint64).max - type(uint32).max;

    constructor(
        address owner_,
        address[] memory reporters_,
        uint8 quorum,
        uint8 maxAge,
        bytes32[] memory feedIds,
        uint8[] memory decimals_
    ) Ownable(owner_) {
        if (decimals_.length != feedIds.length) {
            revert WrongLength(decimals_.length, feedIds.length);
        }
        _setMaxAge(maxAge);
        _setConfig(reporters_, quorum);
        for (uint256 i = 0; i < feedIds.length; i++) {
            _addFeed(feedIds[i], decimals_[i]);
        }
    }

    /// @inheritdoc IAggregator
    function update(uint64 observedAt, uint32 reporterBitmap, bytes32[] calldata feedIds, bytes calldata observations)
        external
    {
        ConfigWord c = _config;
        if (c.paused()) revert UpdatesPaused();
        unchecked {
            // One comparison: an observation of the future wraps around and is far too old, and so is one after 2106, which has
            // no place in a round word.
            if (((block.timestamp - observedAt) | (observedAt & AFTER_2106)) > c.maxAge()) {
                _refuseTime(observedAt, c.maxAge());
            }
        }
        if (uint256(reporterBitmap) >> c.reporterCount() != 0) {
            revert UnknownReporterBit(reporterBitmap, c.reporterCount());
        }
        uint256 reports = Observations.reports(reporterBitmap);
        uint256 quorum = c.quorum();
        if (reports < quorum) revert BelowQuorum(reports, quorum);
        unchecked {
            uint256 feeds = feedIds.length;
            uint256 drafts;
            if (observations.length == Observations.wideLength(reports, feeds)) {
                if (feeds == 0) revert NothingToUpdate();
                drafts = Ranking.unpack(observations, reports, quorum, feeds);
                uint256 first = Observations.place(observations, feeds);
                BatchVerifier.verify(c, observedAt, reporterBitmap, feedIds, first, 64 + 8 * feeds, drafts);
            } else {
                if (observations.length != Observations.narrowLength(reports, feeds)) {
                    revert WrongLength(observations.length, Observations.wideLength(reports, feeds));
                }
                drafts = NarrowRanking.unpack(observations, reports, feeds);
                uint256 first = Observations.place(observations, 9 * feeds);
                BatchVerifier.verify(c, observedAt, reporterBitmap, feedIds, first, 64 + 5 * feeds, drafts);
            }
            _append(observedAt, reporterBitmap, feedIds, drafts);
        }
    }

    /// @inheritdoc IAggregator
    function reportEquivocation(
        uint256 reporterIndex,
        bytes32 feedId,
        SignedReport calldata first,
        SignedReport calldata second
    ) external {
        if (first.observedAt != second.observedAt) revert NotEquivocation();
        (int64 firstPrice, int64 secondPrice) = _conflict(feedId, first, second);
        ReporterSet.Loaded memory set = ReporterSet.load(_config);
        if (reporterIndex >= set.reporters.length) revert InvalidSignature(reporterIndex);
        address reporter = set.reporters[reporterIndex];
        if (_signer(set.domainSeparator, first) != reporter || _signer(set.domainSeparator, second) != reporter) {
            revert InvalidSignature(reporterIndex);
        }
        emit Equivocated(reporter, feedId, first.observedAt, firstPrice, secondPrice);
    }

    function _refuseTime(uint64 observedAt, uint8 maxAge) private view {
        if (observedAt > block.timestamp) revert FutureObservation(observedAt, block.timestamp);
        // slither-disable-next-line unused-return: called to revert after 2106
        SafeCast.toUint32(observedAt);
        revert ExpiredObservation(observedAt, block.timestamp, maxAge);
    }

    /// @dev Two positive prices for the feed that differ. A report may name a feed twice: every pair is tried.
    function _conflict(bytes32 feedId, SignedReport calldata a, SignedReport calldata b)
        private
        pure
        returns (int64, int64)
    {
        if (a.prices.length != a.feedIds.length) revert WrongLength(a.prices.length, a.feedIds.length);
        if (b.prices.length != b.feedIds.length) revert WrongLength(b.prices.length, b.feedIds.length);
        for (uint256 i = 0; i < a.feedIds.length; i++) {
            if (a.feedIds[i] != feedId || a.prices[i] <= 0) continue;
            for (uint256 j = 0; j < b.feedIds.length; j++) {
                if (b.feedIds[j] != feedId || b.prices[j] <= 0) continue;
                if (a.prices[i] != b.prices[j]) return (a.prices[i], b.prices[j]);
            }
        }
        revert NotEquivocation();
    }

    function _signer(bytes32 separator, SignedReport calldata report) private pure returns (address) {
        bytes32 structHash = ReportHash.structHash(report.observedAt, report.feedIds, report.prices);
        return ReportHash.recover(ReportHash.digest(separator, structHash), report.r, report.vs);
    }
}
