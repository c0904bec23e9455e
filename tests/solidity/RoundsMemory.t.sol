// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev The end of an update alone, in a memory that nobody has cleaned.
contract DirtyRounds is Aggregator {
    constructor(address[] memory reporters_, bytes32[] memory feedIds, uint8[] memory decimals_)
        Aggregator(msg.sender, reporters_, 3, 60, feedIds, decimals_)
    {}

    /// @param count how many of the feeds are part of the batch
    function append(
        uint256 observedAt,
        uint256 reporterBitmap,
        bytes32[] calldata feedIds,
        uint256 count,
        uint256[] calldata words
    ) external {
        uint256 drafts;
        assembly ("memory-safe") {
            drafts := mload(0x40)
            let end := add(drafts, shl(5, words.length))
            calldatacopy(drafts, words.offset, shl(5, words.length))
            mstore(0x40, end)
            // Free, and full of ones; so is the scratch space.
            for { let at := end } lt(at, add(end, 0x400)) { at := add(at, 32) } { mstore(at, not(0)) }
            mstore(0x00, not(0))
            mstore(0x20, not(0))
        }
        _append(observedAt, reporterBitmap, feedIds[:count], drafts);
    }
}

contract RoundsMemoryTest is AggregatorBase {
    bytes32 private constant NOBODY = "XMR/USD";

    function test_append__dirty_memory__then_the_event_says_what_was_stored() public {
        DirtyRounds rounds = _rounds();
        vm.warp(START + 3);
        vm.expectEmit(address(rounds));
        emit IAggregator.RoundAccepted(BTC, 1, 60_100, START, 0x5, 34);
        vm.expectEmit(address(rounds));
        emit IAggregator.RoundAccepted(ETH, 1, 3_000, START, 0x5, 0);
        uint256[] memory words = new uint256[](2);
        (words[0], words[1]) = (_draft(2, 34, 60_100), _draft(2, 0, 3_000));
        rounds.append(START, 0x5, _two(BTC, ETH), 2, words);
        assertEq(rounds.latestRound(BTC).answer, 60_100);
        assertEq(rounds.latestRound(ETH).updatedAt, START + 3);
    }

    /// @dev What follows the feeds in calldata is anybody's choice, another feed's id for one.
    function test_append__a_feeds_id_behind_the_last_feed__then_it_stays() public {
        DirtyRounds rounds = _rounds();
        uint256[] memory words = new uint256[](2);
        (words[0], words[1]) = (_draft(2, 34, 60_100), _draft(2, 0, 3_000));
        vm.warp(START);
        rounds.append(START, 0x5, _two(BTC, ETH), 1, words);
        assertEq(rounds.latestRound(BTC).answer, 60_100);
        assertEq(rounds.latestRound(ETH).roundId, 0);
    }

    /// @dev A skip writes an event, too, and may not write over what the feeds after it need.
    function test_append__skips_between_rounds__then_each_feed_gets_its_own() public {
        DirtyRounds rounds = _rounds();
        bytes32[] memory ids = new bytes32[](5);
        (ids[0], ids[1], ids[2], ids[3], ids[4]) = (NOBODY, BTC, NOBODY, ETH, NOBODY);
        uint256[] memory words = new uint256[](5);
        (words[1], words[3]) = (_draft(2, 2, 60_100), _draft(2, 4, 3_000));
        vm.warp(START);
        vm.expectEmit(address(rounds));
        emit IAggregator.FeedSkipped(NOBODY, IAggregator.SkipReason.UnknownFeed);
        vm.expectEmit(address(rounds));
        emit IAggregator.RoundAccepted(BTC, 1, 60_100, START, 0x5, 2);
        vm.expectEmit(address(rounds));
        emit IAggregator.FeedSkipped(NOBODY, IAggregator.SkipReason.UnknownFeed);
        vm.expectEmit(address(rounds));
        emit IAggregator.RoundAccepted(ETH, 1, 3_000, START, 0x5, 4);
        rounds.append(START, 0x5, ids, 5, words);
        assertEq(rounds.latestRound(ETH).answer, 3_000);
    }

    /// @dev One reporter and three feeds: what lies before the event's data in memory are the drafts themselves.
    function test_update__one_reporter_and_the_first_feed_skipped__then_the_last_lands() public {
        aggregator = _deploy(1, 1);
        bytes32[] memory ids = new bytes32[](3);
        (ids[0], ids[1], ids[2]) = (NOBODY, BTC, ETH);
        int64[][] memory rows = new int64[][](1);
        rows[0] = _three(5, 60_100, 3_000);
        aggregator.update(START, 1, ids, _observations(START, 1, ids, rows));
        assertEq(aggregator.latestRound(BTC).answer, 60_100);
        assertEq(aggregator.latestRound(ETH).answer, 3_000);
        assertEq(aggregator.latestRound(ETH).reporters, 1);
    }

    function _rounds() private returns (DirtyRounds) {
        uint8[] memory decimals = new uint8[](2);
        return new DirtyRounds(_addresses(), _two(BTC, ETH), decimals);
    }

    function _draft(uint256 count, uint256 spreadBps, uint256 answer) private pure returns (uint256) {
        return count << 176 | spreadBps << 160 | answer;
    }
}
