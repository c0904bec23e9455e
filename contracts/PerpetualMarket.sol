// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IPerpetualMarket} from "./interfaces/IPerpetualMarket.sol";
import {MarketFunds} from "./libraries/MarketFunds.sol";
import {Positions} from "./libraries/Positions.sol";
import {MarketState} from "./MarketState.sol";

/// @title A REFERENCE perpetual, small and unaudited. All NatSpec and the formulas are in `IPerpetualMarket`; the arithmetic in
/// `VirtualAmm`, `SharedFunding`, `Positions` and `MarketFunds`, the bounds of settings in `MarketRules`.
/// @dev Deployed before its funding market, which names it as the mark; until then nobody can trade. Funding accrues
/// before every trade, so its sample of the mark is the one that stood before the transaction. Tokens move last.
contract PerpetualMarket is MarketState, Ownable2Step, ReentrancyGuardTransient {
    using MarketFunds for Account;
    using MarketFunds for Funds;
    using Positions for Positions.State;
    using SafeERC20 for IERC20;

    constructor(address owner_, Settings memory s) Ownable(owner_) MarketState(s) {}

    /// @inheritdoc IPerpetualMarket
    function deposit(uint256 amount) external nonReentrant {
        _openIndex(false);
        _requireSome(amount);
        Positions.State memory s = _settled(msg.sender);
        s.account.deposited(amount);
        _store(msg.sender, s);
        emit Deposited(msg.sender, amount);
        _take(amount);
    }

    /// @inheritdoc IPerpetualMarket
    function withdraw(uint256 amount) external nonReentrant {
        _requireSome(amount);
        Positions.State memory s = _settled(msg.sender);
        s.account.withdrawn(amount);
        if (s.account.size != 0) _requireInitialMargin(s, _openIndex(false));
        _store(msg.sender, s);
        emit Withdrawn(msg.sender, amount);
        _give(amount);
    }

    /// @inheritdoc IPerpetualMarket
    // slither-disable-next-line reentrancy-no-eth: the call is to our own funding contract, which calls views alone, and every entrance is guarded
    function trade(int256 sizeDelta, uint256 limit) external nonReentrant {
        Positions.State memory s = _accrued(msg.sender);
        _requireSize(s.account.size, sizeDelta);
        bool reduces = Positions.reduced(s.account.size, sizeDelta) == -sizeDelta;
        uint256 index = _openIndex(!reduces);
        _requireLimit(_fill(msg.sender, s, sizeDelta), limit);
        if (!reduces) _requireInitialMargin(s, index);
        _store(msg.sender, s);
    }

    /// @inheritdoc IPerpetualMarket
    // slither-disable-next-line reentrancy-no-eth: the call is to our own funding contract, which calls views alone, and every entrance is guarded
    function close(uint256 limit) external nonReentrant {
        Positions.State memory s = _accrued(msg.sender);
        if (s.account.size == 0) revert NoPosition(msg.sender);
        _requireLimit(_fill(msg.sender, s, -int256(s.account.size)), limit);
        _store(msg.sender, s);
    }

    /// @inheritdoc IPerpetualMarket
    function settle(address trader) external nonReentrant {
        _usableIndex(false);
        _store(trader, _settled(trader));
    }

    /// @inheritdoc IPerpetualMarket
    function redeem(uint256 claim) external nonReentrant {
        Positions.State memory s = _settled(msg.sender);
        if (s.account.size != 0) _openIndex(false);
        _requireSome(claim);
        uint256 most = s.funds.redeemable(s.account);
        if (claim > most) revert ClaimTooLow(most, claim);
        emit Redeemed(msg.sender, claim, s.funds.redeem(s.account, claim));
        _store(msg.sender, s);
    }

    /// @inheritdoc IPerpetualMarket
    // slither-disable-next-line reentrancy-no-eth: the call is to our own funding contract, which calls views alone, and every entrance is guarded
    function liquidate(address trader) external nonReentrant {
        Positions.State memory s = _accrued(trader);
        int256 size = s.account.size;
        if (size == 0) revert NoPosition(trader);
        _requireBelowMaintenance(s, _openIndex(false));
        int256 cost = _fill(trader, s, -size);
        uint256 bonus = Positions.least(s.fee(cost, _settings.liquidationBonusBps), s.account.collateral);
        s.account.withdrawn(bonus);
        _store(trader, s);
        _accounts[msg.sender].collateral += uint128(bonus);
        emit Liquidated(trader, msg.sender, size, cost, bonus);
    }

    /// @inheritdoc IPerpetualMarket
    function fundInsurance(uint256 amount) external nonReentrant {
        _requireSome(amount);
        Funds memory f = _funds;
        f.insure(amount);
        _funds = f;
        emit InsuranceFunded(msg.sender, amount);
        _take(amount);
    }

    /// @inheritdoc IPerpetualMarket
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IPerpetualMarket
    function unpause() external onlyOwner {
        _unpause();
    }

    // ---------------------------------------------------------------- trades

    /// @dev Before a trade: the funding contract takes its sample now, and the sides take what has accrued for them as they are.
    function _accrued(address trader) private returns (Positions.State memory s) {
        funding.accrue(feedId);
        s = _load(trader);
        _advance(s);
        s.settle();
    }

    /// @dev Trade with the maker and take the fee, as far as there is collateral; an opening trade's margin check sees to all of it.
    function _fill(address trader, Positions.State memory s, int256 delta) private returns (int256 cost) {
        cost = s.trade(delta, _settings.maxOpenInterest);
        uint256 fee = s.funds.charge(s.account, s.fee(cost, _settings.takerFeeBps));
        _sides = s.sides;
        emit Traded(trader, delta, cost, fee, s.realised, s.account.size, price());
        if (s.badDebt != 0) emit BadDebt(trader, s.badDebt, s.covered);
        if (s.sides.longs | s.sides.shorts == 0) _sweep(s.funds);
    }

    function _sweep(Funds memory f) private {
        uint256 dust = f.sweep();
        if (dust != 0) emit DustSwept(dust);
    }

    function _requireSize(int256 size, int256 delta) private view {
        int256 most = int256(2 * _base);
        if (delta < -most || delta > most) revert SizeOutOfRange(delta, uint256(most));
        if (delta == 0) revert NothingToDo();
        uint256 after_ = Positions.abs(size + delta);
        if (after_ != 0 && after_ < _settings.minSize) revert SizeTooSmall(after_, _settings.minSize);
    }

    function _requireLimit(int256 cost, uint256 limit) private pure {
        if (cost > 0 && uint256(cost) > limit) revert CostAboveLimit(uint256(cost), limit);
        if (cost <= 0 && uint256(-cost) < limit) revert ProceedsBelowLimit(uint256(-cost), limit);
    }

    function _requireSome(uint256 amount) private pure {
        if (amount == 0) revert NothingToDo();
    }

    // ---------------------------------------------------------------- tokens

    /// @dev Exactly the amount must come: a token that keeps a fee would break every sum.
    function _take(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        _requireExact(token.balanceOf(address(this)) - before, amount);
    }

    function _give(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransfer(msg.sender, amount);
        _requireExact(before - token.balanceOf(address(this)), amount);
    }

    function _requireExact(uint256 moved, uint256 amount) private pure {
        if (moved != amount) revert TransferNotExact(moved, amount);
    }
}
