// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The two shapes of the packed `observations` of `IAggregator.update`: how many reports, how many bytes.
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

    /// @notice The only length that a batch of this shape may have in the wide packing: nothing missing, nothing after it.
    function wideLength(uint256 reports_, uint256 feeds) internal pure returns (uint256) {
        unchecked {
            return feeds + reports_ * (64 + 8 * feeds); // 32 reports and less than 2^64 feeds cannot overflow
        }
    }

    /// @notice The same of the narrow packing. The two differ whenever there is a feed: they are equal if 8 * feeds is
    /// 3 * reports * feeds, and 8 is no multiple of 3.
    function narrowLength(uint256 reports_, uint256 feeds) internal pure returns (uint256) {
        unchecked {
            return 9 * feeds + reports_ * (64 + 5 * feeds);
        }
    }

    /// @notice Where in calldata the byte number `offset` of `observations` is.
    function place(bytes calldata observations, uint256 offset) internal pure returns (uint256 where) {
        assembly ("memory-safe") {
            where := add(observations.offset, offset)
        }
    }
}
