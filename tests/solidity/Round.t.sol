// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {RoundWord, RoundWords} from "contracts/libraries/Round.sol";
import {Base} from "./Base.sol";
import {PlainRounds} from "./PlainRounds.sol";

contract RoundTest is Base {
    function testFuzz_pack__any_fields__then_unpack_gives_them_back(PlainRounds.Fields memory f) public pure {
        RoundWord word = PlainRounds.pack(f);
        assertEq(keccak256(abi.encode(PlainRounds.unpack(word))), keccak256(abi.encode(f)));
        assertEq(word.roundId(), f.roundId);
        assertEq(word.observedAt(), f.observedAt);
        assertEq(word.cumulative(), f.cumulative);
        assertEq(int256(word.answer()), f.answer);
    }

    function testFuzz_toRound__a_round__then_updatedAt_is_observation_plus_lag(PlainRounds.Fields memory f)
        public
        pure
    {
        f.roundId = f.roundId == 0 ? 1 : f.roundId;
        IAggregator.Round memory r = PlainRounds.pack(f).toRound();
        assertEq(r.roundId, f.roundId);
        assertEq(r.observedAt, f.observedAt);
        assertEq(r.updatedAt, uint256(f.observedAt) + f.lag);
        assertEq(r.answer, f.answer);
        assertEq(r.reporters, f.reporters);
        assertEq(r.spreadBps, f.spreadBps);
    }

    function testFuzz_toRound__round_zero__then_all_zero(PlainRounds.Fields memory f) public pure {
        f.roundId = 0;
        IAggregator.Round memory empty;
        assertEq(keccak256(abi.encode(PlainRounds.pack(f).toRound())), keccak256(abi.encode(empty)));
    }

    function test_registered__marker__then_known_and_without_data() public pure {
        assertTrue(!RoundWords.REGISTERED.isUnknown(), "a registered feed is known");
        assertTrue(RoundWord.wrap(0).isUnknown(), "an empty word is not");
        assertEq(RoundWords.REGISTERED.roundId(), 0);
        assertEq(RoundWords.REGISTERED.observedAt(), 0);
        assertEq(int256(RoundWords.REGISTERED.answer()), 0);
        assertEq(RoundWords.REGISTERED.cumulativeAt(1_800_000_000), 0);
    }

    /// @dev Differences survive the wrap at 2^88 for every int64 answer over 2^24 seconds.
    function testFuzz_cumulativeAt__any_start__then_difference_is_exact(
        uint88 start,
        uint64 answer,
        uint32 time,
        uint256 dt
    ) public pure {
        answer = uint64(bound(answer, 1, uint64(type(int64).max)));
        dt = bound(dt, 0, 2 ** 24);
        RoundWord word = PlainRounds.pack(PlainRounds.Fields(1, time, 0, 1, 0, start, int72(uint72(answer))));
        unchecked {
            assertEq(uint256(uint88(word.cumulativeAt(uint256(time) + dt) - start)), uint256(answer) * dt);
        }
    }
}
