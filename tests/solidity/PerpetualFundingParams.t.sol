// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingMath} from "contracts/libraries/FundingMath.sol";
import {FundingPresets} from "contracts/libraries/FundingPresets.sol";
import {FundingBase, SettableMark} from "./FundingBase.sol";

/// @dev New parameters for a market that lives: they count from now on and move nothing that was.
contract PerpetualFundingParamsTest is FundingBase {
    int256 internal constant PRICE = 60_000e18;

    // ---------------------------------------------------------------- what stays

    function test_setParams__any_time__then_sums_rate_boundary_and_samples_stay() public {
        mark.set(INDEX * 1002 / 1000, 0, 0);
        _keep(T0 + HOUR + 600, 60);
        _to(now_ + 60);
        _index(INDEX);
        bytes32 before = _state();
        _set(FundingPresets.kraken(mark, 60));
        assertEq(_state(), before);
        assertEq(funding.lastAccrual(BTC), now_);
        assertEq(funding.fundingRate(BTC), 0.0015e18);
    }

    function test_setParams__late__then_accrued_under_the_old_ones_first() public {
        _keep(T0 + HOUR, 60);
        _to(T0 + 4 * HOUR);
        (int256 net, uint256 longsPaid,) = funding.cumulativeFunding(BTC);
        IPerpetualFunding.Params memory p = _params();
        p.maxIndexAge = 2 days;
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.FundingPaused(BTC, uint64(T0 + HOUR + 3660));
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.Accrued(BTC, longsPaid, 0, 0, uint64(now_));
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.ParamsSet(BTC, p);
        vm.prank(OWNER);
        funding.setParams(BTC, p);
        assertEq(_net(BTC), net);
        assertTrue(funding.fundingPaused(BTC), "an older index is not fresh again");
    }

    /// @dev Another mark source counts from now on: the time before belongs to the old one.
    function test_setParams__another_mark__then_the_old_one_gives_the_last_sample() public {
        SettableMark other = new SettableMark();
        other.set(INDEX * 2, 0, 0);
        IPerpetualFunding.Params memory p = _params();
        p.mark = other;
        _keep(T0 + 600, 60);
        _to(now_ + 60);
        _index(INDEX);
        _set(p);
        assertEq(funding.premium(BTC), 0);
        _to(now_ + 60);
        _index(INDEX);
        funding.accrue(BTC);
        assertEq(funding.premium(BTC), 0.1e18);
    }

    function test_setParams__same_block_as_an_accrual__then_no_second_accrual() public {
        _keep(T0 + 600, 60);
        vm.recordLogs();
        _set(_params());
        assertEq(vm.getRecordedLogs().length, 1);
    }

    // ---------------------------------------------------------------- what changes

    function test_setParams__announced_boundary__then_its_rate_is_made_under_the_new_ones() public {
        mark.set(INDEX * 1012 / 1000, 0, 0);
        _keep(T0 + 1800, 60);
        _set(FundingPresets.kraken(mark, 3660));
        _keep(T0 + HOUR, 60);
        assertEq(funding.fundingRate(BTC), 0.012e18 / 3);
        int256 before = _net(BTC);
        _keep(T0 + 2 * HOUR, 60);
        assertTrue(_near(_net(BTC) - before, 0.0005e18 * PRICE / ONE, 60), "a 24th of the premium an hour");
    }

    function test_setParams__shorter_interval__then_from_the_announced_boundary_on() public {
        IPerpetualFunding.Params memory p = _params();
        p.interval = 900;
        _keep(T0 + 600, 60);
        _set(p);
        assertEq(funding.nextFundingTime(BTC), T0 + HOUR);
        _keep(T0 + HOUR, 60);
        assertEq(funding.nextFundingTime(BTC), T0 + HOUR + 900);
        assertEq(funding.fundingRate(BTC), 0.0001e18);
    }

    /// @dev T0 + 1 h is no multiple of 1,000 s: the next is 600 s later, more than half; the one of 7,000 s is 5,000 s later.
    function test_setParams__interval_off_the_hours__then_aligned_at_least_half_of_it_away() public {
        uint24[2] memory intervals = [uint24(1_000), 7_000];
        for (uint256 i = 0; i < intervals.length; i++) {
            IPerpetualFunding.Params memory p = _params();
            p.interval = intervals[i];
            uint256 boundary = funding.nextFundingTime(BTC);
            _set(p);
            _keep(boundary, 60);
            uint256 next = funding.nextFundingTime(BTC);
            assertEq(next % p.interval, 0);
            assertTrue(2 * (next - boundary) >= p.interval, "too near");
            assertTrue(2 * (next - boundary) < 3 * uint256(p.interval), "too far");
        }
    }

    function test_setParams__index_older_than_the_new_limit__then_pauses_now_and_not_before() public {
        _keep(T0 + HOUR, 60);
        _to(now_ + 120);
        IPerpetualFunding.Params memory p = _params();
        p.maxIndexAge = 60;
        _set(p);
        int256 paid = _net(BTC);
        assertEq(paid, FundingMath.payment(0.0001e18, 120, PRICE));
        _to(now_ + 1);
        vm.expectEmit(address(funding));
        emit IPerpetualFunding.FundingPaused(BTC, uint64(now_ - 1));
        funding.accrue(BTC);
        assertEq(_net(BTC), paid);
    }

    // ---------------------------------------------------------------- who and what

    function test_setParams__stranger_unknown_market_or_bad_value__then_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        funding.setParams(BTC, _params());
        vm.expectRevert(abi.encodeWithSelector(IPerpetualFunding.UnknownMarket.selector, ETH));
        vm.prank(OWNER);
        funding.setParams(ETH, _params());
        IPerpetualFunding.Params memory p = _params();
        p.maxRate = 0.32e18 + 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IPerpetualFunding.ParameterOutOfRange.selector, "maxRate", 0.32e18 + uint256(1), 0.32e18
            )
        );
        vm.prank(OWNER);
        funding.setParams(BTC, p);
    }

    function test_presets__each__then_inside_the_hard_bounds() public {
        _set(FundingPresets.spotline(mark, 3660));
        _set(FundingPresets.binance(mark, 3660));
        _set(FundingPresets.hyperliquid(mark, 3660));
        _set(FundingPresets.kraken(mark, 3660));
        _set(FundingPresets.drift(mark, 3660));
        assertEq(funding.params(BTC).maxPremium, uint256(1e18) / 33);
    }

    function test_accrue__one_market_with_a_hostile_mark__then_others_cost_the_same() public {
        SettableMark other = new SettableMark();
        IPerpetualFunding.Params memory p = _params();
        p.mark = other;
        vm.prank(OWNER);
        funding.addMarket(ETH, p);
        uint256 alone = _accrualGas();
        vm.etch(address(other), hex"fe");
        _to(now_ + 1);
        funding.accrue(ETH);
        _to(now_ - 1);
        assertEq(_accrualGas(), alone);
    }

    /// @dev F12: whatever the owner sets and when, sums never fall, the clock stays ahead and the rate inside its bound.
    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_setParams__any_at_any_time__then_sums_never_fall_and_the_clock_is_ahead(uint256 seed) public {
        (uint256 longs, uint256 shorts) = (0, 0);
        for (uint256 i = 0; i < 12; i++) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            _to(now_ + 1 + dice % (dice >> 250 == 0 ? 30 days : 4 hours));
            if (dice >> 32 & 3 != 0) _index(INDEX + int64(uint64(dice >> 64) % 1e12));
            mark.set(INDEX + int256((dice >> 128) % 2e12) - 1e12, 0, 0);
            _set(_anyParams(dice >> 16));
            (int256 net, uint256 longsNow, uint256 shortsNow) = funding.cumulativeFunding(BTC);
            assertTrue(longsNow >= longs && shortsNow >= shorts, "a sum fell");
            assertEq(net, int256(longsNow) - int256(shortsNow));
            (longs, shorts) = (longsNow, shortsNow);
            assertTrue(funding.nextFundingTime(BTC) > now_, "the clock is behind");
            assertTrue(_magnitude(funding.fundingRate(BTC)) <= 0.32e18, "beyond the hard bound");
        }
    }

    function _anyParams(uint256 dice) private view returns (IPerpetualFunding.Params memory p) {
        p = _params();
        p.interval = uint24(bound(uint32(dice), 10, 24 hours));
        p.realisation = uint24(bound(uint32(dice >> 32), 1 hours, 24 hours));
        p.maxIndexAge = uint24(bound(uint32(dice >> 64), 1, 2 days));
        p.maxRate = uint64(bound(uint64(dice >> 96), 1, 0.32e18));
        p.damping = uint64(bound(uint64(dice >> 160), 0, 0.01e18));
    }

    function _set(IPerpetualFunding.Params memory p) private {
        vm.prank(OWNER);
        funding.setParams(BTC, p);
    }

    /// @dev From the same moment each time.
    function _accrualGas() private returns (uint256 spent) {
        uint256 id = vm.snapshotState();
        uint256 was = now_;
        _to(now_ + 60);
        _index(INDEX);
        vm.cool(address(funding));
        spent = gasleft();
        funding.accrue(BTC);
        spent -= gasleft();
        vm.revertToStateAndDelete(id);
        _to(was);
    }

    function _state() private view returns (bytes32) {
        (int256 net, uint256 longsPaid, uint256 shortsPaid) = funding.cumulativeFunding(BTC);
        return keccak256(
            abi.encode(
                net,
                longsPaid,
                shortsPaid,
                funding.fundingRate(BTC),
                funding.nextFundingTime(BTC),
                funding.coverage(BTC),
                funding.premium(BTC)
            )
        );
    }

    function _magnitude(int256 value) private pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }

    function _near(int256 a, int256 b, int256 most) private pure returns (bool) {
        return a - b <= most && b - a <= most;
    }
}
