// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev A6, A7, A9, A10, A15: times at their exact boundaries.
contract AttacksTimeTest is AttackBase {
    function test_attack__largest_time_there_is__then_future_observation() public {
        _future(type(uint64).max);
    }

    /// @dev Rounds keep 32 bits of the time; the other 32 must not be lost on the way to the check.
    function test_attack__right_time_with_bits_above_the_32nd__then_future_observation() public {
        for (uint256 bit = 32; bit < 64; bit++) {
            _future(NOW | uint64(1 << bit));
        }
    }

    function test_attack__time_zero__then_expired() public {
        _expired(0, MAX_AGE);
    }

    function test_attack__at_both_ends_of_the_window__then_lands() public {
        _update(BTC, NOW - MAX_AGE, 5);
        assertEq(aggregator.latestRound(BTC).updatedAt - aggregator.latestRound(BTC).observedAt, MAX_AGE);
        _update(BTC, NOW, 6);
        assertEq(aggregator.latestRound(BTC).observedAt, NOW);
        assertEq(aggregator.latestRound(BTC).roundId, 3);
    }

    /// @dev A10, any time at all: it lands exactly when it is in the window and after the stored one.
    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_attack__any_time__then_lands_in_the_window_or_is_refused(uint64 observedAt, uint8 maxAge) public {
        maxAge = maxAge == 0 ? 1 : maxAge;
        if (observedAt % 2 == 0) observedAt = uint64(NOW - 300 + observedAt % 600);
        vm.prank(OWNER);
        aggregator.setMaxAge(maxAge);
        if (observedAt > NOW) return _future(observedAt);
        if (NOW - observedAt > maxAge) return _expired(observedAt, maxAge);
        (bytes32[] memory ids, bytes memory data) = _single(BTC, observedAt, _three(1, 2, 3));
        if (observedAt <= START) return _refused(_call(observedAt, 7, ids, data), _nothing());
        aggregator.update(observedAt, 7, ids, data);
        assertEq(aggregator.latestRound(BTC).observedAt, observedAt);
        assertEq(aggregator.latestRound(BTC).updatedAt, NOW);
    }

    /// @dev The owner shortens the age while a batch is on its way.
    function test_attack__max_age_shortened_under_way__then_expired() public {
        bytes memory attempt = _at(NOW - 10);
        vm.prank(OWNER);
        aggregator.setMaxAge(9);
        _refused(attempt, abi.encodeWithSelector(IAggregator.ExpiredObservation.selector, NOW - 10, NOW, 9));
        vm.prank(OWNER);
        aggregator.setMaxAge(10);
        (bool ok,) = address(aggregator).call(attempt);
        assertTrue(ok, "an age equal to the limit is allowed");
    }

    /// @dev A longer age brings nothing back that is not newer than what is stored.
    function test_attack__max_age_lengthened_for_an_old_batch__then_nothing_to_update() public {
        bytes memory old = _at(START);
        vm.prank(OWNER);
        aggregator.setMaxAge(255);
        _refused(old, _nothing());
        _refused(_at(START - 1), _nothing());
    }

    /// @dev A15: the newest time there may be is taken; a second later everybody is as able to submit as before.
    function test_attack__newest_possible_time_taken__then_the_next_second_is_free() public {
        _update(BTC, NOW, 5);
        _refused(_at(NOW), _nothing());
        vm.warp(NOW + 1);
        _update(BTC, NOW + 1, 6);
        assertEq(aggregator.latestRound(BTC).roundId, 3);
    }

    /// @dev A15: refused batches use nothing up.
    function test_attack__hundred_refused_batches_first__then_the_honest_one_lands() public {
        bytes memory wrong = bytes.concat(hex"01", _good(0), _good(0), _good(2));
        for (uint256 i = 0; i < 100; i++) {
            _refused(_call(NOW, 7, _one(BTC), wrong), _invalid(1));
        }
        _update(BTC, NOW, 6);
        assertEq(aggregator.latestRound(BTC).answer, 6);
    }

    /// @dev Rounds keep 32 bits of seconds: from the year 2106 on nothing is stored, rather than a wrong time.
    function test_attack__year_2106__then_refused_and_the_last_round_stays() public {
        uint64 last = type(uint32).max;
        vm.warp(last);
        _update(BTC, last, 5);
        vm.warp(last + 1);
        _refused(_at(last + 1), _noPlaceFor(last + 1));
        (int256 answer,,,) = aggregator.read(BTC, 1);
        assertEq(answer, 5);
    }

    /// @dev Signed for a second of 1970, sent 2^32 seconds later: the same 32 bits, on a feed that has no round yet.
    function test_attack__signed_for_1970_and_sent_in_2106__then_refused() public {
        uint64 later = uint64(1 << 32) + 5;
        vm.prank(OWNER);
        aggregator.addFeed("SOL/USD", 8);
        vm.warp(later);
        (bytes32[] memory ids, bytes memory data) = _single("SOL/USD", 5, _three(6, 6, 6));
        _refused(_call(later, 7, ids, data), _noPlaceFor(later));
        assertEq(aggregator.latestRound("SOL/USD").roundId, 0);
    }

    function _noPlaceFor(uint64 time) private pure returns (bytes memory) {
        return abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 32, time);
    }

    /// @dev A9: the limit itself is fresh, and no limit is large enough for a feed without data.
    function test_attack__read_at_and_past_the_limit__then_fresh_and_stale() public {
        (int256 answer,,,) = aggregator.read(BTC, NOW - START);
        assertEq(answer, 1000);
        bytes memory reason = abi.encodeWithSelector(IAggregator.Stale.selector, NOW - START, NOW - START - 1);
        _refused(abi.encodeCall(IAggregator.read, (BTC, NOW - START - 1)), reason);
        vm.prank(OWNER);
        aggregator.addFeed("SOL/USD", 8);
        reason = abi.encodeWithSelector(IAggregator.NoData.selector, bytes32("SOL/USD"));
        _refused(abi.encodeCall(IAggregator.read, ("SOL/USD", type(uint256).max)), reason);
    }

    // ---------------------------------------------------------------- helpers

    function _at(uint64 observedAt) private view returns (bytes memory) {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, observedAt, _three(1, 2, 3));
        return _call(observedAt, 7, ids, data);
    }

    function _future(uint64 observedAt) private {
        _refused(_at(observedAt), abi.encodeWithSelector(IAggregator.FutureObservation.selector, observedAt, NOW));
    }

    function _expired(uint64 observedAt, uint8 maxAge) private {
        bytes memory reason = abi.encodeWithSelector(IAggregator.ExpiredObservation.selector, observedAt, NOW, maxAge);
        _refused(_at(observedAt), reason);
    }
}
