// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {BatchVerifier} from "contracts/libraries/BatchVerifier.sol";
import {Observations} from "contracts/libraries/Observations.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev The signatures of an update alone, and the memory that they leave behind.
contract Verifying is Aggregator {
    constructor(address[] memory reporters_)
        Aggregator(msg.sender, reporters_, 3, 60, new bytes32[](0), new uint8[](0))
    {}

    /// @param prices the batch's, a word each, in the order of its reports
    /// @return zero the word that Solidity takes for every empty array in memory
    function verify(
        uint256 observedAt,
        uint256 bitmap,
        bytes32[] calldata feedIds,
        bytes calldata observations,
        int256[] memory prices
    ) external view returns (uint256 zero) {
        uint256 feeds = feedIds.length;
        uint256 first = Observations.place(observations, feeds);
        uint256 drafts; // which nobody reads here, lie before the prices
        assembly ("memory-safe") {
            drafts := sub(add(prices, 32), shl(5, feeds))
        }
        BatchVerifier.verify(_config, observedAt, bitmap, feedIds, first, 64 + 8 * feeds, drafts);
        assembly ("memory-safe") {
            zero := mload(0x60)
        }
    }
}

contract BatchVerifierTest is AggregatorBase {
    function test_verify__signed_by_all__then_empty_arrays_are_still_empty() public {
        Verifying verifying = new Verifying(_addresses());
        aggregator = verifying;
        bytes32[] memory ids = _one("BTC/USD");
        bytes memory data = _observations(START, 7, ids, _rows(_three(5, 6, 7)));
        int256[] memory prices = new int256[](3);
        (prices[0], prices[1], prices[2]) = (int256(5), 6, 7);
        assertEq(verifying.verify(START, 7, ids, data, prices), 0);
    }
}
