// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A constant-product maker whose reserves are a function of the net position sold to traders.
/// @dev `Y(n) = ceil(k / (base - n))`. Cost is a difference of Y, so it does not depend on the way there and a way round costs
/// nothing: the maker neither gains nor loses by rounding.
library VirtualAmm {
    uint256 internal constant ONE = 1e18;

    /// @param base reserve while nobody has a net position, 1e18 = 1
    /// @param k product of both reserves then
    struct Curve {
        uint256 base;
        uint256 k;
    }

    /// @notice Quote that traders pay for `delta` base at the net position `net`; negative when they earn it.
    /// @dev Both `net` and `net + delta` must be below `base`; open interest at most half of it sees to that.
    function cost(Curve memory curve, int256 net, int256 delta) internal pure returns (int256) {
        return quoteReserve(curve, net + delta) - quoteReserve(curve, net);
    }

    /// @notice Quote per base, 1e18 = 1, rounded down.
    function price(Curve memory curve, int256 net) internal pure returns (uint256) {
        return Math.mulDiv(uint256(quoteReserve(curve, net)), ONE, uint256(int256(curve.base) - net));
    }

    function quoteReserve(Curve memory curve, int256 net) internal pure returns (int256) {
        return int256(Math.ceilDiv(curve.k, uint256(int256(curve.base) - net)));
    }
}
