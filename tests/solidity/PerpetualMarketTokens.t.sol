// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {PerpetualFunding} from "contracts/PerpetualFunding.sol";
import {PerpetualMarket} from "contracts/PerpetualMarket.sol";
import {TestToken} from "contracts/examples/TestToken.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {IPerpetualMarket} from "contracts/interfaces/IPerpetualMarket.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev A token that may keep a fee, answer false, or call back with whatever a test wants.
contract HostileToken is TestToken {
    uint256 public fee;
    bool public refuses;
    address private _target;
    bytes private _data;
    bytes public answer;

    constructor() TestToken("Hostile", "HOST", 6) {}

    function set(uint256 fee_, bool refuses_, address target, bytes calldata data) external {
        (fee, refuses, _target, _data) = (fee_, refuses_, target, data);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _hostile() && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (!_hostile()) return false;
        _burn(from, fee);
        return super.transferFrom(from, to, amount - fee);
    }

    function _hostile() private returns (bool) {
        if (_target != address(0)) (, answer) = _target.call(_data);
        return !refuses;
    }
}

/// @dev What tokens may try, and settings out of their bounds.
contract PerpetualMarketTokensTest is MarketBase {
    HostileToken private hostile;

    function setUp() public override {
        _open(6);
        hostile = new HostileToken();
        token = hostile;
        funding = new PerpetualFunding(OWNER, aggregator);
        market = new PerpetualMarket(OWNER, _settings());
        _list(_marketParams());
        _fund(ANN, 1_000);
        hostile.mint(ANN, 1_000e6);
    }

    function test_deposit__token_keeps_a_fee__then_refused() public {
        hostile.set(1, false, address(0), "");
        vm.expectRevert(abi.encodeWithSelector(IPerpetualMarket.TransferNotExact.selector, 99, 100));
        vm.prank(ANN);
        market.deposit(100);
    }

    function test_transfers__token_says_false__then_refused() public {
        hostile.set(0, true, address(0), "");
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(hostile));
        vm.expectRevert(failed);
        vm.prank(ANN);
        market.deposit(100);
        vm.expectRevert(failed);
        vm.prank(ANN);
        market.withdraw(100);
        assertEq(_collateral(ANN), 1_000e6);
    }

    function test_transfers__token_calls_back__then_every_function_refuses() public {
        bytes[8] memory calls = [
            abi.encodeCall(market.deposit, (1)),
            abi.encodeCall(market.withdraw, (1)),
            abi.encodeCall(market.trade, (1e18, ANY)),
            abi.encodeCall(market.close, (0)),
            abi.encodeCall(market.settle, (ANN)),
            abi.encodeCall(market.redeem, (1)),
            abi.encodeCall(market.liquidate, (ANN)),
            abi.encodeCall(market.fundInsurance, (1))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            hostile.set(0, false, address(market), calls[i]);
            vm.prank(ANN);
            market.withdraw(1);
            assertEq(bytes4(hostile.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        }
    }

    function test_withdraw__more_than_there_is_or_nothing__then_refused() public {
        vm.expectRevert(abi.encodeWithSelector(IPerpetualMarket.CollateralTooLow.selector, 1_000e6, 1_000e6 + 1));
        vm.prank(ANN);
        market.withdraw(1_000e6 + 1);
        vm.expectRevert(abi.encodeWithSelector(IPerpetualMarket.NothingToDo.selector));
        vm.prank(ANN);
        market.withdraw(0);
    }

    function test_market__before_its_funding_market__then_nobody_comes_in() public {
        funding = new PerpetualFunding(OWNER, aggregator);
        market = new PerpetualMarket(OWNER, _settings());
        bytes memory unknown = abi.encodeWithSelector(IPerpetualFunding.UnknownMarket.selector, BTC);
        vm.expectRevert(unknown);
        vm.prank(ANN);
        market.deposit(1);
        vm.expectRevert(unknown);
        vm.prank(ANN);
        market.trade(1e18, ANY);
    }

    function test_constructor__each_setting_out_of_bounds__then_reverts_with_name_value_limit() public {
        IPerpetualMarket.Settings memory s = _settings();
        s.token = new TestToken("", "", 19);
        _outOfRange(s, "token decimals", 19, 18);
        s = _settings();
        s.baseReserve = 1;
        _outOfRange(s, "baseReserve", 1, 2);
        s.baseReserve = 1e27 + 1;
        _outOfRange(s, "baseReserve", 1e27 + 1, 1e27);
        s = _settings();
        s.startPrice = 0;
        _outOfRange(s, "startPrice", 0, 1);
        s.startPrice = 1e27 + 1;
        _outOfRange(s, "startPrice", 1e27 + 1, 1e27);
        s.startPrice = 1e27;
        s.baseReserve = 1e25;
        _outOfRange(s, "quoteReserve", 1e34, 1e33);
        s = _settings();
        s.maxOpenInterest = 500e18 + 1;
        _outOfRange(s, "maxOpenInterest", 500e18 + 1, 500e18);
        s = _settings();
        s.minSize = 1e11 - 1;
        _outOfRange(s, "minSize", 1e11 - 1, 1e11);
        s = _settings();
        s.maintenanceMarginBps = 0;
        _outOfRange(s, "maintenanceMarginBps", 0, 1);
        s = _settings();
        s.initialMarginBps = 500;
        _outOfRange(s, "initialMarginBps", 500, 501);
        s.initialMarginBps = 10_001;
        _outOfRange(s, "initialMarginBps", 10_001, 10_000);
        s = _settings();
        s.takerFeeBps = 501;
        _outOfRange(s, "takerFeeBps", 501, 500);
        s = _settings();
        s.liquidationBonusBps = 491;
        _outOfRange(s, "liquidationBonusBps", 491, 490);
    }

    function _outOfRange(IPerpetualMarket.Settings memory s, string memory name, uint256 given, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IPerpetualMarket.SettingOutOfRange.selector, name, given, limit));
        new PerpetualMarket(OWNER, s);
    }
}
