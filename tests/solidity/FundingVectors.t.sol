// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {FundingProbe} from "./FundingProbe.sol";

/// @dev tests/vectors/funding.json, written by tools/funding_vectors.py from the Python twin; a case ends with its answer.
contract FundingVectorsTest is Base {
    FundingProbe internal probe = new FundingProbe();
    string internal file = vm.readFile("tests/vectors/funding.json");

    function test_formulas__vectors_of_the_python_twin__then_equal() public view {
        string[10] memory names = [
            "premium",
            "bookPremium",
            "meanPremium",
            "rate",
            "maxRateOf",
            "payment",
            "added",
            "settlement",
            "coverageBps",
            "boundaryAfter"
        ];
        for (uint256 i = 0; i < names.length; i++) {
            int256[][] memory rows = abi.decode(_list(names[i]), (int256[][]));
            assertEq(rows.length, 40);
            int256[] memory answers = probe.formula(i, rows);
            for (uint256 j = 0; j < rows.length; j++) {
                assertEq(answers[j], rows[j][rows[j].length - 1]);
            }
        }
    }

    function test_presets__of_the_python_twin__then_equal() public view {
        int256[][] memory rows = abi.decode(_list("presets"), (int256[][]));
        _same(probe.presets(), rows);
    }

    function test_advance__histories_of_the_python_twin__then_every_step_equal() public view {
        int256[][][] memory given = abi.decode(_list("histories"), (int256[][][]));
        int256[][][] memory states = abi.decode(_list("states"), (int256[][][]));
        assertEq(given.length, 20);
        for (uint256 i = 0; i < given.length; i++) {
            _same(probe.history(given[i]), states[i]);
        }
    }

    function _list(string memory name) private view returns (bytes memory) {
        return vm.parseJson(file, string.concat(".", name));
    }

    function _same(int256[][] memory found, int256[][] memory expected) private pure {
        assertEq(found.length, expected.length);
        for (uint256 i = 0; i < found.length; i++) {
            assertEq(found[i].length, expected[i].length);
            for (uint256 j = 0; j < found[i].length; j++) {
                assertEq(found[i][j], expected[i][j]);
            }
        }
    }
}
