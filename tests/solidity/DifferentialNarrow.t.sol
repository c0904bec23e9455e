// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DifferentialBase} from "./DifferentialBase.sol";

/// @dev The aggregator against its plain twin in the narrow packing.
contract DifferentialNarrowTest is DifferentialBase {
    uint256 private constant LANE_LIMIT = 2 ** 39;
    uint256 private constant HEAD = 9;

    function testFuzz_update__any_state_and_narrow_calldata__then_the_plain_twin_does_the_same(uint256 seed_) public {
        _compare(seed_);
    }

    /// @dev What the fuzz test sees: enough batches that land, and each way not to.
    function test_update__three_hundred_seeds__then_every_kind_of_outcome_is_among_them() public {
        Survey memory s = _survey();
        assertTrue(s.landed[0] >= 150, "too few batches land");
        assertTrue(s.landed[1] >= 100, "too few batches land in part");
        assertTrue(s.landed[2] >= 80, "too few batches with four feeds or more land");
        for (uint256 kind = 0; kind < 9; kind++) {
            assertTrue(s.refused[kind] >= 2, "a way to refuse is too rare");
        }
    }

    /// @dev Three groups of lanes, the last of them short.
    function _mostFeeds() internal pure override returns (uint256) {
        return 12;
    }

    /// @dev Mostly the lowest price is the one over the base.
    function _price(Batch memory batch, uint256 f) internal override {
        uint256 kind = _roll(6);
        uint256 base = _pick(_roll(2 ** 43), _pick(0, 2 ** 56 - 1, _roll(2 ** 56)), _roll(2 ** 20));
        batch.bases[f] = uint64(base);
        for (uint256 i = 0; i < batch.rows.length; i++) {
            batch.rows[i][f] = int64(int256(base + 1 + _anyLane(kind, base)));
        }
        if (_roll(12) == 0 || batch.rows.length == 0) return;
        batch.rows[_roll(batch.rows.length)][f] = int64(int256(base + 1));
    }

    /// @dev Close together, few distinct ones, the extremes, anything.
    function _anyLane(uint256 kind, uint256 base) private returns (uint256) {
        if (kind <= 2) return _roll(1 + base / 1000) % LANE_LIMIT;
        if (kind == 3) return _roll(3);
        if (kind == 4) return _roll(2) == 0 ? _roll(2) : LANE_LIMIT - 1 - _roll(2);
        return _roll(LANE_LIMIT);
    }

    /// @dev The right positions are named, save for some; in some lanes the bit is set that no one reads.
    function _pack(Batch memory batch) internal override returns (bytes memory packed) {
        packed = _narrow(batch.observedAt, batch.bitmap, batch.feedIds, batch.rows, batch.bases);
        uint256 feeds = batch.feedIds.length;
        for (uint256 f = 0; f < feeds; f++) {
            _misname(packed, HEAD * f, batch.rows.length);
            _misname(packed, HEAD * f + 1, batch.rows.length);
            if (batch.rows.length == 0 || _roll(16) != 0) continue;
            uint256 lane = HEAD * feeds + _roll(batch.rows.length) * (64 + 5 * feeds) + 64 + 5 * f;
            packed[lane] |= 0x80;
        }
    }
}
