// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {IMarkPrice} from "./interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "./interfaces/IPerpetualFunding.sol";
import {IPerpetualMarket} from "./interfaces/IPerpetualMarket.sol";
import {PerpetualFunding} from "./PerpetualFunding.sol";
import {MarketFunds} from "./libraries/MarketFunds.sol";
import {MarketRules} from "./libraries/MarketRules.sol";
import {Positions} from "./libraries/Positions.sol";
import {SharedFunding} from "./libraries/SharedFunding.sol";
import {VirtualAmm} from "./libraries/VirtualAmm.sol";

/// @title What a perpetual market stores, and what it shows. All NatSpec is in `IPerpetualMarket`.
/// @dev A call loads one state, works on it in memory and stores it. Views do the same without storing.
abstract contract MarketState is IPerpetualMarket, IMarkPrice, Pausable {
    using MarketFunds for Funds;
    using Positions for Positions.State;
    using SharedFunding for Sides;

    IERC20 public immutable token;
    PerpetualFunding public immutable funding;
    IAggregator public immutable aggregator;
    bytes32 public immutable feedId;
    uint256 internal immutable _base;
    uint256 internal immutable _k;
    uint256 internal immutable _scale;
    uint256 internal immutable _indexUnit;

    Settings internal _settings;
    Sides internal _sides;
    Funds internal _funds;
    mapping(address trader => Account) internal _accounts;

    constructor(Settings memory s) {
        MarketRules.check(s);
        _settings = s;
        (token, funding, feedId) = (s.token, PerpetualFunding(s.funding), s.feedId);
        aggregator = funding.aggregator();
        _base = s.baseReserve;
        _k = s.baseReserve * MarketRules.quoteReserve(s);
        _scale = 10 ** (18 - uint256(IERC20Metadata(address(s.token)).decimals()));
        _indexUnit = 10 ** (18 - uint256(aggregator.feedDecimals(s.feedId)));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IMarkPrice
    /// @dev The price of this moment: it holds without trades, too. Rounded down.
    function markPrice() external view returns (int256, uint64, uint16) {
        return (int256(price() / _indexUnit), uint64(block.timestamp), 0);
    }

    /// @inheritdoc IPerpetualMarket
    function position(address trader) external view returns (Account memory) {
        return _settled(trader).account;
    }

    /// @inheritdoc IPerpetualMarket
    function fundingOwed(address trader) external view returns (int256) {
        return _settled(trader).funding;
    }

    /// @inheritdoc IPerpetualMarket
    function accountValue(address trader) external view returns (int256) {
        Positions.State memory s = _settled(trader);
        return s.equity() + s.profitAtMark();
    }

    /// @inheritdoc IPerpetualMarket
    function marginRatio(address trader) external view returns (int256) {
        Positions.State memory s = _settled(trader);
        if (s.account.size == 0) revert NoPosition(trader);
        uint256 index = _openIndex(false);
        return s.maintenanceMargin(index) * 1e18 / int256(s.notional(index));
    }

    /// @inheritdoc IPerpetualMarket
    function withdrawable(address trader) external view returns (uint256) {
        Positions.State memory s = _settled(trader);
        if (s.account.size == 0) return s.account.collateral;
        (bool usable, uint256 index) = _tryIndex();
        if (!usable) return 0;
        int256 free = s.initialMargin(index) - int256(_initialMargin(s, index));
        return free <= 0 ? 0 : Positions.least(uint256(free) / _scale, s.account.collateral);
    }

    /// @inheritdoc IPerpetualMarket
    function quote(int256 sizeDelta) external view returns (int256 cost, uint256 fee) {
        Positions.State memory s = _load(address(0));
        cost = Positions.trade(s, sizeDelta, _settings.maxOpenInterest);
        fee = s.fee(cost, _settings.takerFeeBps);
    }

    /// @inheritdoc IPerpetualMarket
    function price() public view returns (uint256) {
        Sides storage s = _sides;
        return VirtualAmm.price(_curve(), int256(uint256(s.longs)) - int256(uint256(s.shorts)));
    }

    /// @inheritdoc IPerpetualMarket
    function openInterest() external view returns (uint256 longs, uint256 shorts) {
        return (_sides.longs, _sides.shorts);
    }

    /// @inheritdoc IPerpetualMarket
    function sides() external view returns (Sides memory) {
        return _sides;
    }

    /// @inheritdoc IPerpetualMarket
    function funds() external view returns (Funds memory) {
        return _funds;
    }

    /// @inheritdoc IPerpetualMarket
    function insurance() external view returns (uint256) {
        return _funds.insurance;
    }

    /// @inheritdoc IPerpetualMarket
    function settings() external view returns (Settings memory) {
        return _settings;
    }

    // ---------------------------------------------------------------- state

    function _load(address trader) internal view returns (Positions.State memory s) {
        s.account = _accounts[trader];
        s.sides = _sides;
        s.funds = _funds;
        s.curve = _curve();
        s.scale = _scale;
    }

    /// @dev With funding up to this second. Without a position neither funding nor index is asked.
    function _settled(address trader) internal view returns (Positions.State memory s) {
        s = _load(trader);
        if (s.account.size != 0) _advance(s);
        s.settle();
    }

    function _advance(Positions.State memory s) internal view {
        // slither-disable-next-line unused-return: the net sum is for markets whose longs equal their shorts
        (, uint256 longsPaid, uint256 shortsPaid) = funding.cumulativeFunding(feedId);
        s.sides.advance(longsPaid, shortsPaid);
    }

    /// @dev Not the sides: between changes of open interest, what they have grown by follows from the funding contract's sums.
    function _store(address trader, Positions.State memory s) internal {
        _accounts[trader] = s.account;
        _funds = s.funds;
        if (s.funding != 0) emit FundingSettled(trader, s.funding);
    }

    function _curve() internal view returns (VirtualAmm.Curve memory) {
        return VirtualAmm.Curve(_base, _k);
    }

    // ---------------------------------------------------------------- index and margin

    /// @dev For all that needs an open market.
    function _openIndex(bool listed) internal view returns (uint256 index) {
        _requireNotPaused();
        return _usableIndex(listed);
    }

    /// @dev Reverts when the index is too old, or its reporters too far apart.
    /// @param listed whether the funding market must be ours, and its rate within our margins: for whoever comes in
    function _usableIndex(bool listed) internal view returns (uint256 index) {
        IPerpetualFunding.Params memory p = funding.params(feedId);
        if (listed) _requireListed(p);
        // slither-disable-next-line unused-return: `read` has checked the age; any reporters that make a quorum do
        (int256 answer,, uint16 spreadBps,) = aggregator.read(feedId, p.maxIndexAge);
        if (spreadBps > p.maxSpreadBps) revert SpreadTooWide(spreadBps, p.maxSpreadBps);
        return uint256(answer) * _indexUnit;
    }

    function _requireListed(IPerpetualFunding.Params memory p) private view {
        if (address(p.mark) != address(this)) revert MarkIsNotThisMarket(address(p.mark), address(this));
        uint256 limit = MarketRules.maxRate(_settings);
        if (p.maxRate > limit) revert MaxRateTooHigh(p.maxRate, limit);
    }

    function _tryIndex() private view returns (bool usable, uint256 index) {
        try this.usableIndex() returns (uint256 found) {
            return (true, found);
        } catch {
            return (false, 0);
        }
    }

    /// @inheritdoc IPerpetualMarket
    function usableIndex() external view returns (uint256) {
        return _openIndex(false);
    }

    function _initialMargin(Positions.State memory s, uint256 index) internal view returns (uint256) {
        return Positions.share(s.notional(index), _settings.initialMarginBps);
    }

    function _requireInitialMargin(Positions.State memory s, uint256 index) internal view {
        int256 given = s.initialMargin(index);
        uint256 limit = _initialMargin(s, index);
        if (given < int256(limit)) revert MarginTooLow(given, limit);
    }

    function _requireBelowMaintenance(Positions.State memory s, uint256 index) internal view {
        int256 given = s.maintenanceMargin(index);
        uint256 limit = Positions.share(s.notional(index), _settings.maintenanceMarginBps);
        if (given >= int256(limit)) revert NotLiquidatable(given, limit);
    }
}
