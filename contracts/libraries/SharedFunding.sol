// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPerpetualMarket} from "../interfaces/IPerpetualMarket.sol";

/// @title Funding between two sides of different size: one pays the rate on its size, the other shares exactly that sum.
library SharedFunding {
    uint256 private constant LARGEST = uint128(type(int128).max);

    /// @notice Take what the funding contract's sums have grown by, for the open interest as it stands. Shares round down.
    /// @dev While a side is empty nobody would receive, so nobody pays. So it is with sums past all reason (2^127): what cannot be
    /// written cannot stop the market.
    function advance(IPerpetualMarket.Sides memory s, uint256 longsPaid, uint256 shortsPaid) internal pure {
        uint256 byLongs = longsPaid - s.seenLongsPaid;
        uint256 byShorts = shortsPaid - s.seenShortsPaid;
        (s.seenLongsPaid, s.seenShortsPaid) = (uint128(longsPaid), uint128(shortsPaid));
        if (s.longs == 0 || s.shorts == 0) return;
        uint256 toLongs = Math.mulDiv(byShorts, s.shorts, s.longs);
        uint256 toShorts = Math.mulDiv(byLongs, s.longs, s.shorts);
        if (byLongs > LARGEST || byShorts > LARGEST || toLongs > LARGEST || toShorts > LARGEST) return;
        int256 long = s.longNet + int256(byLongs) - int256(toLongs);
        int256 short = s.shortNet + int256(byShorts) - int256(toShorts);
        if (long != int128(long) || short != int128(short)) return;
        (s.longNet, s.shortNet) = (int128(long), int128(short));
    }

    /// @notice The net of the side that a position of this size is on.
    function netOf(IPerpetualMarket.Sides memory s, int256 size) internal pure returns (int128) {
        return size < 0 ? s.shortNet : s.longNet;
    }
}
