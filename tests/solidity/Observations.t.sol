// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Observations} from "contracts/libraries/Observations.sol";
import {Base} from "./Base.sol";
import {PlainPacking} from "./PlainPacking.sol";

contract ObservationsTest is Base {
    function testFuzz_reports__any_bitmap__then_how_many_bits_are_set(uint32 bitmap) public pure {
        assertEq(Observations.reports(bitmap), _ones(bitmap));
    }

    /// @dev Each half alone. Bits never meet in the product, so for all 32 the digits, and with them the remainders, add up.
    function test_reports__every_half_of_a_bitmap__then_how_many_bits_are_set() public pure {
        unchecked {
            for (uint256 half = 0; half < 2 ** 16; half++) {
                uint256 ones = _ones(half);
                if (Observations.reports(half) != ones) revert NotEqualUint(half, ones);
                if (Observations.reports(half << 16) != ones) revert NotEqualUint(half << 16, ones);
                if (Observations.reports(half << 16 | half) != 2 * ones) revert NotEqualUint(half, 2 * ones);
            }
        }
    }

    function testFuzz_lengths__any_batch__then_nothing_missing(uint256 reports, uint64 feeds) public pure {
        reports = bound(reports, 0, 32);
        assertEq(Observations.wideLength(reports, feeds), PlainPacking.wideLength(reports, feeds));
        assertEq(Observations.narrowLength(reports, feeds), PlainPacking.narrowLength(reports, feeds));
    }

    /// @dev All of it: the difference is feeds * (8 - 3 * reports).
    function testFuzz_lengths__any_feeds_and_every_number_of_reports__then_never_equal(uint64 feeds) public pure {
        feeds = uint64(bound(feeds, 1, type(uint64).max));
        for (uint256 reports = 0; reports <= 32; reports++) {
            uint256 wide = Observations.wideLength(reports, feeds);
            assertTrue(wide != Observations.narrowLength(reports, feeds), "one length for both packings");
        }
    }

    function _ones(uint256 bitmap) private pure returns (uint256 n) {
        unchecked {
            for (; bitmap != 0; bitmap >>= 1) {
                n += bitmap & 1;
            }
        }
    }
}
