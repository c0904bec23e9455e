// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev Chainlink's published lists, signed and sent: odd counts give Chainlink's median, even ones the upper middle price.
/// tests/unit/test_vectors_chainlink.py reads the same vectors.
contract MedianVectorsTest is AggregatorBase {
    /// @dev Keys of a vector in alphabetical order, as forge's JSON parser hands them over.
    struct Vector {
        int256 chainlink;
        string name;
        int256 ours;
        int256[] prices;
    }

    /// @dev On-chain 0 is an abstention, and the lists have zeros. A median moves with its prices.
    int256 internal constant RAISED = 1;

    function setUp() public override {
        vm.warp(START);
    }

    function test_update__chainlinks_lists__then_the_recorded_median_and_no_other_price() public {
        Vector[] memory vectors =
            abi.decode(vm.parseJson(vm.readFile("tests/vectors/chainlink_median.json"), ".cases"), (Vector[]));
        assertEq(vectors.length, 10);
        for (uint256 i = 0; i < vectors.length; i++) {
            _check(vectors[i]);
        }
    }

    function _check(Vector memory vector) private {
        int64[] memory prices = _raised(vector.prices);
        aggregator = _deploy(prices.length, uint8(prices.length / 2 + 1));
        (bytes32[] memory feedIds, bytes memory observations) = _single(BTC, START, prices);
        for (uint256 i = 0; i < prices.length; i++) {
            if (prices[i] == vector.ours + RAISED) continue;
            observations[0] = bytes1(uint8(i));
            vm.expectRevert(abi.encodeWithSelector(IAggregator.NothingToUpdate.selector));
            aggregator.update(START, _firstBits(prices.length), feedIds, observations);
        }
        _update(BTC, START, prices);
        int256 answer = aggregator.latestRound(BTC).answer;
        assertEq(answer, vector.ours + RAISED);
        if (prices.length % 2 == 1) assertEq(answer, vector.chainlink + RAISED);
    }

    function _raised(int256[] memory given) private pure returns (int64[] memory prices) {
        prices = new int64[](given.length);
        for (uint256 i = 0; i < given.length; i++) {
            prices[i] = int64(given[i] + RAISED);
        }
    }
}
