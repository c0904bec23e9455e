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

    struct Fields {
        uint32 roundId;
        uint32 observedAt;
        uint8 lag;
        uint8 reporters;
        uint16 spreadBps;
        uint88 cumulative;
        int72 answer;
    }

    function pack(Fields memory f) internal pure returns (RoundWord) {
        return RoundWord.wrap(
            (uint256(f.roundId) << ROUND_ID_AT) | (uint256(f.observedAt) << OBSERVED_AT_AT) | (uint256(f.lag) << LAG_AT)
                | (uint256(f.reporters) << REPORTERS_AT) | (uint256(f.spreadBps) << SPREAD_AT)
                | (uint256(f.cumulative) << CUMULATIVE_AT) | uint256(uint72(f.answer))
        );
    }

    function unpack(RoundWord word) internal pure returns (Fields memory) {
        return Fields({
            roundId: word.roundId(),
            observedAt: word.observedAt(),
            lag: uint8(RoundWord.unwrap(word) >> LAG_AT),
            reporters: uint8(RoundWord.unwrap(word) >> REPORTERS_AT),
            spreadBps: uint16(RoundWord.unwrap(word) >> SPREAD_AT),
            cumulative: word.cumulative(),
            answer: word.answer()
        });
    }

    /// @notice The public form; all zero for round 0, whatever else the word holds.
    function toRound(RoundWord word) internal pure returns (IAggregator.Round memory round) {
        Fields memory f = unpack(word);
        if (f.roundId == 0) return round;
        round.roundId = f.roundId;
        round.observedAt = f.observedAt;
        round.updatedAt = uint64(f.observedAt) + f.lag;
        round.answer = f.answer;
        round.reporters = f.reporters;
        round.spreadBps = f.spreadBps;
    }

    function isUnknown(RoundWord word) internal pure returns (bool) {
        return RoundWord.unwrap(word) == 0;
    }

    function roundId(RoundWord word) internal pure returns (uint32) {
        return uint32(RoundWord.unwrap(word) >> ROUND_ID_AT);
    }

    function observedAt(RoundWord word) internal pure returns (uint32) {
        return uint32(RoundWord.unwrap(word) >> OBSERVED_AT_AT);
    }

    function cumulative(RoundWord word) internal pure returns (uint88) {
        return uint88(RoundWord.unwrap(word) >> CUMULATIVE_AT);
    }

    function answer(RoundWord word) internal pure returns (int72) {
        return int72(uint72(RoundWord.unwrap(word)));
    }

    /// @notice The sum of answer * seconds at `time`, which is not before the round's observation. Wraps on purpose.
    function cumulativeAt(RoundWord word, uint256 time) internal pure returns (uint88) {
        unchecked {
            return uint88(uint256(word.cumulative()) + uint256(uint72(word.answer())) * (time - word.observedAt()));
        }
    }
}
