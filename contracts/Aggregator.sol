// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {Median} from "./libraries/Median.sol";
import {Observations} from "./libraries/Observations.sol";
import {ReporterSet} from "./libraries/ReporterSet.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {RoundWord, RoundWords} from "./libraries/Round.sol";
import {Management} from "./Management.sol";

/// @title A quorum of signed reports in, one median per feed out. All NatSpec is in `IAggregator`.
/// @dev `Rounds` has the storage of rounds and every read, `Management` the configuration and its owner.
contract Aggregator is Management {
    using Median for Median.Tally;

    /// @dev A batch whose signatures have been verified; `prices[report][feed]`.
    struct Batch {
        uint32 observedAt;
        uint32 reporterBitmap;
        uint8 quorum;
        int64[][] prices;
    }

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
        Config memory c = _config;
        if (c.paused) revert UpdatesPaused();
        _checkTime(observedAt, c.maxAge);
        uint256 reports = _checkQuorum(reporterBitmap, c);
        uint256 expected = Observations.length(reports, feedIds.length);
        if (observations.length != expected) revert WrongLength(observations.length, expected);

        Batch memory batch;
        batch.observedAt = SafeCast.toUint32(observedAt);
        batch.reporterBitmap = reporterBitmap;
        batch.quorum = c.quorum;
        batch.prices = new int64[][](reports);
        _verify(batch, c.set, feedIds, observations);

        uint256 advanced = 0;
        for (uint256 f = 0; f < feedIds.length; f++) {
            if (_advance(batch, feedIds[f], f, Observations.medianPosition(observations, f))) advanced++;
        }
        if (advanced == 0) revert NothingToUpdate();
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
        ReporterSet.Loaded memory set = ReporterSet.load(_config.set);
        if (reporterIndex >= set.reporters.length) revert InvalidSignature(reporterIndex);
        address reporter = set.reporters[reporterIndex];
        if (_signer(set.domainSeparator, first) != reporter || _signer(set.domainSeparator, second) != reporter) {
            revert InvalidSignature(reporterIndex);
        }
        emit Equivocated(reporter, feedId, first.observedAt, firstPrice, secondPrice);
    }

    function _checkTime(uint64 observedAt, uint8 maxAge) private view {
        if (observedAt > block.timestamp) revert FutureObservation(observedAt, block.timestamp);
        if (block.timestamp - observedAt > maxAge) revert ExpiredObservation(observedAt, block.timestamp, maxAge);
    }

    function _checkQuorum(uint32 reporterBitmap, Config memory c) private pure returns (uint256 reports) {
        if (reporterBitmap >> c.reporterCount != 0) revert UnknownReporterBit(reporterBitmap, c.reporterCount);
        for (uint32 bits = reporterBitmap; bits != 0; bits &= bits - 1) {
            reports++;
        }
        if (reports < c.quorum) revert BelowQuorum(reports, c.quorum);
    }

    /// @dev Every report must be signed by the reporter of its bit. Bits ascend, so no reporter can count twice.
    function _verify(Batch memory batch, address set_, bytes32[] calldata feedIds, bytes calldata observations)
        private
        view
    {
        ReporterSet.Loaded memory set = ReporterSet.load(set_);
        bytes32 feedIdsHash = ReportHash.feedIdsHash(feedIds);
        uint256 report = 0;
        for (uint256 i = 0; i < set.reporters.length; i++) {
            if (batch.reporterBitmap & (1 << i) == 0) continue;
            int64[] memory prices = Observations.prices(observations, report, feedIds.length);
            bytes32 structHash = ReportHash.structHash(batch.observedAt, feedIdsHash, ReportHash.pricesHash(prices));
            (bytes32 r, bytes32 vs) = Observations.signature(observations, report, feedIds.length);
            address signer = ReportHash.recover(ReportHash.digest(set.domainSeparator, structHash), r, vs);
            // No zero check: zero is never registered, so a failed recovery matches nobody.
            if (signer != set.reporters[i]) revert InvalidSignature(i);
            batch.prices[report++] = prices;
        }
    }

    /// @dev Store the feed's next round, or say why not and leave it as it was.
    function _advance(Batch memory batch, bytes32 feedId, uint256 feed, uint256 position) private returns (bool) {
        RoundWord previous = _latest[feedId];
        if (previous.isUnknown()) return _skip(feedId, SkipReason.UnknownFeed);
        if (batch.observedAt <= previous.observedAt()) return _skip(feedId, SkipReason.NotNewer);
        Median.Tally memory tally = Median.tally(_column(batch.prices, feed), position);
        if (tally.count < batch.quorum) return _skip(feedId, SkipReason.NoQuorum);
        if (!tally.isMedian()) return _skip(feedId, SkipReason.NotMedian);
        _store(batch, feedId, previous, tally);
        return true;
    }

    function _store(Batch memory batch, bytes32 feedId, RoundWord previous, Median.Tally memory tally) private {
        RoundWords.Fields memory round = RoundWords.Fields({
            roundId: previous.roundId() + 1,
            observedAt: batch.observedAt,
            lag: uint8(block.timestamp - batch.observedAt), // at most maxAge, checked
            reporters: tally.count,
            spreadBps: tally.spreadBps(),
            cumulative: previous.cumulativeAt(batch.observedAt),
            answer: tally.named
        });
        RoundWord word = RoundWords.pack(round);
        _latest[feedId] = word;
        _ring[feedId][round.roundId % RING] = word;
        emit RoundAccepted(feedId, round.roundId, round.answer, round.observedAt, batch.reporterBitmap, round.spreadBps);
    }

    function _skip(bytes32 feedId, SkipReason reason) private returns (bool) {
        emit FeedSkipped(feedId, reason);
        return false;
    }

    function _column(int64[][] memory prices, uint256 feed) private pure returns (int64[] memory column) {
        column = new int64[](prices.length);
        for (uint256 i = 0; i < prices.length; i++) {
            column[i] = prices[i][feed];
        }
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
