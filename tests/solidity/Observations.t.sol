// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Observations} from "contracts/libraries/Observations.sol";
import {Base} from "./Base.sol";

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

    function testFuzz_length__any_batch__then_nothing_missing(uint256 reports, uint64 feeds) public pure {
        reports = bound(reports, 0, 32);
        assertEq(Observations.length(reports, feeds), uint256(feeds) + reports * (64 + 8 * uint256(feeds)));
    }

    function _ones(uint256 bitmap) private pure returns (uint256 n) {
        unchecked {
            for (; bitmap != 0; bitmap >>= 1) {
                n += bitmap & 1;
            }
        }
    }
}
