// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "../interfaces/IAggregator.sol";

/// @notice One round in one storage word; see `RoundWords` for the layout.
type RoundWord is uint256;

using RoundWords for RoundWord global;

/// @title One round packed into one word.
/// @dev From the most significant bit: roundId 32, observedAt 32, lag 8, reporters 8, spreadBps 16, cumulative 88, answer 72.
/// `lag` is updatedAt - observedAt. `cumulative` is the sum of answer * seconds up to observedAt, modulo 2^88: differences are
/// exact while answer * window < 2^88, that is for every int64 answer up to 2^24 seconds.
library RoundWords {
    uint256 private constant ROUND_ID_AT = 224;
    uint256 private constant OBSERVED_AT_AT = 192;
    uint256 private constant LAG_AT = 184;
    uint256 private constant REPORTERS_AT = 176;
    uint256 private constant SPREAD_AT = 160;
    uint256 private constant CUMULATIVE_AT = 72;

    /// @dev What `addFeed` stores: round 0 with one field set, so that the first round changes a word and does not create it.
    RoundWord internal constant REGISTERED = RoundWord.wrap(1 << REPORTERS_AT);

    function isUnknown(RoundWord word) internal pure returns (bool) {
        return RoundWord.unwrap(word) == 0;
    }

    function roundId(RoundWord word) internal pure returns (uint32) {
        return uint32(RoundWord.unwrap(word) >> ROUND_ID_AT);
    }

    function observedAt(RoundWord word) internal pure returns (uint32) {
        return uint32(RoundWord.unwrap(word) >> OBSERVED_AT_AT);
    }

    function reporters(RoundWord word) internal pure returns (uint8) {
        return uint8(RoundWord.unwrap(word) >> REPORTERS_AT);
    }

    function spreadBps(RoundWord word) internal pure returns (uint16) {
        return uint16(RoundWord.unwrap(word) >> SPREAD_AT);
    }

    function cumulative(RoundWord word) internal pure returns (uint88) {
        return uint88(RoundWord.unwrap(word) >> CUMULATIVE_AT);
    }

    function answer(RoundWord word) internal pure returns (int72) {
        return int72(uint72(RoundWord.unwrap(word)));
    }

    /// @notice The public form; all zero for round 0, whatever else the word holds.
    function toRound(RoundWord word) internal pure returns (IAggregator.Round memory round) {
        if (word.roundId() == 0) return round;
        round.roundId = word.roundId();
        round.observedAt = word.observedAt();
        unchecked {
            round.updatedAt = round.observedAt + uint8(RoundWord.unwrap(word) >> LAG_AT); // 32 bits and 8
        }
        round.answer = word.answer();
        round.reporters = word.reporters();
        round.spreadBps = word.spreadBps();
    }

    /// @notice End the call with `toRound(word)`, encoded; solc would spend 600 gas more on it.
    function answerWith(RoundWord word) internal pure {
        // It may write where it likes: nothing comes after it.
        assembly {
            word := mul(word, iszero(iszero(shr(ROUND_ID_AT, word))))
            let time := and(shr(OBSERVED_AT_AT, word), 0xffffffff)
            mstore(0x00, shr(ROUND_ID_AT, word))
            mstore(0x20, time)
            mstore(0x40, add(time, and(shr(LAG_AT, word), 0xff)))
            mstore(0x60, signextend(8, word))
            mstore(0x80, and(shr(REPORTERS_AT, word), 0xff))
            mstore(0xa0, and(shr(SPREAD_AT, word), 0xffff))
            return(0x00, 0xc0)
        }
    }

    /// @notice The sum of answer * seconds between two rounds' observations. Sums wrap; a difference over 2^24 seconds does not.
    function cumulativeSince(RoundWord word, RoundWord earlier) internal pure returns (uint256) {
        unchecked {
            return uint88((RoundWord.unwrap(word) >> CUMULATIVE_AT) - (RoundWord.unwrap(earlier) >> CUMULATIVE_AT));
        }
    }

    /// @notice The sum of answer * seconds at `time`, which is not before the round's observation. Wraps on purpose.
    function cumulativeAt(RoundWord word, uint256 time) internal pure returns (uint88) {
        unchecked {
            return uint88(uint256(word.cumulative()) + uint256(uint72(word.answer())) * (time - word.observedAt()));
        }
    }
}
