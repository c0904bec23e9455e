// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualMarket} from "contracts/interfaces/IPerpetualMarket.sol";
import {VirtualAmm} from "contracts/libraries/VirtualAmm.sol";
import {MarketBase} from "./MarketBase.sol";
import {Vm} from "./Vm.sol";

/// @dev Four traders, whoever liquidates, an index that moves and falls silent, and an owner who pauses.
contract MarketHandler is MarketBase {
    uint256 internal constant TRADERS = 4;
    address internal constant DAN = address(0xD);
    bytes32 private constant FUNDING = keccak256("FundingSettled(address,int256)");

    int64 internal lastIndex = INDEX;
    int256 internal fundingPaid;
    uint256 internal touches;
    uint256 public liquidations;
    uint256 public badDebts;
    uint256 public refusedWhileStale;

    constructor(uint8 decimals) {
        (depth, cap) = (60e18, 8e18); // shallow and little: trades move the price by as much as margins are
        _open(decimals);
        for (uint256 i = 0; i < TRADERS; i++) {
            _fund(_who(i), 15_000);
        }
        _insure(500);
    }

    modifier told() {
        vm.recordLogs();
        _;
        _read(vm.getRecordedLogs());
    }

    // ---------------------------------------------------------------- actions

    function deposit(uint256 who, uint256 amount) external told {
        amount = bound(amount, 1, 1_000 * _unit());
        token.mint(_who(who), amount);
        vm.prank(_who(who));
        try market.deposit(amount) {} catch {}
    }

    function withdraw(uint256 who, uint256 part) external told {
        address trader = _who(who);
        uint256 most = market.withdrawable(trader);
        vm.prank(trader);
        try market.withdraw(bound(part, 0, most)) {} catch {}
    }

    /// @dev One unit over what the view allows.
    function withdrawTooMuch(uint256 who) external told {
        address trader = _who(who);
        uint256 most = market.withdrawable(trader);
        vm.prank(trader);
        (bool ok,) = address(market).call(abi.encodeCall(market.withdraw, (most + 1)));
        assertTrue(!ok, "more than withdrawable was withdrawn");
    }

    function trade(uint256 who, uint256 size, bool buys) public told {
        int256 delta = int256(bound(size, 1e15, 2.5e18));
        bool usable = _usable();
        vm.prank(_who(who));
        try market.trade(buys ? delta : -delta, buys ? ANY : 0) {
            assertTrue(usable, "a trade without a usable index");
        } catch {}
    }

    /// @dev The others all go one way, as far as their margin lets them.
    function squeeze(uint256 who, uint256 size, bool buys) external {
        for (uint256 i = 1; i < TRADERS; i++) {
            trade((who % TRADERS) + i, size, buys);
        }
    }

    function tradeBack(uint256 who, uint256 part) external told {
        int256 size = market.position(_who(who)).size;
        int256 delta = -size * int256(bound(part, 1, 15)) / 10;
        vm.prank(_who(who));
        try market.trade(delta, delta > 0 ? ANY : 0) {} catch {}
    }

    /// @dev Closing is always possible.
    function close(uint256 who) external told {
        if (market.position(_who(who)).size != 0) _close(_who(who));
    }

    function settle(uint256 who) external told {
        try market.settle(_who(who)) {} catch {}
    }

    function redeem(uint256 who, uint256 part) external told {
        uint256 claim = market.position(_who(who)).claim;
        vm.prank(_who(who));
        try market.redeem(bound(part, 0, claim)) {} catch {}
    }

    /// @dev By one of the traders, perhaps of himself. Never while the index cannot be used.
    function liquidate(uint256 who, uint256 by) public told {
        bool usable = _usable();
        vm.prank(_who(by));
        try market.liquidate(_who(who)) {
            assertTrue(usable, "liquidated without a usable index");
            liquidations++;
        } catch {
            if (!usable) refusedWhileStale++;
        }
    }

    function insure(uint256 dollars) external told {
        _insure(bound(dollars, 1, 500));
    }

    // ---------------------------------------------------------------- the world

    /// @dev Up to a tenth either way, and then everybody is tried.
    function moveIndex(uint256 to) external {
        _to(now_ + 60);
        lastIndex = int64(uint64(bound(to, uint64(lastIndex) * 9 / 10, uint64(lastIndex) * 11 / 10)));
        lastIndex = lastIndex < 20_000e8 ? int64(20_000e8) : lastIndex > 150_000e8 ? int64(150_000e8) : lastIndex;
        _index(lastIndex);
        for (uint256 i = 0; i < TRADERS; i++) {
            liquidate(i, i + 1);
        }
    }

    function pass(uint256 elapsed) external {
        uint256 end = now_ + bound(elapsed, 60, 2 hours);
        while (now_ < end) {
            _to(now_ + 300);
            _index(lastIndex);
            funding.accrue(BTC);
        }
    }

    function fallSilent(uint256 elapsed) external {
        _to(now_ + bound(elapsed, 1 hours, 6 hours));
        liquidate(elapsed, elapsed / 7);
    }

    function pauseOrGoOn(uint256 toss) external {
        vm.startPrank(OWNER);
        if (market.paused()) market.unpause();
        else if (toss % 4 == 0) market.pause();
        vm.stopPrank();
    }

    // ---------------------------------------------------------------- checks

    /// @dev The token, to the unit: with everybody settled, then with everybody gone.
    function check() external {
        _checkCaps();
        uint256 id = vm.snapshotState();
        _wakeUp();
        _settleAll();
        _checkLedger();
        _checkZeroSum();
        _leaveAll();
        assertTrue(vm.revertToStateAndDelete(id), "back");
    }

    function _checkCaps() private view {
        (uint256 longs, uint256 shorts) = market.openInterest();
        assertTrue(longs <= cap && shorts <= cap, "open interest over its cap");
        uint256 longSum;
        uint256 shortSum;
        for (uint256 i = 0; i < TRADERS; i++) {
            int256 size = market.position(_who(i)).size;
            if (size > 0) longSum += uint256(size);
            else shortSum += uint256(-size);
        }
        assertEq(longs, longSum);
        assertEq(shorts, shortSum);
    }

    function _wakeUp() private {
        _to(now_ + 1);
        _index(lastIndex);
        vm.startPrank(OWNER);
        if (market.paused()) market.unpause();
        vm.stopPrank();
    }

    function _settleAll() private told {
        for (uint256 i = 0; i < TRADERS; i++) {
            market.settle(_who(i));
        }
    }

    function _checkLedger() private view {
        uint256 collateral;
        uint256 withdrawable;
        uint256 claims;
        for (uint256 i = 0; i < TRADERS; i++) {
            IPerpetualMarket.Account memory a = market.position(_who(i));
            collateral += a.collateral;
            claims += a.claim;
            withdrawable += market.withdrawable(_who(i));
        }
        IPerpetualMarket.Funds memory f = _funds();
        uint256 held = token.balanceOf(address(market));
        assertEq(held, collateral + f.pool + f.insurance);
        assertEq(f.claims, claims);
        assertTrue(f.deficit == 0 || f.insurance == 0, "insurance is left beside a deficit");
        assertTrue(withdrawable + f.insurance <= held, "more can be withdrawn than is there");
    }

    /// @dev What losers paid or will pay is what winners got or will get, and dust of at most a unit per touch.
    function _checkZeroSum() private view {
        int256 notional;
        for (uint256 i = 0; i < TRADERS; i++) {
            notional += market.position(_who(i)).openNotional;
        }
        IPerpetualMarket.Funds memory f = _funds();
        int256 scale = int256(10 ** (18 - uint256(token.decimals())));
        int256 known = int256(uint256(f.pool) + f.deficit) - int256(uint256(f.claims));
        int256 dust = known * scale + notional - _paidToMaker();
        assertTrue(dust >= 0, "more profit than loss");
        assertTrue(dust <= int256(touches) * (scale + 1e6), "dust beyond rounding");
        assertTrue(fundingPaid >= 0 && fundingPaid <= int256(touches) * 1e6, "funding is not zero-sum");
    }

    function _paidToMaker() private view returns (int256) {
        (uint256 longs, uint256 shorts) = market.openInterest();
        VirtualAmm.Curve memory curve = VirtualAmm.Curve(depth, uint256(depth) * depth * 60_000);
        return VirtualAmm.cost(curve, 0, int256(longs) - int256(shorts));
    }

    function _leaveAll() private {
        for (uint256 i = 0; i < TRADERS; i++) {
            if (market.position(_who(i)).size != 0) _close(_who(i));
        }
        IPerpetualMarket.Funds memory f = _funds();
        assertEq(uint256(f.pool) + f.deficit, f.claims);
        for (uint256 i = 0; i < TRADERS; i++) {
            _takeAll(_who(i));
        }
        f = _funds();
        assertEq(f.pool, 0);
        assertEq(token.balanceOf(address(market)), f.insurance);
    }

    function _takeAll(address trader) private {
        uint256 claim = market.position(trader).claim;
        vm.startPrank(trader);
        if (claim != 0 && _funds().pool != 0) market.redeem(claim);
        uint256 most = market.withdrawable(trader);
        if (most != 0) market.withdraw(most);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------- reading

    function _read(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].emitter != address(market)) continue;
            if (logs[i].topics[0] == FUNDING) fundingPaid += abi.decode(logs[i].data, (int256));
            if (logs[i].topics[0] == IPerpetualMarket.BadDebt.selector) badDebts++;
            touches += 2;
        }
    }

    /// @dev Not as the market says it: from the aggregator's newest round. Nobody's spread is ever wide here.
    function _usable() private view returns (bool) {
        return !market.paused() && block.timestamp - aggregator.latestRound(BTC).observedAt <= 3660;
    }

    function _who(uint256 i) internal pure returns (address) {
        return [ANN, BOB, CAT, DAN][i % TRADERS];
    }
}
