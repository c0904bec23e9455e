// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The two packings of `observations` without assembly, as the NatSpec of `IAggregator.update` has them.
library PlainPacking {
    uint256 internal constant HEAD = 9;
    uint256 internal constant LANE_LIMIT = 2 ** 39;

    /// @param prices by report and feed
    /// @param named by feed, which report is said to hold the median; past the end for none
    /// @param refused by feed, whether the packing alone is enough to skip it as `NotMedian`
    struct Unpacked {
        bytes32[] r;
        bytes32[] vs;
        int64[][] prices;
        uint256[] named;
        bool[] refused;
    }

    function wideLength(uint256 reports, uint256 feeds) internal pure returns (uint256) {
        return feeds + reports * (64 + 8 * feeds);
    }

    function narrowLength(uint256 reports, uint256 feeds) internal pure returns (uint256) {
        return HEAD * feeds + reports * (64 + 5 * feeds);
    }

    function unpackWide(bytes calldata packed, uint256 reports, uint256 feeds)
        internal
        pure
        returns (Unpacked memory u)
    {
        u = _empty(reports, feeds);
        for (uint256 f = 0; f < feeds; f++) {
            u.named[f] = uint8(packed[f]);
        }
        for (uint256 i = 0; i < reports; i++) {
            uint256 start = feeds + i * (64 + 8 * feeds);
            _signature(u, i, packed[start:start + 64]);
            for (uint256 f = 0; f < feeds; f++) {
                uint256 price = start + 64 + 8 * f;
                u.prices[i][f] = int64(uint64(bytes8(packed[price:price + 8])));
            }
        }
    }

    function unpackNarrow(bytes calldata packed, uint256 reports, uint256 feeds)
        internal
        pure
        returns (Unpacked memory u)
    {
        u = _empty(reports, feeds);
        for (uint256 i = 0; i < reports; i++) {
            uint256 start = HEAD * feeds + i * (64 + 5 * feeds);
            _signature(u, i, packed[start:start + 64]);
            for (uint256 f = 0; f < feeds; f++) {
                uint256 lane = start + 64 + 5 * f;
                u.prices[i][f] = int64(_base(packed, f) + 1 + _lane(packed[lane:lane + 5]));
            }
        }
        for (uint256 f = 0; f < feeds; f++) {
            u.named[f] = uint8(packed[HEAD * f]) % reports;
            u.refused[f] = !_fits(u.prices, f, _base(packed, f), uint8(packed[HEAD * f + 1]) % reports, u.named[f]);
        }
    }

    /// @dev The base is the lowest price less 1, the second position names the highest price, and the spread needs no cap.
    function _fits(int64[][] memory prices, uint256 f, uint64 base, uint256 highestAt, uint256 medianAt)
        private
        pure
        returns (bool)
    {
        int64 lowest = type(int64).max;
        int64 highest = 0;
        for (uint256 i = 0; i < prices.length; i++) {
            if (prices[i][f] < lowest) lowest = prices[i][f];
            if (prices[i][f] > highest) highest = prices[i][f];
        }
        if (lowest != int64(base) + 1) return false;
        if (prices[highestAt][f] != highest) return false;
        uint256 median = uint64(prices[medianAt][f]);
        return (uint64(highest - lowest) * uint256(10_000) + median - 1) / median <= type(uint16).max;
    }

    function _base(bytes calldata packed, uint256 f) private pure returns (uint64) {
        return uint56(bytes7(packed[HEAD * f + 2:HEAD * f + 9]));
    }

    /// @dev The top bit is not read.
    function _lane(bytes calldata five) private pure returns (uint64) {
        return uint64(uint40(bytes5(five)) % LANE_LIMIT);
    }

    function _signature(Unpacked memory u, uint256 i, bytes calldata rvs) private pure {
        (u.r[i], u.vs[i]) = (bytes32(rvs[:32]), bytes32(rvs[32:]));
    }

    function _empty(uint256 reports, uint256 feeds) private pure returns (Unpacked memory u) {
        u = Unpacked(
            new bytes32[](reports),
            new bytes32[](reports),
            new int64[][](reports),
            new uint256[](feeds),
            new bool[](feeds)
        );
        for (uint256 i = 0; i < reports; i++) {
            u.prices[i] = new int64[](feeds);
        }
    }
}
