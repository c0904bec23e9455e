// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {RoundWord} from "contracts/libraries/Round.sol";
import {AggregatorBase} from "./AggregatorBase.sol";
import {PlainAggregator} from "./PlainAggregator.sol";
import {PlainRounds} from "./PlainRounds.sol";
import {Vm} from "./Vm.sol";

/// @dev The aggregator and its plain twin: one address, one state, one calldata, first the one code and then the other. What a
/// call returns or reverts with, what it logs and what it writes must be equal, word for word.
abstract contract DifferentialBase is AggregatorBase {
    /// @dev Feeds 0 to 7 are registered, 8 and 9 are not.
    uint256 internal constant KNOWN = 8;
    uint256 internal constant FEEDS = 10;

    struct Outcome {
        bool success;
        bytes result;
        bytes32 logs;
        bytes32 writes;
        bytes32 reads;
        uint256 accepted;
        uint256 skipped;
    }

    /// @param bases by feed, for the narrow packing
    struct Batch {
        uint64 observedAt;
        uint32 bitmap;
        bytes32[] feedIds;
        int64[][] rows;
        uint64[] bases;
    }

    /// @param landed batches of which a feed advanced, of these with a feed that did not, and with four or more that did
    /// @param refused by kind of error
    struct Survey {
        uint256[3] landed;
        uint256[9] refused;
    }

    bytes internal twin;
    address[] internal signers;
    uint256 private seed;
    uint256 private rolls;

    function setUp() public override {
        vm.warp(START);
        aggregator = _deploy(31, 21);
        signers = _addresses();
        twin = address(new PlainAggregator()).code;
        vm.startPrank(OWNER);
        for (uint256 i = 0; i < KNOWN; i++) {
            aggregator.addFeed(_feed(i), 8);
        }
        vm.stopPrank();
    }

    /// @dev What the fuzz test sees of 300 seeds.
    function _survey() internal returns (Survey memory s) {
        for (uint256 i = 0; i < 300; i++) {
            Outcome memory o = this.compare(i);
            if (o.success) s.landed[0]++;
            if (o.accepted > 0 && o.skipped > 0) s.landed[1]++;
            if (o.accepted >= 4) s.landed[2]++;
            if (!o.success) s.refused[_kind(o.result)]++;
        }
    }

    /// @dev Leaves the state as it found it.
    function compare(uint256 seed_) external returns (Outcome memory o) {
        uint256 before = vm.snapshotState();
        o = _compare(seed_);
        vm.revertToStateAndDelete(before);
    }

    // ---------------------------------------------------------------- one address, two codes

    function _compare(uint256 seed_) internal returns (Outcome memory first) {
        (seed, rolls) = (seed_, 0);
        bytes memory data = _anything();
        uint256 before = vm.snapshotState();
        first = _call(data);
        assertTrue(vm.revertToStateAndDelete(before), "no snapshot");
        before = vm.snapshotState();
        vm.etch(address(aggregator), twin);
        Outcome memory second = _call(data);
        assertTrue(vm.revertToStateAndDelete(before), "no snapshot");

        assertTrue(first.success == second.success, "one succeeds");
        assertEq(keccak256(first.result), keccak256(second.result));
        assertEq(first.logs, second.logs);
        assertEq(first.writes, second.writes);
        assertEq(first.reads, second.reads);
    }

    function _call(bytes memory data) private returns (Outcome memory o) {
        vm.recordLogs();
        vm.record();
        (o.success, o.result) = address(aggregator).call(data);
        (, bytes32[] memory slots) = vm.accesses(address(aggregator));
        for (uint256 i = 0; i < slots.length; i++) {
            o.writes = keccak256(abi.encode(o.writes, slots[i], vm.load(address(aggregator), slots[i])));
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        o.logs = keccak256(abi.encode(logs));
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].topics[0] == IAggregator.RoundAccepted.selector) o.accepted++;
            else o.skipped++;
        }
        o.reads = _reads();
    }

    /// @dev `latestRound` and `getRound` of every registered feed.
    function _reads() private view returns (bytes32 all) {
        for (uint256 i = 0; i < KNOWN; i++) {
            IAggregator.Round memory latest = aggregator.latestRound(_feed(i));
            (, bytes memory kept) = address(aggregator)
                .staticcall(abi.encodeWithSelector(IAggregator.getRound.selector, _feed(i), latest.roundId));
            all = keccak256(abi.encode(all, latest, kept));
        }
    }

    // ---------------------------------------------------------------- any state

    /// @dev Set the state up and return calldata, all of it from the seed.
    function _anything() private returns (bytes memory data) {
        uint8 quorum = _anyConfig();
        for (uint256 i = 0; i < KNOWN; i++) {
            if (_roll(4) != 0) _storeRound(_feed(i));
        }
        if (_roll(40) == 0) {
            vm.prank(OWNER);
            aggregator.pause();
        }
        Batch memory batch = _anyBatch(quorum);
        bytes memory packed = _pack(batch);
        if (_roll(24) == 0) packed = bytes.concat(packed, new bytes(1 + _roll(80)));
        data = _spoilt(abi.encodeCall(IAggregator.update, (batch.observedAt, batch.bitmap, batch.feedIds, packed)));
    }

    function _anyConfig() private returns (uint8 quorum) {
        uint256 n = _roll(2) == 0 ? 1 + _roll(7) : 1 + _roll(31);
        quorum = uint8(n / 2 + 1 + _roll(n - n / 2));
        address[] memory set = new address[](n);
        for (uint256 i = 0; i < n; i++) {
            set[i] = signers[i];
        }
        vm.startPrank(OWNER);
        aggregator.setConfig(set, quorum);
        aggregator.setMaxAge(uint8(1 + _roll(255)));
        vm.stopPrank();
    }

    /// @dev A round before: sums near their wrap, ids near the ring's, times on either side of the batch's.
    function _storeRound(bytes32 feedId) private {
        PlainRounds.Fields memory f = PlainRounds.Fields({
            roundId: uint32(_pick(_roll(2 ** 32 - 1), 4090 + _roll(10), _roll(4))),
            observedAt: uint32(_pick(START - _roll(300), START - 255 - _roll(2 ** 24), _roll(START))),
            lag: uint8(_roll(256)),
            reporters: uint8(1 + _roll(31)),
            spreadBps: uint16(_roll(2 ** 16)),
            cumulative: uint88(_pick(_roll(2 ** 88), 2 ** 88 - 1 - _roll(2 ** 40), 0)),
            answer: int72(int256(1 + _pick(_roll(2 ** 63 - 1), 2 ** 63 - 2, _roll(1000))))
        });
        RoundWord word = PlainRounds.pack(f);
        bytes32 slot = keccak256(abi.encode(feedId, uint256(0)));
        vm.store(address(aggregator), slot, bytes32(RoundWord.unwrap(word)));
        vm.store(address(aggregator), bytes32(uint256(slot) + 1 + f.roundId % 4096), bytes32(RoundWord.unwrap(word)));
    }

    // ---------------------------------------------------------------- any calldata

    function _mostFeeds() internal pure virtual returns (uint256);

    /// @dev Set a feed's price in every row, and its base.
    function _price(Batch memory batch, uint256 f) internal virtual;

    function _pack(Batch memory batch) internal virtual returns (bytes memory);

    function _anyBatch(uint8 quorum) private returns (Batch memory batch) {
        (,, uint8 n,, uint8 maxAge,) = aggregator.config();
        batch.observedAt = _anyTime(maxAge);
        batch.bitmap = _anyBitmap(n, quorum);
        batch.feedIds = new bytes32[](_roll(24) == 0 ? 0 : 1 + _roll(_mostFeeds()));
        for (uint256 f = 0; f < batch.feedIds.length; f++) {
            batch.feedIds[f] = _feed(_roll(4) == 0 ? _roll(FEEDS) : f % KNOWN);
        }
        batch.bases = new uint64[](batch.feedIds.length);
        batch.rows = new int64[][](_ones(batch.bitmap));
        for (uint256 i = 0; i < batch.rows.length; i++) {
            batch.rows[i] = new int64[](batch.feedIds.length);
        }
        for (uint256 f = 0; f < batch.feedIds.length; f++) {
            _price(batch, f);
        }
    }

    function _anyTime(uint8 maxAge) private returns (uint64) {
        uint256 kind = _roll(32);
        if (kind == 0) return START + 1;
        if (kind == 1) return START - maxAge - 1;
        if (kind == 2) return uint64(_roll(2 ** 64));
        if (kind < 8) return START - maxAge;
        if (kind < 16) return START;
        return START - uint64(_roll(uint256(maxAge) + 1));
    }

    /// @dev Mostly a quorum or more, sometimes anything.
    function _anyBitmap(uint256 n, uint256 quorum) private returns (uint32 bitmap) {
        if (_roll(24) == 0) return uint32(_roll(2 ** 32));
        bitmap = _firstBits(n);
        uint256 drop = _roll(n - quorum + 1) + (_roll(16) == 0 ? 1 : 0);
        for (; drop > 0; drop--) {
            bitmap &= ~uint32(1 << _roll(n));
        }
    }

    /// @dev Some calldata with a byte changed anywhere, mostly in what is signed; some cut.
    function _spoilt(bytes memory data) private returns (bytes memory) {
        uint256 kind = _roll(16);
        if (kind == 0) data[4 + _roll(data.length - 4)] = bytes1(uint8(_roll(256)));
        if (kind != 1 || _roll(2) == 0) return data;
        uint256 length = 4 + _roll(data.length - 4);
        assembly ("memory-safe") {
            mstore(data, length)
        }
        return data;
    }

    /// @dev Make the named position of some feeds another one, or any byte.
    function _misname(bytes memory packed, uint256 place, uint256 reports) internal {
        uint256 kind = _roll(20);
        if (kind == 0) packed[place] = bytes1(uint8(_roll(256)));
        else if (kind < 3) packed[place] = bytes1(uint8(_roll(reports + 2)));
    }

    // ---------------------------------------------------------------- dice and names

    function _roll(uint256 sides) internal returns (uint256) {
        return uint256(keccak256(abi.encode(seed, rolls++))) % sides;
    }

    function _pick(uint256 a, uint256 b, uint256 c) internal returns (uint256) {
        uint256 which = _roll(3);
        return which == 0 ? a : which == 1 ? b : c;
    }

    function _feed(uint256 i) private pure returns (bytes32) {
        return bytes32(bytes.concat("FEED-", bytes1(uint8(48 + i)), "/USD"));
    }

    function _ones(uint256 bitmap) private pure returns (uint256 n) {
        for (; bitmap != 0; bitmap >>= 1) {
            n += bitmap & 1;
        }
    }

    /// @dev A number for each error of `update`; the last for calldata that does not decode.
    function _kind(bytes memory result) private pure returns (uint256) {
        if (result.length == 0) return 8;
        bytes4 selector = bytes4(result);
        if (selector == IAggregator.UpdatesPaused.selector) return 0;
        if (selector == IAggregator.FutureObservation.selector) return 1;
        if (selector == IAggregator.ExpiredObservation.selector) return 2;
        if (selector == IAggregator.UnknownReporterBit.selector) return 3;
        if (selector == IAggregator.BelowQuorum.selector) return 4;
        if (selector == IAggregator.WrongLength.selector) return 5;
        if (selector == IAggregator.NothingToUpdate.selector) return 6;
        assertEq(bytes32(selector), bytes32(IAggregator.InvalidSignature.selector));
        return 7;
    }
}
