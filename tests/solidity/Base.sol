// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Vm} from "./Vm.sol";

/// @dev Assertions and bounds for all tests.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqualUint(uint256 given, uint256 expected);
    error NotEqualInt(int256 given, int256 expected);
    error NotEqualBytes(bytes32 given, bytes32 expected);
    error NotEqualText(string given, string expected);
    error NotTrue(string what);

    function assertEq(uint256 given, uint256 expected) internal pure {
        if (given != expected) revert NotEqualUint(given, expected);
    }

    function assertEq(int256 given, int256 expected) internal pure {
        if (given != expected) revert NotEqualInt(given, expected);
    }

    function assertEq(bytes32 given, bytes32 expected) internal pure {
        if (given != expected) revert NotEqualBytes(given, expected);
    }

    function assertEq(address given, address expected) internal pure {
        assertEq(uint256(uint160(given)), uint256(uint160(expected)));
    }

    function assertEq(string memory given, string memory expected) internal pure {
        if (keccak256(bytes(given)) != keccak256(bytes(expected))) revert NotEqualText(given, expected);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        if (value >= least && value <= most) return value;
        return least + value % (most - least + 1);
    }
}
