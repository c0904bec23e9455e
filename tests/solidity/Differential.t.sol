// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DifferentialBase} from "./DifferentialBase.sol";

/// @dev The aggregator against its plain twin in the wide packing.
contract DifferentialTest is DifferentialBase {
    function testFuzz_update__any_state_and_calldata__then_the_plain_twin_does_the_same(uint256 seed_) public {
        _compare(seed_);
    }

    /// @dev What the fuzz test sees: enough batches that land, and each way not to.
    function test_update__three_hundred_seeds__then_every_kind_of_outcome_is_among_them() public {
        Survey memory s = _survey();
        assertTrue(s.landed[0] >= 150, "too few batches land");
        assertTrue(s.landed[1] >= 100, "too few batches land in part");
        assertTrue(s.landed[2] >= 40, "too few batches with four feeds or more land");
        for (uint256 kind = 0; kind < 9; kind++) {
            assertTrue(s.refused[kind] >= 2, "a way to refuse is too rare");
        }
    }

    function _mostFeeds() internal pure override returns (uint256) {
        return 9;
    }

    function _price(Batch memory batch, uint256 f) internal override {
        uint256 kind = _roll(8);
        uint256 middle = 1000 + _roll(2 ** 60);
        for (uint256 i = 0; i < batch.rows.length; i++) {
            batch.rows[i][f] = _anyPrice(kind, middle);
        }
    }

    /// @dev Close together, few distinct ones, with abstentions, with rare negatives, the extremes, anything.
    function _anyPrice(uint256 kind, uint256 middle) private returns (int64) {
        if (kind <= 2) return int64(int256(middle + _roll(1 + middle / 1000)));
        if (kind == 3) return int64(int256(1 + _roll(3)));
        if (kind == 4) return int64(int256(_roll(9) == 0 ? 0 : middle + _roll(20)));
        if (kind == 5) return int64(int256(_roll(20))) - 1;
        if (kind == 6) return _extreme(_roll(12));
        return int64(uint64(_roll(2 ** 64)));
    }

    function _extreme(uint256 which) private pure returns (int64) {
        if (which == 0) return type(int64).min;
        if (which == 1) return 0;
        if (which == 2) return -1;
        if (which < 6) return 1;
        return type(int64).max - int64(uint64(which % 3));
    }

    /// @dev The median of every feed is named, save for some where a byte is anything.
    function _pack(Batch memory batch) internal override returns (bytes memory packed) {
        packed = _observations(batch.observedAt, batch.bitmap, batch.feedIds, batch.rows);
        for (uint256 f = 0; f < batch.feedIds.length; f++) {
            _misname(packed, f, batch.rows.length);
        }
    }
}
