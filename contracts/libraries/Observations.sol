// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The packed `observations` of `IAggregator.update`.
/// @dev One byte per feed (position of its median), then per report r (32), vs (32) and 8 bytes per feed.
library Observations {
    /// @notice The only length a batch of this shape may have: nothing missing, nothing after it.
    function length(uint256 reports, uint256 feeds) internal pure returns (uint256) {
        return feeds + reports * (64 + 8 * feeds);
    }

    function medianPosition(bytes calldata observations, uint256 feed) internal pure returns (uint256) {
        return uint8(observations[feed]);
    }

    function signature(bytes calldata observations, uint256 report, uint256 feeds)
        internal
        pure
        returns (bytes32 r, bytes32 vs)
    {
        uint256 offset = length(report, feeds);
        r = bytes32(observations[offset:offset + 32]);
        vs = bytes32(observations[offset + 32:offset + 64]);
    }

    function prices(bytes calldata observations, uint256 report, uint256 feeds)
        internal
        pure
        returns (int64[] memory row)
    {
        uint256 offset = length(report, feeds) + 64;
        row = new int64[](feeds);
        for (uint256 f = 0; f < feeds; f++) {
            row[f] = int64(uint64(bytes8(observations[offset:offset + 8])));
            offset += 8;
        }
    }
}
