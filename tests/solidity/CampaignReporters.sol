// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {CampaignBatches} from "./CampaignBatches.sol";

/// @dev Reporters and relayers, honest and not.
abstract contract CampaignReporters is CampaignBatches {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev A15: whatever went before, a newer batch of a quorum lands.
    function honest(uint256 seed) external plays("honest", seed) {
        Batch memory b = _draft();
        _seal(b);
        if (_deliver(b) == b.feedIds.length) _succeeded();
        if (_draw(2) == 0) _keep(b);
    }

    /// @dev As late as is allowed, to the second.
    function honestAtTheLimit(uint256 seed) external plays("honest at the limit", seed) {
        Batch memory b = _draft();
        b.observedAt = uint64(now_ - _oldestAllowed(b.feedIds));
        _seal(b);
        if (_deliver(b) == b.feedIds.length) _succeeded();
    }

    /// @dev A1: fewer than half of a batch give any price they like.
    function lie(uint256 seed) external plays("lie", seed) {
        Batch memory b = _draft();
        uint256 liars = (b.rows.length - 1) / 2;
        for (uint256 k = 0; k < liars; k++) {
            uint256 j = _draw(b.rows.length);
            b.liars |= 1 << j;
            for (uint256 f = 0; f < b.feedIds.length; f++) {
                b.rows[j][f] = _lie();
            }
        }
        _seal(b);
        if (_deliver(b) == b.feedIds.length) _succeeded();
    }

    function _lie() private returns (int64) {
        uint256 kind = _draw(4);
        if (kind == 0) return 1;
        if (kind == 1) return type(int64).max;
        return int64(uint64(1 + _draw(2 ** 63 - 1)));
    }

    /// @dev One feed has too few prices, zero or negative; it stands still and the other advances.
    function abstain(uint256 seed) external plays("abstain", seed) {
        Batch memory b = _draft(quorum, 2);
        uint256 f = _draw(2);
        b.rows[_draw(b.rows.length)][f] = _draw(2) == 0 ? int64(0) : type(int64).min;
        _seal(b);
        if (_deliver(b) == 1) _succeeded();
    }

    /// @dev Two prices of one reporter for one time: the second batch moves nothing, and both together prove it.
    function equivocate(uint256 seed) external plays("equivocate", seed) {
        Batch memory b = _draft(quorum, 1);
        _seal(b);
        uint256 landed = _deliver(b);
        uint256 j = _draw(b.rows.length);
        uint256 index = _bitAt(b.bitmap, j);
        IAggregator.SignedReport memory one = _evidence(b, j);
        b.rows[j][0] ^= 1;
        if (b.rows[j][0] == 0) b.rows[j][0] = 2;
        _resign(b, j, keys[index]);
        b.observations[0] = bytes1(uint8(_medianPosition(_column(b.rows, 0))));
        assertEq(_deliver(b), 0);
        _proves(index, one, _evidence(b, j));
        _doesNotProve(index, one);
        if (landed == 1) _succeeded();
    }

    function _proves(uint256 index, IAggregator.SignedReport memory one, IAggregator.SignedReport memory two) private {
        bytes32 feedId = one.feedIds[0];
        vm.expectEmit(address(aggregator));
        emit IAggregator.Equivocated(members[index], feedId, one.observedAt, one.prices[0], two.prices[0]);
        aggregator.reportEquivocation(index, feedId, one, two);
    }

    /// @dev Neither a report twice, nor another price under its signature.
    function _doesNotProve(uint256 index, IAggregator.SignedReport memory one) private {
        _notProven(index, one, one, abi.encodeWithSelector(IAggregator.NotEquivocation.selector));
        int64[] memory prices = new int64[](1);
        prices[0] = one.prices[0] == 1 ? int64(2) : int64(1);
        IAggregator.SignedReport memory other =
            IAggregator.SignedReport(one.observedAt, one.feedIds, prices, one.r, one.vs);
        _notProven(index, one, other, _invalid(index));
    }

    function _notProven(
        uint256 index,
        IAggregator.SignedReport memory one,
        IAggregator.SignedReport memory two,
        bytes memory reason
    ) private {
        (bool ok, bytes memory answer) = address(aggregator)
            .call(abi.encodeCall(IAggregator.reportEquivocation, (index, one.feedIds[0], one, two)));
        _isRefusal(ok, answer, reason);
    }

    function _evidence(Batch memory b, uint256 j) private pure returns (IAggregator.SignedReport memory) {
        int64[] memory prices = new int64[](b.feedIds.length);
        for (uint256 f = 0; f < prices.length; f++) {
            prices[f] = b.rows[j][f];
        }
        uint256 offset = _reportAt(b, j);
        return IAggregator.SignedReport(b.observedAt, b.feedIds, prices, _wordAt(b, offset), _wordAt(b, offset + 32));
    }

    // ---------------------------------------------------------------- replay

    /// @dev A11, A13: an old batch moves nothing that has moved since, whoever the reporters are by now.
    function replay(uint256 seed) external plays("replay", seed) {
        if (keeps == 0) _honestFirst();
        _deliver(abi.decode(kept[_draw(keeps < KEPT ? keeps : KEPT)], (Batch)));
        _succeeded();
    }

    function _honestFirst() private {
        Batch memory b = _draft();
        _seal(b);
        _deliver(b);
        _keep(b);
    }

    function replayFromElsewhere(uint256 seed) external plays("replay from elsewhere", seed) {
        Batch memory b = _draft();
        uint256 kind = _draw(3);
        if (kind == 0) b.domain = siblingDomain;
        if (kind == 1) b.domain = ReportHash.domainSeparator(block.chainid + 1, address(aggregator), digest);
        if (kind == 2) b.domain = ReportHash.domainSeparator(block.chainid, address(aggregator), bytes32(0));
        _seal(b);
        assertEq(_deliver(b), 0);
        _succeeded();
    }

    /// @dev The chain splits off: what was signed before is worth nothing there.
    function replayOnAnotherChain(uint256 seed) external plays("replay on another chain", seed) {
        Batch memory b = _draft();
        _seal(b);
        uint256 home = block.chainid;
        vm.chainId(home + 1 + _draw(1000));
        bytes32 away = ReportHash.domainSeparator(block.chainid, address(aggregator), digest);
        assertEq(aggregator.domainSeparator(), away);
        domain = away;
        assertEq(_deliver(b), 0);
        vm.chainId(home);
        domain = b.domain;
        _succeeded();
    }

    // ---------------------------------------------------------------- forgery

    /// @dev A4: one report of a good batch is not the reporter's.
    function forge(uint256 seed) external plays("forge", seed) {
        Batch memory b = _draft();
        _seal(b);
        uint256 j = _draw(b.rows.length);
        _tamper(b, j);
        (bool ok, bytes memory answer) = _send(b);
        bytes memory reason = _verdict(b);
        _isRefusal(ok, answer, reason.length == 0 ? _invalid(_bitAt(b.bitmap, j)) : reason);
        if (reason.length == 0) _succeeded();
    }

    function _tamper(Batch memory b, uint256 j) private {
        uint256 offset = _reportAt(b, j);
        uint256 kind = _draw(7);
        uint256 vs = uint256(_wordAt(b, offset + 32));
        if (kind == 0) return _resign(b, j, pool[(first + keys.length) % POOL]);
        if (kind == 1) return _putSignature(b, offset, 0, 0);
        if (kind == 2) return _putSignature(b, offset, bytes32(_draw(type(uint256).max)), bytes32(vs));
        if (kind == 3) return _putWord(b, offset + 32, bytes32(vs ^ (1 << 255)));
        if (kind == 4) return _putWord(b, offset + 32, _highTwin(vs));
        if (kind == 5) {
            return _resign(b, j, keys[(_bitAt(b.bitmap, j) + 1) % keys.length] + (keys.length == 1 ? 1 : 0));
        }
        b.observations[offset + 64 + _draw(8 * b.feedIds.length)] ^= bytes1(uint8(1 + _draw(255)));
    }

    function _putSignature(Batch memory b, uint256 offset, bytes32 r, bytes32 vs) private pure {
        _putWord(b, offset, r);
        _putWord(b, offset + 32, vs);
    }

    /// @dev n - s with the other parity, as far as 255 bits can say it.
    function _highTwin(uint256 vs) private pure returns (bytes32) {
        uint256 high = CURVE_ORDER - (vs & uint256(type(int256).max));
        return bytes32(high & uint256(type(int256).max) | (~vs & (1 << 255)));
    }

    /// @dev A3: one signer short, or a bit that nobody has.
    function tooFew(uint256 seed) external plays("too few", seed) {
        Batch memory b = _draft(quorum - 1, 1);
        if (_draw(2) == 0) b.bitmap |= uint32(1 << (keys.length + _draw(32 - keys.length)));
        b.observations = new bytes(1 + 72 * _count(b.bitmap));
        assertEq(_deliver(b), 0);
        _succeeded();
    }

    /// @dev A2: a price that is not the median, an abstention or nothing at all is named; the other feed advances.
    function nameAnother(uint256 seed) external plays("name another", seed) {
        Batch memory b = _draft(quorum, 2);
        _seal(b);
        uint256 f = _draw(2);
        int64 median = _sortedMedian(_column(b.rows, f));
        uint256 position = _draw(b.rows.length);
        if (b.rows[position][f] == median) position = b.rows.length + _draw(256 - b.rows.length);
        b.observations[f] = bytes1(uint8(position));
        b.spoiled = f + 1;
        if (_deliver(b) == 1) _succeeded();
    }

    /// @dev A10: a second too late or too early, or any more.
    function wrongTime(uint256 seed) external plays("wrong time", seed) {
        Batch memory b = _draft(quorum, 1);
        uint256 by = _draw(2) == 0 ? 1 : 1 + _draw(2 ** 33);
        bool early = _draw(2) == 0;
        b.observedAt = early ? uint64(now_ + by) : uint64(now_ - maxAge - (by < now_ - maxAge ? by : 1));
        b.observations = new bytes(1 + 72 * b.rows.length);
        assertEq(_deliver(b), 0);
        _succeeded();
    }
}
