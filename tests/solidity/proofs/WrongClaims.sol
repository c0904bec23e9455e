// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RankingHarness} from "../RankingHarness.sol";
import {Proof} from "./Proof.sol";

/// @dev Each of these is false, and tools/prove.py fails unless halmos finds that out. The first four hold a product each, of the
/// kinds that tools/prove.py writes in its own way; the last is about the contract.
contract WrongClaims is Proof {
    RankingHarness private ranking = new RankingHarness();

    function wrong_product__of_a_number_and_a_flag__is_the_number(uint256 x, uint256 y) external pure {
        unchecked {
            assert(x * _flag(y > 5) == x);
        }
    }

    function wrong_product__of_the_opposite_flag_and_a_number__is_zero(uint256 x, uint256 y) external pure {
        unchecked {
            assert(_flag(!(y > 5)) * x == 0);
        }
    }

    /// @dev Only the real product of 5 and 7 refutes it: an unknown function has no 35.
    function wrong_product__of_two_numbers__is_never_35(uint8 x, uint8 y) external pure {
        vm.assume(x > 1 && y > 1);
        assert(uint256(x) * uint256(y) != 35);
    }

    /// @dev x * y and y * x are one term, x * x and x * y are not.
    function wrong_product__of_two_numbers__is_the_square_of_one(uint8 x, uint8 y) external pure {
        assert(uint256(x) * uint256(y) == uint256(x) * uint256(x));
    }

    function wrong_one__2_prices__the_lower_is_the_median(int64[2] calldata p) external view {
        vm.assume(p[0] > 0 && p[1] > p[0]);
        bytes memory packed = abi.encodePacked(uint8(0), new bytes(64), p[0], new bytes(64), p[1]);
        uint256 draft = ranking.drafts(packed, 2, 1, 1)[0];
        assert(uint64(draft) == uint64(p[0]));
    }
}
