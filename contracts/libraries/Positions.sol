// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPerpetualMarket} from "../interfaces/IPerpetualMarket.sol";
import {FundingMath} from "./FundingMath.sol";
import {MarketFunds} from "./MarketFunds.sol";
import {SharedFunding} from "./SharedFunding.sol";
import {VirtualAmm} from "./VirtualAmm.sol";

/// @title One trader in the market: funding, trades and margin. Pure: the state is loaded before and stored afterwards.
library Positions {
    using MarketFunds for IPerpetualMarket.Funds;
    using SharedFunding for IPerpetualMarket.Sides;
    using VirtualAmm for VirtualAmm.Curve;

    uint256 internal constant ONE = 1e18;
    uint256 internal constant BPS = 10_000;

    /// @dev All that a call may change, and what it did for the events.
    /// @param scale 10^(18 - the token's decimals)
    /// @param funding tokens that the trader paid by settling, negative when received
    /// @param realised tokens of profit, negative for a loss
    /// @param badDebt tokens that nothing of the trader's covered, of which insurance covered `covered`
    struct State {
        IPerpetualMarket.Account account;
        IPerpetualMarket.Sides sides;
        IPerpetualMarket.Funds funds;
        VirtualAmm.Curve curve;
        uint256 scale;
        int256 funding;
        int256 realised;
        uint256 badDebt;
        uint256 covered;
    }

    function net(State memory s) internal pure returns (int256) {
        return int256(uint256(s.sides.longs)) - int256(uint256(s.sides.shorts));
    }

    // ---------------------------------------------------------------- funding

    /// @notice Settle funding against the sides' nets, which must be up to date. A debit is rounded up, a credit down.
    function settle(State memory s) internal pure {
        IPerpetualMarket.Account memory a = s.account;
        s.funding = owed(s);
        a.entry = s.sides.netOf(a.size);
        if (s.funding > 0) _carry(s, s.funds.debit(a, uint256(s.funding)));
        else if (s.funding < 0) s.funds.credit(a, uint256(-s.funding));
        // slither-disable-next-line unused-return: nobody waits for what is collected here
        s.funds.collect(a);
    }

    function owed(State memory s) private pure returns (int256) {
        IPerpetualMarket.Account memory a = s.account;
        if (a.size == 0) return 0;
        int256 perUnit = int256(s.sides.netOf(a.size)) - a.entry;
        return -_tokens(-perUnit * int256(abs(a.size)), ONE * s.scale);
    }

    /// @dev What a debit found nothing to take from stays owed in the position.
    function _carry(State memory s, uint256 unpaid) private pure {
        s.account.openNotional = SafeCast.toInt128(s.account.openNotional + int256(unpaid * s.scale));
    }

    // ---------------------------------------------------------------- trades

    /// @notice Trade with the maker: close what it reduces, open the rest. The sides' nets must be up to date, funding settled.
    /// @return cost quote paid to the maker, negative when earned
    function trade(State memory s, int256 delta, uint256 maxOpenInterest) internal pure returns (int256 cost) {
        IPerpetualMarket.Account memory a = s.account;
        int256 part = reduced(a.size, delta);
        int256 size = a.size;
        int256 before = net(s);
        _move(s, delta, maxOpenInterest);
        int256 closing = s.curve.cost(before, -part);
        int256 opening = s.curve.cost(before - part, delta + part);
        if (part != 0) _realise(s, closing, part, size);
        a.openNotional = SafeCast.toInt128(a.openNotional + opening);
        return closing + opening;
    }

    /// @notice The part of a position that a trade closes, with the position's sign.
    function reduced(int256 size, int256 delta) internal pure returns (int256) {
        if (size == 0 || (size > 0) == (delta > 0)) return 0;
        return abs(delta) < abs(size) ? -delta : size;
    }

    /// @dev Size, sides and entry. The cap comes first: within it the maker has a price for everything.
    function _move(State memory s, int256 delta, uint256 maxOpenInterest) private pure {
        IPerpetualMarket.Account memory a = s.account;
        _count(s.sides, a.size, false);
        a.size = SafeCast.toInt128(a.size + delta);
        _count(s.sides, a.size, true);
        uint256 most = Math.max(s.sides.longs, s.sides.shorts);
        if (most > maxOpenInterest) revert IPerpetualMarket.OpenInterestTooHigh(most, maxOpenInterest);
        a.entry = s.sides.netOf(a.size);
    }

    function _count(IPerpetualMarket.Sides memory sides, int256 size, bool added) private pure {
        int256 amount = int256(abs(size));
        if (!added) amount = -amount;
        if (size < 0) sides.shorts = SafeCast.toUint128(uint256(int256(uint256(sides.shorts)) + amount));
        else sides.longs = SafeCast.toUint128(uint256(int256(uint256(sides.longs)) + amount));
    }

    /// @dev The closed part's share of `openNotional` rounds down; the rest of it stays with the rest of the position.
    function _realise(State memory s, int256 closing, int256 part, int256 size) private pure {
        IPerpetualMarket.Account memory a = s.account;
        int256 opened = part == size
            ? int256(a.openNotional)
            : FundingMath.floorDiv(int256(a.openNotional) * int256(abs(part)), int256(abs(size)));
        a.openNotional = SafeCast.toInt128(a.openNotional - opened);
        s.realised = _tokens(-(opened + closing), s.scale);
        if (s.realised >= 0) return s.funds.credit(a, uint256(s.realised));
        uint256 unpaid = s.funds.debit(a, uint256(-s.realised));
        if (part != size) return _carry(s, unpaid);
        (s.badDebt, s.covered) = (unpaid, s.funds.writeOff(unpaid));
    }

    // ---------------------------------------------------------------- margin

    /// @notice Profit if the maker closed the position now, quote.
    function profitAtMark(State memory s) internal pure returns (int256) {
        int256 size = s.account.size;
        return -s.curve.cost(net(s), -size) - s.account.openNotional;
    }

    /// @notice Profit at the index, quote, rounded down.
    function profitAtIndex(State memory s, uint256 index) internal pure returns (int256) {
        return FundingMath.floorDiv(int256(s.account.size) * int256(index), int256(ONE)) - s.account.openNotional;
    }

    /// @notice The position's size at the index, quote, rounded up.
    function notional(State memory s, uint256 index) internal pure returns (uint256) {
        return Math.mulDiv(abs(s.account.size), index, ONE, Math.Rounding.Ceil);
    }

    /// @notice A part of an amount in basis points, rounded up.
    function share(uint256 amount, uint256 bps) internal pure returns (uint256) {
        return Math.mulDiv(amount, bps, BPS, Math.Rounding.Ceil);
    }

    /// @notice What may be lost or withdrawn above the initial margin, judged at the worse price, quote.
    function initialMargin(State memory s, uint256 index) internal pure returns (int256 margin) {
        int256 worse = _smaller(profitAtMark(s), profitAtIndex(s, index));
        return int256(s.account.collateral * s.scale) + _smaller(worse, 0);
    }

    /// @notice What stands between the position and liquidation, judged at the better price, quote.
    function maintenanceMargin(State memory s, uint256 index) internal pure returns (int256 margin) {
        int256 mark = profitAtMark(s);
        int256 atIndex = profitAtIndex(s, index);
        return equity(s) + (mark > atIndex ? mark : atIndex);
    }

    /// @notice Collateral and claim, quote.
    function equity(State memory s) internal pure returns (int256) {
        return int256((uint256(s.account.collateral) + s.account.claim) * s.scale);
    }

    /// @notice A fee or bonus on a quote amount, tokens, rounded up.
    function fee(State memory s, int256 cost, uint256 bps) internal pure returns (uint256) {
        return Math.mulDiv(abs(cost), bps, BPS * s.scale, Math.Rounding.Ceil);
    }

    /// @dev A gain in tokens, rounded toward minus infinity: profits down, losses up.
    function _tokens(int256 gain, uint256 divisor) private pure returns (int256) {
        return FundingMath.floorDiv(gain, int256(divisor));
    }

    function abs(int256 value) internal pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }

    function least(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function _smaller(int256 a, int256 b) private pure returns (int256) {
        return a < b ? a : b;
    }
}
