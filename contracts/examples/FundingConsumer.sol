// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualFunding} from "../interfaces/IPerpetualFunding.sol";
import {FundingMath} from "../libraries/FundingMath.sol";

/// @title How a perpetual charges Spotline's funding, where each trade has a long and a short. Margin and prices are its own.
contract FundingConsumer {
    IPerpetualFunding public immutable funding;
    bytes32 public immutable market;
    address public immutable exchange;
    mapping(address trader => int256) public sizes; // base, 1e18 = 1; they sum to 0
    mapping(address trader => int256) public entries; // the net sum when the trader was last settled
    mapping(address trader => int256) public balances; // quote, 1e18 = 1

    error NotExchange(address given, address expected);
    error MarketPaused(bytes32 market);

    constructor(IPerpetualFunding funding_, bytes32 market_, address exchange_) {
        (funding, market, exchange) = (funding_, market_, exchange_);
    }

    /// @notice A matched trade. Funding takes its sample first, so that this trade cannot move it.
    // slither-disable-next-line reentrancy-benign: `accrue` gives nobody the turn to change a state
    function trade(address buyer, address seller, uint128 size) external {
        if (msg.sender != exchange) revert NotExchange(msg.sender, exchange);
        funding.accrue(market);
        if (funding.fundingPaused(market)) revert MarketPaused(market); // nobody comes in without an index
        settle(buyer);
        settle(seller);
        sizes[buyer] += int256(uint256(size));
        sizes[seller] -= int256(uint256(size));
    }

    /// @notice Before each change of a size. Debits round up and credits down: what is paid covers what is received.
    function settle(address trader) public returns (int256 gain) {
        // slither-disable-next-line unused-return: the two sums are for sides of different size
        (int256 net,,) = funding.cumulativeFunding(market);
        gain = FundingMath.settlement(sizes[trader], net - entries[trader]);
        entries[trader] = net;
        balances[trader] += gain;
    }
}
