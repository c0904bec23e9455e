// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PerpetualFunding} from "contracts/PerpetualFunding.sol";
import {PerpetualMarket} from "contracts/PerpetualMarket.sol";
import {TestToken} from "contracts/examples/TestToken.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {IPerpetualMarket} from "contracts/interfaces/IPerpetualMarket.sol";
import {FundingBase} from "./FundingBase.sol";

/// @dev A real aggregator, funding contract and market on BTC/USD at 60,000, with three traders who have deposited.
abstract contract MarketBase is FundingBase {
    uint256 internal constant PRICE = 60_000e18;
    int256 internal constant BTC1 = 1e18;
    address internal constant ANN = address(0xA);
    address internal constant BOB = address(0xB);
    address internal constant CAT = address(0xC);
    uint256 internal constant ANY = type(uint256).max;

    uint128 internal depth = 1000e18;
    uint128 internal cap = 100e18;
    PerpetualMarket internal market;
    TestToken internal token;

    function setUp() public virtual override {
        _open(6);
        _fund(ANN, 100_000);
        _fund(BOB, 100_000);
        _fund(CAT, 100_000);
    }

    /// @dev A market whose token has this many decimals. Everything is new.
    function _open(uint8 decimals) internal {
        now_ = T0;
        vm.warp(T0);
        aggregator = _deploy(1, 1);
        funding = new PerpetualFunding(OWNER, aggregator);
        token = new TestToken("Test Dollar", "TUSD", decimals);
        market = new PerpetualMarket(OWNER, _settings());
        _index(INDEX);
        _list(_marketParams());
    }

    function _settings() internal view returns (IPerpetualMarket.Settings memory) {
        return IPerpetualMarket.Settings({
            token: token,
            funding: address(funding),
            feedId: BTC,
            baseReserve: depth,
            startPrice: uint128(PRICE),
            maxOpenInterest: cap,
            minSize: 0.001e18,
            initialMarginBps: 1000,
            maintenanceMarginBps: 500,
            takerFeeBps: 10,
            liquidationBonusBps: 100
        });
    }

    function _marketParams() internal view returns (IPerpetualFunding.Params memory p) {
        p = _params();
        p.mark = market;
    }

    function _list(IPerpetualFunding.Params memory p) internal {
        vm.prank(OWNER);
        funding.addMarket(BTC, p);
    }

    // ---------------------------------------------------------------- what traders do

    function _unit() internal view returns (uint256) {
        return 10 ** uint256(token.decimals());
    }

    function _fund(address trader, uint256 dollars) internal {
        uint256 amount = dollars * _unit();
        token.mint(trader, amount);
        vm.startPrank(trader);
        token.approve(address(market), ANY);
        market.deposit(amount);
        vm.stopPrank();
    }

    function _trade(address trader, int256 delta) internal {
        vm.prank(trader);
        market.trade(delta, delta > 0 ? ANY : 0);
    }

    function _close(address trader) internal {
        int256 size = market.position(trader).size;
        vm.prank(trader);
        market.close(size < 0 ? ANY : 0);
    }

    function _withdrawAll(address trader) internal returns (uint256 amount) {
        amount = market.withdrawable(trader);
        vm.prank(trader);
        market.withdraw(amount);
    }

    function _insure(uint256 dollars) internal {
        token.mint(address(this), dollars * _unit());
        token.approve(address(market), ANY);
        market.fundInsurance(dollars * _unit());
    }

    /// @dev To a time, with an index of that second, accrued every minute on the way.
    function _pass(uint256 elapsed, int64 index) internal {
        uint256 end = now_ + elapsed;
        while (now_ < end) {
            _to(now_ + 60 < end ? now_ + 60 : end);
            _index(index);
            funding.accrue(BTC);
        }
    }

    // ---------------------------------------------------------------- what must hold

    function _collateral(address trader) internal view returns (uint256) {
        return market.position(trader).collateral;
    }

    function _funds() internal view returns (IPerpetualMarket.Funds memory) {
        return market.funds();
    }
}
