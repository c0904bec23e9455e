// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {IMarkPrice} from "contracts/interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingBase} from "./FundingBase.sol";

/// @dev Markets as they are added, and marks that lie, fail or cost too much.
contract PerpetualFundingMarketsTest is FundingBase {
    // ---------------------------------------------------------------- hostile marks

    function test_accrue__hostile_marks__then_no_sample_and_no_revert() public {
        bytes[10] memory codes = [
            bytes(hex""), // no code
            hex"fe", // burns all gas it gets
            hex"60006000fd", // reverts
            hex"620100006000fd", // reverts with 64 kB
            hex"620100006000f3", // answers 64 kB of zeros
            hex"60206000f3", // one word
            hex"605f6000f3", // a byte short of three words
            hex"5b600056", // loops for ever
            hex"50", // pops an empty stack
            hex"60001960005260001960205260001960405260606000f3" // three words of ones: price -1
        ];
        for (uint256 i = 0; i < codes.length; i++) {
            _noSample(codes[i]);
        }
    }

    function test_accrue__unusable_mark_values__then_no_sample() public {
        _keep(T0 + 60, 60);
        _noSampleAt(0, 0, 0);
        _noSampleAt(-1, 0, 0);
        _noSampleAt(type(int256).min, 0, 0);
        _noSampleAt(type(int256).max, 0, 0);
        _noSampleAt(int256(type(int128).max) + 1, 0, 0);
        _noSampleAt(INDEX, 0, 101);
        _noSampleAt(INDEX, uint64(now_ + 1000), 0);
        _noSampleAt(INDEX, uint64(now_ - 3660), 0);
    }

    function test_accrue__largest_mark_that_counts__then_premium_at_its_bound() public {
        mark.set(type(int128).max, 0, 100);
        _keep(T0 + 60, 60);
        assertEq(funding.premium(BTC), 0.1e18);
        mark.set(1, 0, 0);
        _keep(T0 + 120, 60);
        assertEq(funding.premium(BTC), -0.1e18);
    }

    // ---------------------------------------------------------------- parameters and roles

    function test_addMarket__parameters__then_readable_and_announced() public {
        IPerpetualFunding.Params memory p = _params();
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.MarketAdded(ETH, p);
        vm.prank(OWNER);
        funding.addMarket(ETH, p);
        assertEq(keccak256(abi.encode(funding.params(ETH))), keccak256(abi.encode(p)));
        assertEq(funding.lastAccrual(ETH), now_);
        assertEq(address(funding.aggregator()), address(aggregator));
    }

    function test_addMarket__each_parameter_out_of_bounds__then_reverts_with_name_value_limit() public {
        IPerpetualFunding.Params memory p = _params();
        p.interval = 9;
        _outOfRange(p, "interval", 9, 10);
        p.interval = 86_401;
        _outOfRange(p, "interval", 86_401, 86_400);
        p = _params();
        p.realisation = 3_599;
        _outOfRange(p, "realisation", 3_599, 3_600);
        p.realisation = 86_401;
        _outOfRange(p, "realisation", 86_401, 86_400);
        p = _params();
        p.maxIndexAge = 0;
        _outOfRange(p, "maxIndexAge", 0, 1);
        p.maxIndexAge = 172_801;
        _outOfRange(p, "maxIndexAge", 172_801, 172_800);
        p = _params();
        p.maxSpreadBps = 0;
        _outOfRange(p, "maxSpreadBps", 0, 1);
        p.maxSpreadBps = 10_001;
        _outOfRange(p, "maxSpreadBps", 10_001, 10_000);
        p = _params();
        p.maxPremium = 0;
        _outOfRange(p, "maxPremium", 0, 1);
        p.maxPremium = 1e18 + 1;
        _outOfRange(p, "maxPremium", 1e18 + 1, 1e18);
        p = _params();
        p.interest = 0.001e18 + 1;
        _outOfRange(p, "interest", 0.001e18 + 1, 0.001e18);
        p.realisation = 1 hours;
        p.interest = 0.000125e18 + 1;
        _outOfRange(p, "interest", 0.000125e18 + 1, 0.000125e18);
        p = _params();
        p.damping = 0.01e18 + 1;
        _outOfRange(p, "damping", 0.01e18 + 1, 0.01e18);
        p = _params();
        p.maxRate = 0;
        _outOfRange(p, "maxRate", 0, 1);
        p.maxRate = 0.32e18 + 1;
        _outOfRange(p, "maxRate", 0.32e18 + 1, 0.32e18);
        p = _params();
        p.mark = IMarkPrice(address(0xDEAD));
        _outOfRange(p, "mark code size", 0, 1);
    }

    function test_addMarket__widest_parameters__then_accepted() public {
        IPerpetualFunding.Params memory p =
            IPerpetualFunding.Params(mark, 86_400, 86_400, 172_800, 10_000, 1e18, 0.003e18, 0.01e18, 0.32e18);
        vm.prank(OWNER);
        funding.addMarket(ETH, p);
        vm.prank(OWNER);
        aggregator.addFeed("SOL/USD", 8);
        vm.prank(OWNER);
        funding.addMarket("SOL/USD", IPerpetualFunding.Params(mark, 10, 3_600, 1, 1, 1, 0, 0, 1));
    }

    function test_addMarket__twice_unknown_feed_or_stranger__then_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IPerpetualFunding.MarketExists.selector, BTC));
        vm.prank(OWNER);
        funding.addMarket(BTC, _params());
        vm.expectRevert(abi.encodeWithSelector(IAggregator.UnknownFeedId.selector, bytes32("XMR/USD")));
        vm.prank(OWNER);
        funding.addMarket("XMR/USD", _params());
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        funding.addMarket(ETH, _params());
    }

    function test_views__unknown_market__then_each_says_so() public {
        bytes4[10] memory views = [
            IPerpetualFunding.accrue.selector,
            IPerpetualFunding.fundingRate.selector,
            IPerpetualFunding.predictedRate.selector,
            IPerpetualFunding.cumulativeFunding.selector,
            IPerpetualFunding.premium.selector,
            IPerpetualFunding.coverage.selector,
            IPerpetualFunding.nextFundingTime.selector,
            IPerpetualFunding.fundingPaused.selector,
            IPerpetualFunding.lastAccrual.selector,
            IPerpetualFunding.params.selector
        ];
        for (uint256 i = 0; i < views.length; i++) {
            (bool ok, bytes memory answer) = address(funding).call(abi.encodeWithSelector(views[i], ETH));
            assertTrue(!ok, "an unknown market has no answer");
            assertEq(
                keccak256(answer), keccak256(abi.encodeWithSelector(IPerpetualFunding.UnknownMarket.selector, ETH))
            );
        }
    }

    // ---------------------------------------------------------------- figures

    function test_accrue__gas__then_within_the_figures() public {
        _keep(T0 + HOUR + 60, 60);
        _to(now_ + 60);
        _index(INDEX);
        uint256 before = gasleft();
        funding.accrue(BTC);
        // Warm here; the transaction's 21,000 and calldata come on top.
        assertTrue(before - gasleft() < 75_000 - 21_500, "accrue costs more than its figure");
    }

    function _noSample(bytes memory code) private {
        bytes memory good = address(mark).code;
        vm.etch(address(mark), code);
        _to(now_ + 30);
        _index(INDEX);
        uint256 before = gasleft();
        funding.accrue(BTC);
        assertTrue(before - gasleft() < 600_000, "a hostile mark costs a bounded amount");
        assertEq(funding.lastAccrual(BTC), now_);
        assertEq(funding.coverage(BTC), 0);
        vm.etch(address(mark), good);
    }

    function _noSampleAt(int256 price, uint64 observedAt, uint16 spreadBps) private {
        mark.set(INDEX * 2, 0, 0);
        _to(now_ + 1);
        _index(INDEX);
        mark.set(price, observedAt, spreadBps);
        funding.accrue(BTC);
        assertEq(funding.premium(BTC), 0);
        assertEq(funding.coverage(BTC), uint256(60) * 10_000 / (now_ - T0));
    }

    function _outOfRange(IPerpetualFunding.Params memory p, string memory name, uint256 given, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IPerpetualFunding.ParameterOutOfRange.selector, name, given, limit));
        vm.prank(OWNER);
        funding.addMarket(ETH, p);
    }
}
