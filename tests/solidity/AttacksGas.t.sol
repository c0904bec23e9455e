// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev A16: gas as a weapon. tests/chain holds the usual sizes to their limits; here are the worst order and too little gas.
contract AttacksGasTest is AttackBase {
    uint256 private constant SIGNERS = 31;
    uint256 private constant FEEDS = 20;
    uint32 private constant ALL = 0x7fffffff;
    /// @dev A fifteenth of a block of 30 million, first lap of the ring, everything cold.
    uint256 private constant BUDGET = 2_000_000;
    /// @dev What a refusal that needs no signature may cost: less than two of the 31 recoveries would.
    uint256 private constant REFUSAL = 30_000;

    // ---------------------------------------------------------------- too much

    /// @dev Prices rising, falling, equal, and outwards from the middle. Order must not be a lever.
    function test_attack__largest_batch_in_each_order__then_within_the_budget() public {
        uint256 least = type(uint256).max;
        uint256 most = 0;
        for (uint256 order = 0; order < 4; order++) {
            uint256 spent = _spent(_largest(order), "");
            if (spent < least) least = spent;
            if (spent > most) most = spent;
        }
        assertTrue(most <= BUDGET, "the worst order costs more than the budget");
        assertTrue(most * 100 <= least * 115, "the order of prices moves the gas by more than 15 %");
    }

    /// @dev A batch that comes late, while paused or in another shape costs next to nothing, however large it is.
    function test_attack__largest_batch_that_cannot_land__then_refused_before_any_signature() public {
        bytes memory late = _largest(0);
        vm.warp(NOW + MAX_AGE + 1);
        bytes memory reason =
            abi.encodeWithSelector(IAggregator.ExpiredObservation.selector, NOW, NOW + MAX_AGE + 1, MAX_AGE);
        assertTrue(_spent(late, reason) <= REFUSAL, "late");
        vm.warp(NOW);
        vm.prank(OWNER);
        aggregator.pause();
        reason = abi.encodeWithSelector(IAggregator.UpdatesPaused.selector);
        assertTrue(_spent(late, reason) <= REFUSAL, "paused");
        vm.prank(OWNER);
        aggregator.unpause();
        bytes memory short = _call(NOW, ALL, new bytes32[](FEEDS), new bytes(7000));
        reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 7000, FEEDS + SIGNERS * (64 + 8 * FEEDS));
        assertTrue(_spent(short, reason) <= REFUSAL, "short");
    }

    // ---------------------------------------------------------------- too little

    /// @dev With any amount of gas the round is the right one or nothing is stored: a recovery that ran dry is no signature.
    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_attack__any_amount_of_gas__then_the_right_round_or_none(uint256 given) public {
        given = bound(given, 0, 200_000);
        int64[][] memory rows = _columns(_three(10, 11, 12), _three(20, 21, 22));
        bytes memory attempt = _call(NOW, 7, _two(BTC, ETH), _observations(NOW, 7, _two(BTC, ETH), rows));
        bytes32 before = _everything();
        (bool ok,) = address(aggregator).call{gas: given}(attempt);
        if (!ok) return assertEq(_everything(), before);
        assertEq(aggregator.latestRound(BTC).answer, 11);
        assertEq(aggregator.latestRound(ETH).answer, 21);
        assertEq(aggregator.latestRound(ETH).reporters, 3);
    }

    /// @dev The same with a forged report: no amount of gas makes a signature of it.
    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_attack__any_amount_of_gas_for_a_forgery__then_nothing(uint256 given, uint256 forged) public {
        given = bound(given, 0, 200_000);
        bytes[3] memory rows = [_good(0), _good(1), _good(2)];
        rows[forged % 3] = _signedRow(0xBAD, NOW, _one(BTC), _price(11));
        bytes memory attempt = _batch(rows[0], rows[1], rows[2]);
        bytes32 before = _everything();
        (bool ok, bytes memory answer) = address(aggregator).call{gas: given}(attempt);
        assertTrue(!ok && _everything() == before, "a forgery landed");
        assertTrue(answer.length == 0 || keccak256(answer) == keccak256(_invalid(forged % 3)), "another reason");
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Gas of the attempt on cold storage; it must be refused for `reason`, or land if there is none.
    function _spent(bytes memory attempt, bytes memory reason) private returns (uint256) {
        vm.cool(address(aggregator));
        uint256 before = gasleft();
        (bool ok, bytes memory answer) = address(aggregator).call(attempt);
        uint256 spent = before - gasleft();
        assertTrue(ok == (reason.length == 0), "another outcome");
        if (!ok) assertEq(keccak256(answer), keccak256(reason));
        return spent;
    }

    /// @dev A new aggregator with twenty feeds and a batch of all its reporters for all of them.
    function _largest(uint256 order) private returns (bytes memory) {
        aggregator = _deploy(SIGNERS, 21);
        bytes32[] memory ids = new bytes32[](FEEDS);
        int64[][] memory rows = new int64[][](SIGNERS);
        for (uint256 j = 0; j < SIGNERS; j++) {
            rows[j] = new int64[](FEEDS);
        }
        for (uint256 f = 0; f < FEEDS; f++) {
            ids[f] = bytes32(abi.encodePacked("FEED/", bytes1(uint8(0x41 + f))));
            vm.prank(OWNER);
            aggregator.addFeed(ids[f], 8);
            for (uint256 j = 0; j < SIGNERS; j++) {
                rows[j][f] = _priceIn(order, j, f);
            }
        }
        return _call(NOW, ALL, ids, _observations(NOW, ALL, ids, rows));
    }

    /// @dev Eight bytes, none of them zero.
    function _priceIn(uint256 order, uint256 j, uint256 f) private pure returns (int64) {
        uint256 price = 0x0123456789ABCDEF;
        if (order == 0) price += j + f;
        if (order == 1) price += SIGNERS - j + f;
        if (order == 3) price = j % 2 == 0 ? price + j : price - j;
        return int64(uint64(price));
    }
}
