// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LibZip} from "solady/src/utils/LibZip.sol";
import {Feed} from "contracts/Feed.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";

/// @dev What bench/gas.py asks; every answer is gas. The called contracts are cold: this transaction has not touched them.
contract GasProbe {
    error CallFailed();

    /// @dev The call alone: the cold account, everything the callee does, nothing of the caller's.
    function call(address target, bytes calldata data) external view returns (uint256 spent) {
        bytes memory input = data;
        bool ok;
        assembly ("memory-safe") {
            spent := gas()
            ok := staticcall(gas(), target, add(input, 32), mload(input), 0, 0)
            spent := sub(spent, gas())
        }
        if (!ok) revert CallFailed();
    }

    // The same calls as solc compiles them into a consumer: also encoding the arguments and decoding the answer.

    function read(IAggregator target, bytes32 feedId, uint256 maxAge) external view returns (uint256) {
        uint256 before = gasleft();
        target.read(feedId, maxAge);
        return before - gasleft();
    }

    function twap(IAggregator target, bytes32 feedId, uint32 fromRound, uint32 toRound)
        external
        view
        returns (uint256)
    {
        uint256 before = gasleft();
        target.twap(feedId, fromRound, toRound);
        return before - gasleft();
    }

    function latestRoundData(Feed target) external view returns (uint256) {
        uint256 before = gasleft();
        target.latestRoundData();
        return before - gasleft();
    }

    /// @dev Not gas but bytes: the length in the OP Stack's fee formula, whose own contract computes it with this library.
    function fastLzLength(bytes calldata data) external pure returns (uint256) {
        return LibZip.flzCompress(data).length;
    }
}
