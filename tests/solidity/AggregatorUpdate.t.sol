// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";
import {Vm} from "./Vm.sol";

contract AggregatorUpdateTest is AggregatorBase {
    bytes32 internal constant NOBODY = "XMR/USD";

    function test_update__quorum_of_reports__then_round_event_and_fields() public {
        vm.warp(START + 7);
        vm.expectEmit(address(aggregator));
        emit IAggregator.RoundAccepted(BTC, 1, 60_100, START, 0x7, 34);
        _update(BTC, START, _three(60_100, 60_000, 60_200));

        IAggregator.Round memory r = aggregator.latestRound(BTC);
        assertEq(r.roundId, 1);
        assertEq(r.observedAt, START);
        assertEq(r.updatedAt, START + 7);
        assertEq(r.answer, 60_100);
        assertEq(r.reporters, 3);
        assertEq(r.spreadBps, 34);
    }

    function test_update__even_count__then_upper_middle() public {
        int64[] memory prices = new int64[](4);
        (prices[0], prices[1], prices[2], prices[3]) = (30, 10, 20, 40);
        _update(BTC, START, prices);
        assertEq(aggregator.latestRound(BTC).answer, 30);
        assertEq(aggregator.latestRound(BTC).reporters, 4);
    }

    function test_update__reporters_with_gaps_between__then_each_signs_for_its_own_bit() public {
        bytes32[] memory ids = _one(BTC);
        bytes memory data = _observations(START, 0xd, ids, _rows(_three(5, 6, 7)));
        aggregator.update(START, 0xd, ids, data);
        assertEq(aggregator.latestRound(BTC).answer, 6);
        assertEq(aggregator.latestRound(BTC).reporters, 3);
    }

    function test_update__price_above_any_bound_of_the_past__then_lands() public {
        _update(BTC, START - 2, 100);
        _update(BTC, START - 1, type(int64).max);
        _update(BTC, START, 1);
        assertEq(aggregator.latestRound(BTC).answer, 1);
    }

    // ---------------------------------------------------------------- reverts

    function test_update__paused__then_reverts() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(1, 2, 3));
        vm.prank(OWNER);
        aggregator.pause();
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UpdatesPaused.selector));
        aggregator.update(START, 7, ids, data);
    }

    function test_update__observed_in_the_future__then_reverts() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START + 1, _three(1, 2, 3));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.FutureObservation.selector, START + 1, START));
        aggregator.update(START + 1, 7, ids, data);
    }

    function test_update__older_than_max_age__then_reverts_one_second_past() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(1, 2, 3));
        vm.warp(START + MAX_AGE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAggregator.ExpiredObservation.selector, START, START + MAX_AGE + 1, MAX_AGE)
        );
        aggregator.update(START, 7, ids, data);
        vm.warp(START + MAX_AGE);
        aggregator.update(START, 7, ids, data);
        assertEq(aggregator.latestRound(BTC).updatedAt, START + MAX_AGE);
    }

    function test_update__bit_beyond_the_set__then_reverts() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(1, 2, 3));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UnknownReporterBit.selector, 0x13, 4));
        aggregator.update(START, 0x13, ids, data);
    }

    function test_update__fewer_reports_than_quorum__then_reverts() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(1, 2, 3));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.BelowQuorum.selector, 2, 3));
        aggregator.update(START, 0x9, ids, data);
    }

    function testFuzz_update__any_other_length__then_reverts(uint256 length) public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(1, 2, 3));
        length = bound(length, 0, 400);
        vm.assume(length != data.length && length != 9 + 3 * (64 + 5));
        bytes memory other = new bytes(length);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.WrongLength.selector, length, data.length));
        aggregator.update(START, 7, ids, other);
    }

    function test_update__no_feeds__then_nothing_to_update() public {
        bytes32[] memory ids = new bytes32[](0);
        bytes memory data = _observations(START, 7, ids, new int64[][](3));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
        aggregator.update(START, 7, ids, data);
    }

    // ---------------------------------------------------------------- signatures

    function test_update__one_price_changed_by_the_relayer__then_reverts_naming_the_reporter() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(1, 2, 3));
        data[data.length - 1] = bytes1(uint8(4));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 2));
        aggregator.update(START, 7, ids, data);
    }

    function test_update__same_reporter_under_two_bits__then_reverts() public {
        bytes32[] memory ids = _one(BTC);
        int64[] memory price = new int64[](1);
        price[0] = 5;
        bytes memory row = _signedRow(keys[0], START, ids, price);
        bytes memory data = bytes.concat(hex"00", row, row, _signedRow(keys[2], START, ids, price));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 1));
        aggregator.update(START, 7, ids, data);
    }

    function test_update__reports_out_of_order__then_reverts() public {
        bytes32[] memory ids = _one(BTC);
        int64[] memory price = new int64[](1);
        price[0] = 5;
        bytes memory a = _signedRow(keys[0], START, ids, price);
        bytes memory b = _signedRow(keys[1], START, ids, price);
        bytes memory data = bytes.concat(hex"00", b, a, _signedRow(keys[2], START, ids, price));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 0));
        aggregator.update(START, 7, ids, data);
    }

    /// @dev A4: garbage recovers to zero or to a stranger, and neither is registered.
    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_update__garbage_signature__then_reverts(bytes32 r, bytes32 vs) public {
        bytes32[] memory ids = _one(BTC);
        int64[] memory price = new int64[](1);
        price[0] = 5;
        bytes memory good = _signedRow(keys[0], START, ids, price);
        bytes memory bad = bytes.concat(r, vs, bytes8(uint64(5)));
        bytes memory data = bytes.concat(hex"00", good, bad, _signedRow(keys[2], START, ids, price));
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 1));
        aggregator.update(START, 7, ids, data);
    }

    function test_update__zero_signature__then_reverts() public {
        bytes memory data = new bytes(1 + 3 * 72);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 0));
        aggregator.update(START, 7, _one(BTC), data);
    }

    // ---------------------------------------------------------------- feeds of a batch

    function test_update__unknown_feed_among_others__then_skipped_and_others_advance() public {
        _batchOfTwo(NOBODY, IAggregator.SkipReason.UnknownFeed, _three(5, 5, 5), 0);
    }

    function test_update__two_of_three_abstain__then_skipped_and_others_advance() public {
        _batchOfTwo(BTC, IAggregator.SkipReason.NoQuorum, _three(5, 5, 0), 0);
    }

    function test_update__negative_price__then_counts_as_abstention() public {
        _batchOfTwo(BTC, IAggregator.SkipReason.NoQuorum, _three(5, 5, -5), 0);
    }

    function test_update__wrong_median_named__then_skipped_and_others_advance() public {
        _batchOfTwo(BTC, IAggregator.SkipReason.NotMedian, _three(5, 6, 7), 0);
    }

    function test_update__position_beyond_the_batch__then_skipped_and_others_advance() public {
        _batchOfTwo(BTC, IAggregator.SkipReason.NotMedian, _three(5, 5, 5), 3);
    }

    function test_update__feed_already_at_that_time__then_skipped_and_others_advance() public {
        _update(BTC, START, 9);
        _batchOfTwo(BTC, IAggregator.SkipReason.NotNewer, _three(5, 5, 5), 0);
        assertEq(aggregator.latestRound(BTC).answer, 9);
    }

    function test_update__feed_twice_in_one_batch__then_second_is_skipped() public {
        int64[][] memory rows = _pair(_three(5, 5, 5), _three(6, 6, 6));
        bytes32[] memory ids = _two(BTC, BTC);
        bytes memory data = _observations(START, 7, ids, rows);
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedSkipped(BTC, IAggregator.SkipReason.NotNewer);
        aggregator.update(START, 7, ids, data);
        assertEq(aggregator.latestRound(BTC).answer, 5);
        assertEq(aggregator.latestRound(BTC).roundId, 1);
    }

    function test_update__nothing_advances__then_reverts() public {
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, _three(5, 6, 7));
        aggregator.update(START, 7, ids, data);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
        aggregator.update(START, 7, ids, data);
    }

    function test_update__one_abstains_of_four__then_median_of_three() public {
        int64[] memory prices = new int64[](4);
        (prices[0], prices[1], prices[2], prices[3]) = (30, 0, 10, 20);
        _update(BTC, START, prices);
        assertEq(aggregator.latestRound(BTC).answer, 20);
        assertEq(aggregator.latestRound(BTC).reporters, 3);
    }

    /// @dev A2 end to end: any prices, any reporters above quorum, every position; only the sorted median passes.
    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_update__any_prices__then_answer_is_the_sorted_median(uint64[4] memory given, uint8 named) public {
        int64[] memory prices = new int64[](4);
        for (uint256 i = 0; i < 4; i++) {
            prices[i] = int64(given[i] >> 1) % 50;
        }
        (bytes32[] memory ids, bytes memory data) = _single(BTC, START, prices);
        uint8 position = named % 5;
        data[0] = bytes1(position);
        uint256 positive = 0;
        for (uint256 i = 0; i < 4; i++) {
            if (prices[i] > 0) positive++;
        }
        int64 median = _sortedMedian(prices);
        if (positive < 3 || position > 3 || prices[position] != median) {
            vm.expectRevert(abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
            aggregator.update(START, 0xf, ids, data);
        } else {
            aggregator.update(START, 0xf, ids, data);
            assertEq(aggregator.latestRound(BTC).answer, median);
            assertEq(aggregator.latestRound(BTC).reporters, positive);
        }
    }

    /// @dev A16's shape: the largest set, every report, several feeds.
    function test_update__thirty_one_reporters__then_lands_in_one_transaction() public {
        aggregator = _deploy(31, 21);
        int64[] memory prices = new int64[](31);
        for (uint256 i = 0; i < 31; i++) {
            prices[i] = int64(uint64(1000 + (i * 17) % 31));
        }
        _update(BTC, START, prices);
        assertEq(aggregator.latestRound(BTC).answer, 1015);
        assertEq(aggregator.latestRound(BTC).reporters, 31);
    }

    /// @dev ETH always advances; `feedId` is skipped for `reason`.
    function _batchOfTwo(bytes32 feedId, IAggregator.SkipReason reason, int64[] memory prices, uint8 position) private {
        bytes32[] memory ids = _two(feedId, ETH);
        bytes memory data = _observations(START, 7, ids, _pair(prices, _three(70, 80, 90)));
        data[0] = bytes1(position);
        uint32 before = feedId == NOBODY ? 0 : aggregator.latestRound(feedId).roundId;
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedSkipped(feedId, reason);
        aggregator.update(START, 7, ids, data);
        if (feedId != NOBODY) assertEq(aggregator.latestRound(feedId).roundId, before);
        assertEq(aggregator.latestRound(ETH).answer, 80);
    }

    function _pair(int64[] memory first, int64[] memory second) private pure returns (int64[][] memory rows) {
        rows = new int64[][](first.length);
        for (uint256 i = 0; i < rows.length; i++) {
            rows[i] = new int64[](2);
            (rows[i][0], rows[i][1]) = (first[i], second[i]);
        }
    }
}
