// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev A11, R-SIG-1, 2, 7: a batch is good for one chain, one contract, its feeds, its time and one reporter set.
contract AggregatorReplayTest is AggregatorBase {
    bytes32[] internal ids;
    bytes internal data;

    function setUp() public override {
        super.setUp();
        (bytes32[] memory feedIds, bytes memory observations) = _single(BTC, START, _three(1, 2, 3));
        ids = feedIds;
        data = observations;
    }

    function test_replay__other_chain__then_reverts_and_new_domain_works() public {
        bytes32 before = aggregator.domainSeparator();
        vm.chainId(31_338);
        assertTrue(aggregator.domainSeparator() != before, "domain separator is not rebuilt");
        _refused();
        _update(BTC, START, 2);
        assertEq(aggregator.latestRound(BTC).roundId, 1);
    }

    function test_replay__other_contract_with_the_same_set__then_reverts() public {
        aggregator = _deploy(4, 3);
        _refused();
    }

    function test_replay__other_feed__then_reverts() public {
        ids[0] = ETH;
        _refused();
    }

    function test_replay__other_time__then_reverts() public {
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 0));
        aggregator.update(START + 1, 7, ids, data);
    }

    function test_replay__other_set__then_reverts() public {
        uint256 last = keys[3];
        keys[3] = 1234567;
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        _refused();
        keys[3] = last;
    }

    /// @dev The configuration count is in the digest, so even the very same set is a new one.
    function test_replay__same_set_configured_again__then_reverts() public {
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        _refused();
    }

    function test_replay__other_quorum__then_reverts() public {
        int64[] memory prices = new int64[](4);
        (prices[0], prices[1], prices[2], prices[3]) = (1, 2, 3, 4);
        bytes memory all = _observations(START, 0xf, _one(BTC), _rows(prices));
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 4);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 0));
        aggregator.update(START, 0xf, ids, all);
    }

    /// @dev A13: a reporter added later cannot bring a report it signed before.
    function test_replay__reporter_added_after_signing__then_its_report_never_counts() public {
        keys.push(99_991);
        bytes memory early = _observations(START, 0x1f, _one(BTC), _rows(_five()));
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 0));
        aggregator.update(START, 0x1f, _one(BTC), early);
    }

    function test_replay__same_batch_again__then_nothing_to_update() public {
        aggregator.update(START, 7, ids, data);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
        aggregator.update(START, 7, ids, data);
    }

    function test_replay__newer_batch_landed_first__then_older_changes_nothing() public {
        vm.warp(START + 1);
        _update(BTC, START + 1, 8);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
        aggregator.update(START, 7, ids, data);
        assertEq(aggregator.latestRound(BTC).answer, 8);
    }

    function test_setConfig__between_rounds__then_round_ids_go_on() public {
        aggregator.update(START, 7, ids, data);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        vm.warp(START + 1);
        _update(BTC, START + 1, 8);
        assertEq(aggregator.latestRound(BTC).roundId, 2);
        assertEq(aggregator.getRound(BTC, 1).answer, 2);
    }

    // ---------------------------------------------------------------- equivocation

    function test_reportEquivocation__two_positive_prices__then_event_and_no_change() public {
        IAggregator.SignedReport memory a = _report(keys[2], START, BTC, 100);
        IAggregator.SignedReport memory b = _report(keys[2], START, BTC, 101);
        vm.expectEmit(address(aggregator));
        emit IAggregator.Equivocated(vm.addr(keys[2]), BTC, START, 100, 101);
        vm.record();
        aggregator.reportEquivocation(2, BTC, a, b);
        (, bytes32[] memory writes) = vm.accesses(address(aggregator));
        assertEq(writes.length, 0);
    }

    function test_reportEquivocation__feed_twice_in_one_report__then_proven_by_that_report() public {
        IAggregator.SignedReport memory a;
        a.observedAt = START;
        a.feedIds = _two(BTC, BTC);
        a.prices = new int64[](2);
        (a.prices[0], a.prices[1]) = (7, 8);
        (a.r, a.vs) = _sign(keys[0], START, a.feedIds, a.prices);
        vm.expectEmit(address(aggregator));
        emit IAggregator.Equivocated(vm.addr(keys[0]), BTC, START, 7, 8);
        aggregator.reportEquivocation(0, BTC, a, a);
    }

    /// @dev Other feeds and abstentions stand before the conflict in both reports, and the prices are the smallest there are.
    function test_reportEquivocation__conflict_behind_other_entries__then_found() public {
        IAggregator.SignedReport memory a = _behindOthers(1);
        IAggregator.SignedReport memory b = _behindOthers(2);
        vm.expectEmit(address(aggregator));
        emit IAggregator.Equivocated(vm.addr(keys[0]), BTC, START, 1, 2);
        aggregator.reportEquivocation(0, BTC, a, b);
        vm.expectEmit(address(aggregator));
        emit IAggregator.Equivocated(vm.addr(keys[0]), BTC, START, 2, 1);
        aggregator.reportEquivocation(0, BTC, b, a);
    }

    function test_reportEquivocation__no_conflict__then_reverts() public {
        IAggregator.SignedReport memory a = _report(keys[0], START, BTC, 100);
        _noEquivocation(BTC, a, _report(keys[0], START, BTC, 100));
        _noEquivocation(BTC, a, _report(keys[0], START, BTC, 0));
        _noEquivocation(BTC, a, _report(keys[0], START, BTC, -1));
        _noEquivocation(BTC, _report(keys[0], START, BTC, 0), a);
        _noEquivocation(BTC, a, _report(keys[0], START - 1, BTC, 101));
        _noEquivocation(BTC, a, _report(keys[0], START, ETH, 101));
        _noEquivocation(ETH, a, _report(keys[0], START, BTC, 101));
    }

    function test_reportEquivocation__not_signed_by_that_reporter__then_reverts() public {
        IAggregator.SignedReport memory a = _report(keys[0], START, BTC, 100);
        IAggregator.SignedReport memory b = _report(keys[1], START, BTC, 101);
        _forged(0, a, b);
        _forged(1, a, b);
        _forged(4, a, b);
    }

    function test_reportEquivocation__signed_under_an_old_set__then_reverts() public {
        IAggregator.SignedReport memory a = _report(keys[0], START, BTC, 100);
        IAggregator.SignedReport memory b = _report(keys[0], START, BTC, 101);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        _forged(0, a, b);
    }

    function test_reportEquivocation__arrays_of_unlike_length__then_reverts() public {
        IAggregator.SignedReport memory a = _report(keys[0], START, BTC, 100);
        IAggregator.SignedReport memory b = _report(keys[0], START, BTC, 101);
        b.prices = new int64[](2);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.WrongLength.selector, 2, 1));
        aggregator.reportEquivocation(0, BTC, a, b);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.WrongLength.selector, 2, 1));
        aggregator.reportEquivocation(0, BTC, b, a);
    }

    function _behindOthers(int64 price) private view returns (IAggregator.SignedReport memory report) {
        report.observedAt = START;
        report.feedIds = new bytes32[](3);
        (report.feedIds[0], report.feedIds[1], report.feedIds[2]) = (ETH, BTC, BTC);
        report.prices = _three(9, 0, price);
        (report.r, report.vs) = _sign(keys[0], START, report.feedIds, report.prices);
    }

    function _refused() private {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, 0));
        aggregator.update(START, 7, ids, data);
    }

    function _noEquivocation(bytes32 feedId, IAggregator.SignedReport memory a, IAggregator.SignedReport memory b)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NotEquivocation.selector));
        aggregator.reportEquivocation(0, feedId, a, b);
    }

    function _forged(uint256 index, IAggregator.SignedReport memory a, IAggregator.SignedReport memory b) private {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.InvalidSignature.selector, index));
        aggregator.reportEquivocation(index, BTC, a, b);
    }

    function _report(uint256 key, uint64 observedAt, bytes32 feedId, int64 price)
        private
        view
        returns (IAggregator.SignedReport memory report)
    {
        report.observedAt = observedAt;
        report.feedIds = _one(feedId);
        report.prices = new int64[](1);
        report.prices[0] = price;
        (report.r, report.vs) = _sign(key, observedAt, report.feedIds, report.prices);
    }

    function _five() private pure returns (int64[] memory prices) {
        prices = new int64[](5);
        for (uint256 i = 0; i < 5; i++) {
            prices[i] = int64(uint64(i + 1));
        }
    }
}
