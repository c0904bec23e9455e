// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Management} from "contracts/Management.sol";
import {ConfigWord} from "contracts/libraries/Config.sol";
import {ReporterSet} from "contracts/libraries/ReporterSet.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {RoundWord} from "contracts/libraries/Round.sol";
import {Median} from "./Median.sol";
import {PlainPacking} from "./PlainPacking.sol";
import {PlainRounds} from "./PlainRounds.sol";

/// @title `Aggregator.update` without assembly: same storage, same errors in the same order, same events.
contract PlainAggregator is Management {
    using Median for Median.Tally;

    struct Batch {
        uint64 observedAt;
        uint32 reporterBitmap;
        uint8 quorum;
        PlainPacking.Unpacked unpacked;
    }

    constructor() Ownable(msg.sender) {}

    function update(uint64 observedAt, uint32 reporterBitmap, bytes32[] calldata feedIds, bytes calldata observations)
        external
    {
        ConfigWord c = _config;
        if (c.paused()) revert UpdatesPaused();
        if (observedAt > block.timestamp) revert FutureObservation(observedAt, block.timestamp);
        if (block.timestamp - observedAt > c.maxAge()) {
            revert ExpiredObservation(observedAt, block.timestamp, c.maxAge());
        }
        if (reporterBitmap >> c.reporterCount() != 0) {
            revert UnknownReporterBit(reporterBitmap, c.reporterCount());
        }
        uint256 reports = _bits(reporterBitmap);
        if (reports < c.quorum()) revert BelowQuorum(reports, c.quorum());
        bool narrow = observations.length == PlainPacking.narrowLength(reports, feedIds.length);
        uint256 expected = PlainPacking.wideLength(reports, feedIds.length);
        if (observations.length != expected && !narrow) revert WrongLength(observations.length, expected);
        if (feedIds.length == 0) revert NothingToUpdate();

        Batch memory batch =
            Batch(observedAt, reporterBitmap, c.quorum(), _unpack(narrow, observations, reports, feedIds.length));
        _verify(batch, feedIds);
        uint256 advanced = 0;
        for (uint256 f = 0; f < feedIds.length; f++) {
            if (_advance(batch, feedIds[f], f)) advanced++;
        }
        if (advanced == 0) revert NothingToUpdate();
    }

    function reportEquivocation(uint256, bytes32, SignedReport calldata, SignedReport calldata) external pure {
        revert NotEquivocation();
    }

    function _unpack(bool narrow, bytes calldata observations, uint256 reports, uint256 feeds)
        private
        pure
        returns (PlainPacking.Unpacked memory)
    {
        if (narrow) return PlainPacking.unpackNarrow(observations, reports, feeds);
        return PlainPacking.unpackWide(observations, reports, feeds);
    }

    function _verify(Batch memory batch, bytes32[] calldata feedIds) private view {
        ReporterSet.Loaded memory set = ReporterSet.load(_config);
        PlainPacking.Unpacked memory u = batch.unpacked;
        uint256 report = 0;
        for (uint256 i = 0; i < set.reporters.length; i++) {
            if (batch.reporterBitmap & (1 << i) == 0) continue;
            bytes32 structHash = ReportHash.structHash(batch.observedAt, feedIds, u.prices[report]);
            bytes32 digest = ReportHash.digest(set.domainSeparator, structHash);
            address signer = ReportHash.recover(digest, u.r[report], u.vs[report]);
            if (signer == address(0) || signer != set.reporters[i]) revert InvalidSignature(i);
            report++;
        }
    }

    function _advance(Batch memory batch, bytes32 feedId, uint256 feed) private returns (bool) {
        RoundWord previous = _feeds[feedId].latest;
        if (previous.isUnknown()) return _skipped(feedId, SkipReason.UnknownFeed);
        if (batch.observedAt <= previous.observedAt()) return _skipped(feedId, SkipReason.NotNewer);
        Median.Tally memory t = Median.tally(_column(batch.unpacked.prices, feed), batch.unpacked.named[feed]);
        if (t.count < batch.quorum) return _skipped(feedId, SkipReason.NoQuorum);
        if (!t.isMedian() || batch.unpacked.refused[feed]) return _skipped(feedId, SkipReason.NotMedian);
        PlainRounds.Fields memory f = PlainRounds.next(
            previous,
            uint32(batch.observedAt),
            uint8(block.timestamp - batch.observedAt),
            t.count,
            t.spreadBps(),
            t.named
        );
        _feeds[feedId].latest = PlainRounds.pack(f);
        _feeds[feedId].ring[f.roundId % RING] = PlainRounds.pack(f);
        emit RoundAccepted(feedId, f.roundId, f.answer, f.observedAt, batch.reporterBitmap, f.spreadBps);
        return true;
    }

    function _skipped(bytes32 feedId, SkipReason reason) private returns (bool) {
        emit FeedSkipped(feedId, reason);
        return false;
    }

    function _column(int64[][] memory prices, uint256 feed) private pure returns (int64[] memory column) {
        column = new int64[](prices.length);
        for (uint256 i = 0; i < prices.length; i++) {
            column[i] = prices[i][feed];
        }
    }

    function _bits(uint256 bitmap) private pure returns (uint256 n) {
        for (; bitmap != 0; bitmap >>= 1) {
            n += bitmap & 1;
        }
    }
}
