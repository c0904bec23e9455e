// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The shape of the packed `observations` of `IAggregator.update`: how many reports, how many bytes.
library Observations {
    uint256 private constant SIX_COPIES = 1 | 1 << 35 | 1 << 70 | 1 << 105 | 1 << 140 | 1 << 175;
    uint256 private constant EVERY_SIXTH_BIT = (2 ** 252 - 1) / 63;

    /// @notice How many bits of a bitmap below 2^32 are set. Six copies of it, 35 bits apart, have each bit at one multiple of 6:
    /// masked with those, they are digits in base 64, and a number modulo 63 is the sum of its digits modulo 63.
    function reports(uint256 reporterBitmap) internal pure returns (uint256) {
        unchecked {
            return (reporterBitmap * SIX_COPIES & EVERY_SIXTH_BIT) % 63;
        }
    }

    /// @notice The only length a batch of this shape may have: nothing missing, nothing after it.
    function length(uint256 reports_, uint256 feeds) internal pure returns (uint256) {
        unchecked {
            return feeds + reports_ * (64 + 8 * feeds); // 32 reports and less than 2^64 feeds cannot overflow
        }
    }
}
