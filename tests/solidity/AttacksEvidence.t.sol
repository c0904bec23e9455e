// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev False evidence against a reporter, and true evidence in bad times. AggregatorReplay.t.sol has the plain cases.
contract AttacksEvidenceTest is AttackBase {
    /// @dev An honest report with its price changed, under the honest signature.
    function test_attack__price_changed_in_the_second_report__then_invalid_signature() public {
        IAggregator.SignedReport memory a = _report(0, 10);
        IAggregator.SignedReport memory b = _report(0, 10);
        b.prices[0] = 11;
        _refused(_evidence(0, a, b), _invalid(0));
        _refused(_evidence(0, b, a), _invalid(0));
    }

    /// @dev Two honest prices at two times, one time made equal to the other.
    function test_attack__time_of_an_older_report_changed__then_invalid_signature() public {
        IAggregator.SignedReport memory older = _reportAt(NOW - 1, keys[0], 10);
        older.observedAt = NOW;
        _refused(_evidence(0, older, _report(0, 11)), _invalid(0));
    }

    /// @dev An honest abstention on BTC made a price.
    function test_attack__abstention_made_a_price__then_invalid_signature() public {
        IAggregator.SignedReport memory abstained = _report(0, 0);
        abstained.prices[0] = 11;
        _refused(_evidence(0, _report(0, 10), abstained), _invalid(0));
    }

    /// @dev Honest prices of one second for two feeds, exchanged.
    function test_attack__feed_of_a_report_changed__then_invalid_signature() public {
        IAggregator.SignedReport memory eth = IAggregator.SignedReport(NOW, _one(ETH), _price(99), 0, 0);
        (eth.r, eth.vs) = _sign(keys[0], NOW, eth.feedIds, eth.prices);
        eth.feedIds = _one(BTC);
        _refused(_evidence(0, _report(0, 10), eth), _invalid(0));
    }

    function test_attack__two_reports_of_a_stranger__then_invalid_signature() public {
        IAggregator.SignedReport memory a = _reportAt(NOW, 0xBAD, 10);
        IAggregator.SignedReport memory b = _reportAt(NOW, 0xBAD, 11);
        for (uint256 i = 0; i < 4; i++) {
            _refused(_evidence(i, a, b), _invalid(i));
        }
    }

    function test_attack__evidence_blamed_on_another_reporter__then_invalid_signature() public {
        _refused(_evidence(1, _report(0, 10), _report(0, 11)), _invalid(1));
    }

    /// @dev Unsigned evidence against nobody: a failed recovery is zero, and so is what an index past the set might read.
    function test_attack__index_past_the_set_with_empty_signatures__then_invalid_signature() public {
        IAggregator.SignedReport memory a = IAggregator.SignedReport(NOW, _one(BTC), _price(10), 0, 0);
        IAggregator.SignedReport memory b = IAggregator.SignedReport(NOW, _one(BTC), _price(11), 0, 0);
        uint256[4] memory indexes = [uint256(4), 31, 255, type(uint256).max];
        for (uint256 i = 0; i < 4; i++) {
            _refused(_evidence(indexes[i], a, b), _invalid(indexes[i]));
        }
        _refused(_evidence(0, a, b), _invalid(0));
    }

    /// @dev On a chain that split off, a reporter may well have signed another price.
    function test_attack__one_report_of_another_chain__then_invalid_signature() public {
        IAggregator.SignedReport memory here = _report(0, 10);
        uint256 home = block.chainid;
        vm.chainId(home + 1);
        IAggregator.SignedReport memory there = _report(0, 11);
        vm.chainId(home);
        _refused(_evidence(0, here, there), _invalid(0));
    }

    /// @dev A guilty reporter cannot hide behind a pause, an old time or a feed that nobody registered.
    function test_attack__evidence_while_paused_old_or_of_no_feed__then_proven() public {
        vm.prank(OWNER);
        aggregator.pause();
        vm.warp(NOW + 10_000);
        IAggregator.SignedReport memory a = _report(0, 10);
        IAggregator.SignedReport memory b = _report(0, 11);
        (a.feedIds, b.feedIds) = (_one(NOBODY), _one(NOBODY));
        (a.r, a.vs) = _sign(keys[0], NOW, a.feedIds, a.prices);
        (b.r, b.vs) = _sign(keys[0], NOW, b.feedIds, b.prices);
        vm.expectEmit(address(aggregator));
        emit IAggregator.Equivocated(vm.addr(keys[0]), NOBODY, NOW, 10, 11);
        aggregator.reportEquivocation(0, NOBODY, a, b);
    }

    /// @dev Evidence changes nothing: the one who is proven guilty still counts until the owner acts, and so does its batch.
    function test_attack__evidence_to_push_a_reporter_out__then_nothing_but_an_event() public {
        bytes32 before = _everything();
        for (uint256 i = 0; i < 3; i++) {
            aggregator.reportEquivocation(0, BTC, _report(0, 10), _report(0, 11));
        }
        assertEq(_everything(), before);
        _update(BTC, NOW, _three(10, 11, 12));
        assertEq(aggregator.latestRound(BTC).answer, 11);
    }

    function _report(uint256 reporter, int64 price) private view returns (IAggregator.SignedReport memory) {
        return _reportAt(NOW, keys[reporter], price);
    }

    function _reportAt(uint64 observedAt, uint256 key, int64 price)
        private
        view
        returns (IAggregator.SignedReport memory report)
    {
        report = IAggregator.SignedReport(observedAt, _one(BTC), _price(price), 0, 0);
        (report.r, report.vs) = _sign(key, observedAt, report.feedIds, report.prices);
    }

    function _evidence(uint256 index, IAggregator.SignedReport memory a, IAggregator.SignedReport memory b)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IAggregator.reportEquivocation, (index, BTC, a, b));
    }
}
