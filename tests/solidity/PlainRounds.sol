// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RoundWord} from "contracts/libraries/Round.sol";

/// @title The plain twin of what `Rounds` packs in assembly: fields in, word out, and the round after a round.
library PlainRounds {
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
            uint256(
                bytes32(
                    abi.encodePacked(
                        f.roundId,
                        f.observedAt,
                        f.lag,
                        f.reporters,
                        f.spreadBps,
                        bytes11(f.cumulative),
                        bytes9(uint72(f.answer))
                    )
                )
            )
        );
    }

    function unpack(RoundWord word) internal pure returns (Fields memory) {
        return Fields({
            roundId: word.roundId(),
            observedAt: word.observedAt(),
            lag: uint8(RoundWord.unwrap(word) >> 184),
            reporters: word.reporters(),
            spreadBps: word.spreadBps(),
            cumulative: word.cumulative(),
            answer: word.answer()
        });
    }

    /// @dev The next round, for a feed that has one. `previous` may be as `addFeed` left it.
    function next(RoundWord previous, uint32 observedAt, uint8 lag, uint8 reporters, uint16 spreadBps, int72 answer)
        internal
        pure
        returns (Fields memory f)
    {
        Fields memory p = unpack(previous);
        uint256 sum = uint256(p.cumulative) + uint256(uint72(p.answer)) * (observedAt - p.observedAt);
        return Fields({
            roundId: p.roundId + 1,
            observedAt: observedAt,
            lag: lag,
            reporters: reporters,
            spreadBps: spreadBps,
            cumulative: uint88(sum % 2 ** 88),
            answer: answer
        });
    }
}
