// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "./interfaces/IAggregator.sol";
import {RoundWord, RoundWords} from "./libraries/Round.sol";

/// @title The aggregator's rounds and all reads of them. All NatSpec is in `IAggregator`.
abstract contract Rounds is IAggregator {
    uint32 internal constant RING = 4096;
    uint256 internal constant MAX_WINDOW = 2 ** 24;
    uint8 internal constant MAX_DECIMALS = 18;

    /// @dev Zero for a feed that was never added.
    mapping(bytes32 feedId => RoundWord) internal _latest;
    mapping(bytes32 feedId => RoundWord[RING]) internal _ring;
    /// @dev Apart from the rounds, so that no update reads it.
    mapping(bytes32 feedId => uint8) internal _decimals;

    /// @inheritdoc IAggregator
    function read(bytes32 feedId, uint256 maxAge)
        external
        view
        returns (int256 answer, uint64 observedAt, uint16 spreadBps, uint8 reporters_)
    {
        RoundWords.Fields memory round = _latest[feedId].unpack();
        if (round.roundId == 0) revert NoData(feedId);
        uint256 age = block.timestamp - round.observedAt;
        if (age > maxAge) revert Stale(age, maxAge);
        return (round.answer, round.observedAt, round.spreadBps, round.reporters);
    }

    /// @inheritdoc IAggregator
    function latestRound(bytes32 feedId) external view returns (Round memory) {
        return _known(feedId).toRound();
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
        return _kept(feedId, roundId).toRound();
    }

    /// @inheritdoc IAggregator
    function twap(bytes32 feedId, uint32 fromRound, uint32 toRound) external view returns (int256 mean) {
        if (fromRound >= toRound) revert EmptyWindow();
        RoundWord first = _kept(feedId, fromRound);
        RoundWord last = _kept(feedId, toRound);
        uint256 window = last.observedAt() - first.observedAt();
        if (window > MAX_WINDOW) revert WindowTooLong(window, MAX_WINDOW);
        return _mean(first.cumulative(), last.cumulative(), window);
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
        RoundWord first = _roundAt(feedId, oldest, last.roundId(), start);
        if (first.observedAt() > start) revert RoundNotKept(uint32(oldest - 1), uint32(oldest), last.roundId());
        return _mean(first.cumulativeAt(start), last.cumulative(), window);
    }

    /// @inheritdoc IAggregator
    function feedDecimals(bytes32 feedId) external view returns (uint8) {
        _known(feedId);
        return _decimals[feedId];
    }

    function _addFeed(bytes32 feedId, uint8 decimals) internal {
        if (feedId == bytes32(0)) revert EmptyFeedId();
        if (decimals > MAX_DECIMALS) revert DecimalsOutOfRange(decimals, MAX_DECIMALS);
        if (!_latest[feedId].isUnknown()) revert FeedExists(feedId);
        _latest[feedId] = RoundWords.REGISTERED;
        _decimals[feedId] = decimals;
        emit FeedAdded(feedId, decimals);
    }

    function _known(bytes32 feedId) private view returns (RoundWord latest) {
        latest = _latest[feedId];
        if (latest.isUnknown()) revert UnknownFeedId(feedId);
    }

    /// @dev A slot of the ring says itself which round it holds, so a kept round costs one storage read.
    function _kept(bytes32 feedId, uint32 roundId) private view returns (RoundWord word) {
        word = _ring[feedId][roundId % RING];
        if (roundId != 0 && word.roundId() == roundId) return word;
        uint32 latest = _known(feedId).roundId();
        revert RoundNotKept(roundId, uint32(_oldest(latest)), latest);
    }

    /// @dev 0 while there is no round.
    function _oldest(uint256 latest) private pure returns (uint256) {
        if (latest == 0) return 0;
        return latest > RING ? latest - RING + 1 : 1;
    }

    /// @dev The newest round observed at or before `time`, or the oldest kept one. At most log2(RING) = 12 steps.
    function _roundAt(bytes32 feedId, uint256 low, uint256 high, uint256 time) private view returns (RoundWord) {
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_ring[feedId][middle % RING].observedAt() <= time) low = middle;
            else high = middle - 1;
        }
        return _ring[feedId][low % RING];
    }

    /// @dev Cumulatives wrap at 2^88; their difference over at most MAX_WINDOW does not.
    function _mean(uint88 first, uint88 last, uint256 window) private pure returns (int256) {
        unchecked {
            return int256(uint256(last - first) / window);
        }
    }
}
