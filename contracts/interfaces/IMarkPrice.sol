// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A source of a perpetual's mark price: a virtual AMM, an impact-price feed, or a feed of venues' prices.
interface IMarkPrice {
    /// @notice The mark price now, with the decimals of the market's index feed.
    /// @return price > 0; anything else, or a revert, counts as no sample
    /// @return observedAt Unix seconds of the oldest observation that counts in it
    /// @return spreadBps disagreement of its reporters in basis points; 0 when it has none
    function markPrice() external view returns (int256 price, uint64 observedAt, uint16 spreadBps);
}
