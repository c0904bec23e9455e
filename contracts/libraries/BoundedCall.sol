// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Ask a contract that may lie, revert, burn gas or answer with a megabyte.
/// @dev try/catch is not enough: a malformed answer reverts in the caller while it is decoded.
library BoundedCall {
    /// @notice Call a view and copy at most `words` words of its answer.
    /// @dev With too little gas for the cap, 63/64 of what is left goes along. A caller who starves the callee this way keeps
    /// at most 1/63 of what the callee needed, too little to store anything afterwards, so the failure cannot stick.
    /// @return ok false when it reverted, has no code or answered fewer words
    function ask(address target, bytes memory data, uint256 gasCap, uint256 words)
        internal
        view
        returns (bool ok, uint256[] memory answer)
    {
        answer = new uint256[](words);
        assembly ("memory-safe") {
            ok := staticcall(gasCap, target, add(data, 32), mload(data), add(answer, 32), mul(words, 32))
            ok := and(ok, iszero(lt(returndatasize(), mul(words, 32))))
        }
    }
}
