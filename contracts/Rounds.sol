// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "./interfaces/IAggregator.sol";
import {RoundWord, RoundWords} from "./libraries/Round.sol";

/// @title The aggregator's rounds and all reads of them. All NatSpec is in `IAggregator`.
abstract contract Rounds is IAggregator {
    /// @dev A power of two: the assembly masks with 4095.
    uint256 internal constant RING = 4096;
    uint256 internal constant MAX_WINDOW = 2 ** 24;
    uint8 internal constant MAX_DECIMALS = 18;
    /// @dev `RoundAccepted.selector`, as a literal for the assembly.
    bytes32 private constant ROUND_ACCEPTED = 0x5239b6f1139c4c67595aa2b398c1a2e394c7ff863a52ead67ccf08932faecf61;

    /// @dev `latest` is zero for a feed that was never added. The rest lies after it, so one hash finds both.
    struct History {
        RoundWord latest;
        RoundWord[RING] ring;
        uint8 decimals;
    }

    mapping(bytes32 feedId => History) internal _feeds;

    /// @inheritdoc IAggregator
    function read(bytes32 feedId, uint256 maxAge)
        external
        view
        returns (int256 answer, uint64 observedAt, uint16 spreadBps, uint8 reporters_)
    {
        RoundWord round = _feeds[feedId].latest;
        if (round.roundId() == 0) revert NoData(feedId);
        observedAt = round.observedAt();
        unchecked {
            // No round was observed after a block that it could be read in.
            uint256 age = block.timestamp - observedAt;
            if (age > maxAge) revert Stale(age, maxAge);
        }
        return (round.answer(), observedAt, round.spreadBps(), round.reporters());
    }

    /// @inheritdoc IAggregator
    function latestRound(bytes32 feedId) external view returns (Round memory) {
        _known(feedId).answerWith();
    }

    /// @inheritdoc IAggregator
    function latestRounds(bytes32[] calldata feedIds) external view returns (Round[] memory rounds) {
        rounds = new Round[](feedIds.length);
        for (uint256 i = 0; i < feedIds.length; i++) {
            rounds[i] = _known(feedIds[i]).toRound();
        }
    }

    /// @inheritdoc IAggregator
    function getRound(bytes32 feedId, uint32 roundId) external view returns (Round memory) {
        _kept(_feeds[feedId], feedId, roundId).answerWith();
    }

    /// @inheritdoc IAggregator
    function twap(bytes32 feedId, uint32 fromRound, uint32 toRound) external view returns (int256 mean) {
        if (fromRound >= toRound) revert EmptyWindow();
        History storage history = _feeds[feedId];
        RoundWord first = _kept(history, feedId, fromRound);
        RoundWord last = _kept(history, feedId, toRound);
        unchecked {
            // A later round was observed later.
            uint256 window = last.observedAt() - first.observedAt();
            if (window > MAX_WINDOW) revert WindowTooLong(window, MAX_WINDOW);
            mean = int256(last.cumulativeSince(first) / window);
        }
    }

    /// @inheritdoc IAggregator
    function twap(bytes32 feedId, uint256 window) external view returns (int256 mean) {
        if (window == 0) revert EmptyWindow();
        if (window > MAX_WINDOW) revert WindowTooLong(window, MAX_WINDOW);
        RoundWord last = _known(feedId);
        if (last.roundId() == 0) revert NoData(feedId);
        uint256 oldest = _oldest(last.roundId());
        // A window longer than the time since 1970 starts at 0, before any round.
        uint256 start = window < last.observedAt() ? last.observedAt() - window : 0;
        RoundWord first = _roundAt(_feeds[feedId], oldest, last.roundId(), start);
        if (first.observedAt() > start) revert RoundNotKept(uint32(oldest - 1), uint32(oldest), last.roundId());
        return _mean(first.cumulativeAt(start), last.cumulative(), window);
    }

    /// @inheritdoc IAggregator
    function feedDecimals(bytes32 feedId) external view returns (uint8) {
        _known(feedId);
        return _feeds[feedId].decimals;
    }

    /// @dev Store the next round of every feed that has one, and say why the others were skipped.
    /// @param drafts in memory, per feed what `Ranking.unpack` found
    function _append(uint256 observedAt, uint256 reporterBitmap, bytes32[] calldata feedIds, uint256 drafts) internal {
        unchecked {
            uint256 feed;
            uint256 log;
            assembly ("memory-safe") {
                feed := feedIds.offset
                log := mload(0x40)
                mstore(0x40, add(log, 0x80))
                mstore(add(log, 0x20), observedAt)
                mstore(add(log, 0x40), reporterBitmap)
            }
            uint256 end = feed + 32 * feedIds.length;
            uint256 skipped = 0;
            drafts -= feed;
            do {
                feed = _store(observedAt, log, feed, end, drafts);
                if (feed == end) return;
                _skip(observedAt, feed, feed + drafts);
                skipped++;
                feed += 32;
            } while (feed != end);
            if (skipped == feedIds.length) revert NothingToUpdate();
        }
    }

    function _quorum() internal view virtual returns (uint8);

    /// @dev Store rounds from the feed at `feed` on until one has to be skipped or the feeds end; return where that was. The
    /// plain twin is `PlainRounds.next` in tests/solidity/PlainRounds.sol.
    /// @param log memory of the data of `RoundAccepted`, with all that is the same for every feed
    /// @param toDraft from a feed's id in calldata to its draft in memory
    function _store(uint256 observedAt, uint256 log, uint256 feed, uint256 end, uint256 toDraft)
        private
        returns (uint256)
    {
        assembly ("memory-safe") {
            mstore(0x20, _feeds.slot)
            let times := or(shl(192, observedAt), shl(184, sub(timestamp(), observedAt)))
            for {} 1 {} {
                mstore(0x00, calldataload(feed))
                let slot := keccak256(0x00, 0x40)
                let previous := sload(slot)
                let before := and(shr(192, previous), 0xffffffff)
                let draft := mload(add(feed, toDraft))
                let answer := and(draft, 0xffffffffffffffff)
                // Registered, newer, and a median.
                if iszero(mul(lt(iszero(previous), gt(observedAt, before)), answer)) { break }
                mstore(log, answer)
                mstore(add(log, 0x60), and(shr(160, draft), 0xffff))
                // There are no more rounds than seconds, which have 32 bits too: the id cannot overflow.
                let id := add(shr(224, previous), 1)
                let cumulative :=
                    add(shr(72, previous), mul(and(previous, 0xffffffffffffffffff), sub(observedAt, before)))
                draft := or(or(or(draft, times), shl(224, id)), shr(96, shl(168, cumulative)))
                sstore(slot, draft)
                sstore(add(add(slot, 1), and(id, 4095)), draft)
                log3(log, 0x80, ROUND_ACCEPTED, mload(0x00), id)
                feed := add(feed, 32)
                if eq(feed, end) { break }
            }
        }
        return feed;
    }

    function _skip(uint256 observedAt, uint256 feed, uint256 at) private {
        bytes32 feedId;
        RoundWord draft;
        assembly ("memory-safe") {
            feedId := calldataload(feed)
            draft := mload(at)
        }
        RoundWord previous = _feeds[feedId].latest;
        SkipReason reason = SkipReason.NotMedian;
        if (previous.isUnknown()) reason = SkipReason.UnknownFeed;
        else if (observedAt <= previous.observedAt()) reason = SkipReason.NotNewer;
        else if (draft.reporters() < _quorum()) reason = SkipReason.NoQuorum;
        emit FeedSkipped(feedId, reason);
    }

    function _addFeed(bytes32 feedId, uint8 decimals) internal {
        if (feedId == bytes32(0)) revert EmptyFeedId();
        if (decimals > MAX_DECIMALS) revert DecimalsOutOfRange(decimals, MAX_DECIMALS);
        if (!_feeds[feedId].latest.isUnknown()) revert FeedExists(feedId);
        _feeds[feedId].latest = RoundWords.REGISTERED;
        _feeds[feedId].decimals = decimals;
        emit FeedAdded(feedId, decimals);
    }

    function _known(bytes32 feedId) private view returns (RoundWord latest) {
        latest = _feeds[feedId].latest;
        if (latest.isUnknown()) revert UnknownFeedId(feedId);
    }

    /// @dev A slot of the ring says itself which round it holds, so a kept round costs one storage read.
    function _kept(History storage history, bytes32 feedId, uint256 roundId) private view returns (RoundWord word) {
        word = _slot(history, roundId);
        if (word.roundId() == roundId) {
            if (roundId != 0) return word;
        }
        uint32 latest = _known(feedId).roundId();
        revert RoundNotKept(uint32(roundId), uint32(_oldest(latest)), latest);
    }

    /// @dev `history.ring[roundId % RING]`, without the check that a remainder is in range.
    function _slot(History storage history, uint256 roundId) private view returns (RoundWord word) {
        assembly ("memory-safe") {
            word := sload(add(add(history.slot, 1), and(roundId, 4095)))
        }
    }

    /// @dev 0 while there is no round.
    function _oldest(uint256 latest) private pure returns (uint256) {
        if (latest == 0) return 0;
        return latest > RING ? latest - RING + 1 : 1;
    }

    /// @dev The newest round observed at or before `time`, or the oldest kept one. At most log2(RING) = 12 steps.
    function _roundAt(History storage history, uint256 low, uint256 high, uint256 time)
        private
        view
        returns (RoundWord)
    {
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_slot(history, middle).observedAt() <= time) low = middle;
            else high = middle - 1;
        }
        return _slot(history, low);
    }

    /// @dev Cumulatives wrap at 2^88; their difference over at most MAX_WINDOW does not.
    function _mean(uint88 first, uint88 last, uint256 window) private pure returns (int256) {
        unchecked {
            return int256(uint256(last - first) / window);
        }
    }
}
