// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Vm} from "../Vm.sol";

/// @dev What proofs share. halmos runs every `check_` with symbols for its arguments: an `assert` holds for all of them or
/// comes back with a counterexample. A path that reverts in any other way proves nothing, so calls that may revert are made
/// low level and their success is asserted or is the question.
abstract contract Proof {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev 1 for true; without a branch, of which every one doubles the paths.
    function _flag(bool condition) internal pure returns (uint256 flag) {
        assembly ("memory-safe") {
            flag := condition
        }
    }

    function _and(bool a, bool b) internal pure returns (bool both) {
        assembly ("memory-safe") {
            both := and(a, b)
        }
    }

    function _select(bool condition, uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return b ^ ((a ^ b) * _flag(condition));
        }
    }

    /// @dev Calldata cannot be read at a symbol: a path for each position.
    function _concrete(uint256 symbol, uint256 limit) internal pure returns (uint256 position) {
        while (position < limit && position != symbol) {
            position++;
        }
    }

    function _three() internal pure returns (address[] memory reporters) {
        reporters = new address[](3);
        (reporters[0], reporters[1], reporters[2]) = (address(11), address(12), address(13));
    }
}
