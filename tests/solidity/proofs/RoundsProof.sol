// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {RoundWord, RoundWords} from "contracts/libraries/Round.sol";
import {PlainRounds} from "../PlainRounds.sol";
import {AggregatorHarness} from "./AggregatorHarness.sol";
import {Proof} from "./Proof.sol";

/// @dev Round words, what `Rounds` stores and what it answers, for every word and every time of 32 bits.
contract RoundsProof is Proof {
    bytes32 private constant FEED = "BTC/USD";
    bytes32 private constant OTHER = "ETH/USD";

    AggregatorHarness private rounds;

    function setUp() public {
        rounds = new AggregatorHarness(_three(), 2);
    }

    // ---------------------------------------------------------------- words

    function check_pack__any_fields__unpack_gives_them_back(PlainRounds.Fields memory f) external pure {
        PlainRounds.Fields memory g = PlainRounds.unpack(PlainRounds.pack(f));
        assert(g.roundId == f.roundId && g.observedAt == f.observedAt && g.lag == f.lag);
        assert(g.reporters == f.reporters && g.spreadBps == f.spreadBps);
        assert(g.cumulative == f.cumulative && g.answer == f.answer);
    }

    function check_unpack__any_word__pack_gives_it_back(uint256 word) external pure {
        RoundWord packed = PlainRounds.pack(PlainRounds.unpack(RoundWord.wrap(word)));
        assert(RoundWord.unwrap(packed) == word);
    }

    function check_latestRound__any_word__is_toRound(uint256 word) external {
        vm.assume(word != 0);
        rounds.set(FEED, word);
        IAggregator.Round memory a = rounds.latestRound(FEED);
        IAggregator.Round memory b = RoundWord.wrap(word).toRound();
        assert(a.roundId == b.roundId && a.observedAt == b.observedAt && a.updatedAt == b.updatedAt);
        assert(a.answer == b.answer && a.reporters == b.reporters && a.spreadBps == b.spreadBps);
    }

    function check_toRound__round_zero__all_zero(uint256 word) external pure {
        vm.assume(word >> 224 == 0);
        IAggregator.Round memory r = RoundWord.wrap(word).toRound();
        assert(r.observedAt == 0 && r.updatedAt == 0 && r.answer == 0 && r.reporters == 0 && r.spreadBps == 0);
    }

    // ---------------------------------------------------------------- storing

    function check_append__newer_median__word_of_the_plain_twin_in_both_places(
        uint256 previous,
        uint32 observedAt,
        uint8 lag,
        uint8 count,
        uint16 spreadBps,
        uint64 answer
    ) external {
        _assumeFollows(previous, observedAt);
        vm.assume(answer != 0 && answer < 2 ** 63);
        rounds.set(FEED, previous);
        vm.warp(uint256(observedAt) + lag);
        rounds.append(observedAt, FEED, _draft(count, spreadBps, answer));
        uint256 expected = _next(previous, observedAt, lag, count, spreadBps, answer);
        assert(rounds.latestWord(FEED) == expected);
        assert(rounds.ringWord(FEED, expected >> 224) == expected);
    }

    function check_append__newer_median__id_one_up_and_answer_positive(
        uint256 previous,
        uint32 observedAt,
        uint64 answer
    ) external {
        _assumeFollows(previous, observedAt);
        vm.assume(answer != 0 && answer < 2 ** 63);
        rounds.set(FEED, previous);
        vm.warp(observedAt);
        rounds.append(observedAt, FEED, _draft(3, 0, answer));
        RoundWord word = RoundWord.wrap(rounds.latestWord(FEED));
        assert(word.roundId() == (previous >> 224) + 1);
        assert(word.answer() > 0 && word.observedAt() > uint32(previous >> 192));
    }

    function check_append__not_newer__reverts_and_leaves_all(uint256 previous, uint32 observedAt, uint64 answer)
        external
    {
        vm.assume(observedAt <= uint32(previous >> 192));
        _refuses(previous, observedAt, _draft(3, 0, answer));
    }

    function check_append__unknown_feed__reverts_and_leaves_all(uint32 observedAt, uint64 answer) external {
        _refuses(0, observedAt, _draft(3, 0, answer));
    }

    function check_append__no_median__reverts_and_leaves_all(uint256 previous, uint32 observedAt, uint8 count)
        external
    {
        _refuses(previous, observedAt, _draft(count, 0, 0));
    }

    /// @dev A14.
    function check_append__one_feed__another_stays(uint256 previous, uint256 other, uint32 observedAt, uint64 answer)
        external
    {
        rounds.set(FEED, previous);
        rounds.set(OTHER, other);
        vm.warp(observedAt);
        try rounds.append(observedAt, FEED, _draft(3, 0, answer)) {} catch {}
        assert(rounds.latestWord(OTHER) == other);
    }

    // ---------------------------------------------------------------- reads

    /// @dev A9: fresh if and only if the age is at most the limit, at equality too.
    function check_read__any_age_and_limit__fresh_exactly_up_to_it(uint256 word, uint32 now_, uint256 maxAge) external {
        uint256 observedAt = uint32(word >> 192);
        vm.assume(word >> 224 != 0 && observedAt <= now_);
        rounds.set(FEED, word);
        vm.warp(now_);
        (bool fresh,) = address(rounds).staticcall(abi.encodeCall(IAggregator.read, (FEED, maxAge)));
        assert(fresh == (now_ - observedAt <= maxAge));
    }

    /// @dev A8: without a round there is nothing to read.
    function check_read__no_round__reverts(uint256 word, uint256 maxAge) external {
        vm.assume(word >> 224 == 0);
        rounds.set(FEED, word);
        (bool success,) = address(rounds).staticcall(abi.encodeCall(IAggregator.read, (FEED, maxAge)));
        assert(!success);
    }

    function check_getRound__any_slot__the_round_asked_for_or_none(uint256 latest, uint256 word, uint32 roundId)
        external
    {
        vm.assume(latest != 0);
        rounds.set(FEED, latest);
        rounds.setRing(FEED, roundId, word);
        (bool success, bytes memory result) =
            address(rounds).staticcall(abi.encodeCall(IAggregator.getRound, (FEED, roundId)));
        assert(success == (roundId != 0 && word >> 224 == roundId));
        if (success) assert(abi.decode(result, (IAggregator.Round)).roundId == roundId);
    }

    // ---------------------------------------------------------------- sums of answer * seconds

    /// @dev Through the wrap at 2^88, for every start and every int64 answer, over up to 2^24 seconds.
    function check_cumulativeSince__up_to_2_24_seconds__exact(uint256 previous, uint32 observedAt, uint64 answer)
        external
        pure
    {
        vm.assume(observedAt > uint32(previous >> 192) && observedAt - uint32(previous >> 192) <= 2 ** 24);
        vm.assume(uint72(previous) > 0 && uint72(previous) < 2 ** 63);
        RoundWord next = RoundWord.wrap(_next(previous, observedAt, 0, 3, 0, answer));
        uint256 exact = uint256(uint72(previous)) * (observedAt - uint32(previous >> 192));
        assert(next.cumulativeSince(RoundWord.wrap(previous)) == exact);
    }

    function check_cumulativeAt__the_next_rounds_time__what_that_round_stores(
        uint256 previous,
        uint32 observedAt,
        uint64 answer
    ) external pure {
        vm.assume(observedAt > uint32(previous >> 192));
        RoundWord next = RoundWord.wrap(_next(previous, observedAt, 0, 3, 0, answer));
        assert(RoundWord.wrap(previous).cumulativeAt(observedAt) == next.cumulative());
    }

    function check_twap__constant_answer_for_64_seconds__is_the_answer(uint256 first, uint64 answer) external {
        vm.assume(first >> 224 == 7 && uint72(first) < 2 ** 63 && uint32(first >> 192) < 2 ** 31);
        uint32 observedAt = uint32(first >> 192) + 64;
        uint256 second = _next(first, observedAt, 0, 3, 0, answer);
        rounds.setRing(FEED, 7, first);
        rounds.setRing(FEED, 8, second);
        assert(rounds.twap(FEED, 7, 8) == int256(uint256(uint72(first))));
    }

    function check_twap__two_answers__mean_between_them(uint256 first, uint64 answer) external {
        vm.assume(first >> 224 == 7 && uint72(first) < 2 ** 63 && uint32(first >> 192) < 2 ** 31);
        vm.assume(answer < 2 ** 63);
        uint32 observedAt = uint32(first >> 192) + 8;
        uint256 second = _next(first, observedAt, 0, 3, 0, answer);
        rounds.setRing(FEED, 7, first);
        rounds.setRing(FEED, 9, _next(second, observedAt + 24, 0, 3, 0, 1));
        int256 mean = rounds.twap(FEED, 7, 9);
        int256 a = int256(uint256(uint72(first)));
        int256 b = int256(uint256(answer));
        assert(mean >= (a < b ? a : b) && mean <= (a < b ? b : a));
    }

    // ---------------------------------------------------------------- helpers

    /// @dev A known feed with an earlier round or none, and an id that can go up.
    function _assumeFollows(uint256 previous, uint32 observedAt) private pure {
        vm.assume(previous != 0 && previous >> 224 < type(uint32).max && observedAt > uint32(previous >> 192));
    }

    function _refuses(uint256 previous, uint32 observedAt, uint256 draft) private {
        rounds.set(FEED, previous);
        vm.warp(observedAt);
        (bool success,) =
            address(rounds).call(abi.encodeCall(AggregatorHarness.append, (uint256(observedAt), FEED, draft)));
        assert(!success);
        assert(rounds.latestWord(FEED) == previous);
    }

    function _draft(uint256 count, uint256 spreadBps, uint256 answer) private pure returns (uint256) {
        return count << 176 | spreadBps << 160 | answer;
    }

    function _next(uint256 previous, uint32 observedAt, uint8 lag, uint8 count, uint16 spreadBps, uint64 answer)
        private
        pure
        returns (uint256)
    {
        return RoundWord.unwrap(
            PlainRounds.pack(
                PlainRounds.next(
                    RoundWord.wrap(previous), observedAt, lag, count, spreadBps, int72(uint72(uint256(answer)))
                )
            )
        );
    }
}
