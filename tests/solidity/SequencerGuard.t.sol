// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AggregatorV3Interface} from "contracts/interfaces/AggregatorV3Interface.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ISequencerGuard} from "contracts/interfaces/ISequencerGuard.sol";
import {SequencerGuard} from "contracts/SequencerGuard.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev An uptime feed that says whatever a test wants. Chainlink's own is used in tests/consumers.
contract Uptime {
    int256 internal _answer;
    uint256 internal _startedAt;

    function set(int256 answer, uint256 startedAt) external {
        (_answer, _startedAt) = (answer, startedAt);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _answer, _startedAt, block.timestamp, 1); // on some chains it is touched without a change
    }
}

contract UninitialisedUptime {
    error Uninitialized();

    function latestRoundData() external pure {
        revert Uninitialized();
    }
}

contract ShortUptime {
    function latestRoundData() external view returns (uint80, int256, uint256, uint256) {
        return (1, 0, block.timestamp - 1 days, block.timestamp);
    }
}

contract BurningUptime {
    function latestRoundData() external pure {
        while (true) {}
    }
}

contract SequencerGuardTest is AggregatorBase {
    uint256 internal constant GRACE = 1 hours;

    Uptime internal uptime;
    SequencerGuard internal guard;

    function setUp() public override {
        super.setUp();
        uptime = new Uptime();
        uptime.set(0, START - 1 days);
        guard = _guard(address(uptime), GRACE);
        _update(BTC, START, _three(9_900, 10_000, 10_100));
    }

    // ---------------------------------------------------------------- construction

    function test_guard__constructed__then_says_what_it_reads() public view {
        assertEq(address(guard.aggregator()), address(aggregator));
        assertEq(address(guard.uptimeFeed()), address(uptime));
        assertEq(guard.grace(), GRACE);
    }

    function test_guard__grace_at_and_past_its_bounds__then_made_and_refused() public {
        assertEq(_guard(address(uptime), 5 minutes).grace(), 5 minutes);
        assertEq(_guard(address(uptime), 1 days).grace(), 1 days);
        vm.expectRevert(_outOfRange(5 minutes - 1));
        _guard(address(uptime), 5 minutes - 1);
        vm.expectRevert(_outOfRange(1 days + 1));
        _guard(address(uptime), 1 days + 1);
    }

    function testFuzz_guard__grace_out_of_bounds__then_cannot_be_made(uint256 grace) public {
        vm.assume(grace < 5 minutes || grace > 1 days);
        vm.expectRevert(_outOfRange(grace));
        _guard(address(uptime), grace);
    }

    function test_guard__no_contract_behind_an_address__then_cannot_be_made() public {
        vm.expectRevert(abi.encodeWithSelector(ISequencerGuard.NotAContract.selector, OWNER));
        new SequencerGuard(IAggregator(OWNER), AggregatorV3Interface(address(uptime)), GRACE);
        vm.expectRevert(_failed(OWNER));
        _guard(OWNER, GRACE);
    }

    function test_guard__uptime_feed_never_initialised__then_cannot_be_made() public {
        address feed = address(new UninitialisedUptime());
        vm.expectRevert(_failed(feed));
        _guard(feed, GRACE);
        uptime.set(0, 0);
        vm.expectRevert(_invalid(0, 0));
        _guard(address(uptime), GRACE);
    }

    /// @dev A chain may be set up during an outage: only what cannot be read is refused.
    function test_guard__made_while_the_sequencer_is_down__then_reads_are_refused() public {
        uptime.set(1, START);
        SequencerGuard made = _guard(address(uptime), GRACE);
        vm.expectRevert(abi.encodeWithSelector(ISequencerGuard.SequencerDown.selector));
        made.read(BTC, MAX_AGE);
    }

    // ---------------------------------------------------------------- reads

    function test_read__up_for_long__then_the_aggregators_answer() public view {
        (int256 answer, uint64 observedAt, uint16 spreadBps, uint8 reporters) = guard.read(BTC, MAX_AGE);
        assertEq(answer, 10_000);
        assertEq(observedAt, START);
        assertEq(spreadBps, 200);
        assertEq(reporters, 3);
    }

    function test_read__down__then_refused_however_fresh_the_answer() public {
        uptime.set(1, START - 1 days);
        vm.expectRevert(abi.encodeWithSelector(ISequencerGuard.SequencerDown.selector));
        guard.read(BTC, MAX_AGE);
    }

    function test_read__at_the_end_of_the_grace__then_one_second_more_is_needed() public {
        uptime.set(0, START - GRACE);
        vm.expectRevert(_notOver(GRACE));
        guard.read(BTC, MAX_AGE);
        vm.warp(START + 1);
        guard.read(BTC, MAX_AGE);
    }

    function testFuzz_read__any_time_up__then_refused_exactly_within_the_grace(uint256 upFor, uint256 grace) public {
        upFor = bound(upFor, 0, 2 days);
        grace = bound(grace, 5 minutes, 1 days);
        SequencerGuard made = _guard(address(uptime), grace);
        uptime.set(0, START - upFor);
        if (upFor <= grace) vm.expectRevert(abi.encodeWithSelector(_NOT_OVER, upFor, grace));
        made.read(BTC, MAX_AGE);
    }

    /// @dev What the interface promises: with a maxAge within the grace, nothing observed before the restart is read.
    function testFuzz_read__maxAge_within_the_grace__then_observed_after_the_restart(
        uint256 age,
        uint256 upFor,
        uint256 maxAge
    ) public {
        age = bound(age, 0, 2 * GRACE);
        upFor = bound(upFor, 0, 3 * GRACE);
        maxAge = bound(maxAge, 0, GRACE);
        vm.warp(START + age);
        uptime.set(0, START + age - upFor);
        (bool ok,) = address(guard).staticcall(abi.encodeCall(guard.read, (BTC, maxAge)));
        assertTrue(ok == (upFor > GRACE && age <= maxAge), "read exactly when it should be");
        if (ok) assertTrue(age < upFor, "observed before the restart");
    }

    function test_read__aggregators_refusals__then_passed_on() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.NoData.selector, ETH));
        guard.read(ETH, MAX_AGE);
        vm.warp(START + 61);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.Stale.selector, 61, 60));
        guard.read(BTC, 60);
    }

    function test_read__uptime_answers_next_to_up_and_down__then_refused() public {
        testFuzz_read__uptime_answers_nonsense__then_refused(2, START - 1 days);
        testFuzz_read__uptime_answers_nonsense__then_refused(-1, START - 1 days);
    }

    function testFuzz_read__uptime_answers_nonsense__then_refused(int256 answer, uint256 startedAt) public {
        vm.assume(answer != 0 && answer != 1);
        uptime.set(answer, startedAt);
        vm.expectRevert(_invalid(answer, startedAt));
        guard.read(BTC, MAX_AGE);
    }

    function testFuzz_read__uptime_started_never_or_in_the_future__then_refused(bool down, uint256 startedAt) public {
        vm.assume(startedAt == 0 || startedAt > START);
        int256 answer = down ? int256(1) : int256(0);
        uptime.set(answer, startedAt);
        vm.expectRevert(_invalid(answer, startedAt));
        guard.read(BTC, MAX_AGE);
    }

    function test_read__uptime_breaks_later__then_refused_with_its_address() public {
        _breaks(address(new UninitialisedUptime()).code);
        _breaks(address(new ShortUptime()).code);
        _breaks(address(new BurningUptime()).code);
        _breaks("");
    }

    function _breaks(bytes memory code) private {
        vm.etch(address(uptime), code);
        vm.expectRevert(_failed(address(uptime)));
        guard.read(BTC, MAX_AGE);
    }

    // ---------------------------------------------------------------- errors

    bytes4 private constant _NOT_OVER = ISequencerGuard.GracePeriodNotOver.selector;

    function _guard(address feed, uint256 grace) private returns (SequencerGuard) {
        return new SequencerGuard(aggregator, AggregatorV3Interface(feed), grace);
    }

    function _outOfRange(uint256 grace) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISequencerGuard.GraceOutOfRange.selector, grace, 5 minutes, 1 days);
    }

    function _notOver(uint256 upFor) private pure returns (bytes memory) {
        return abi.encodeWithSelector(_NOT_OVER, upFor, GRACE);
    }

    function _failed(address feed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISequencerGuard.UptimeFeedFailed.selector, feed);
    }

    function _invalid(int256 answer, uint256 startedAt) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISequencerGuard.UptimeRoundInvalid.selector, answer, startedAt);
    }

    function test_guard__round_of_the_next_second__then_invalid_and_of_this_one_valid() public {
        uptime.set(0, block.timestamp + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ISequencerGuard.UptimeRoundInvalid.selector, int256(0), block.timestamp + 1)
        );
        guard.read(BTC, MAX_AGE);
        uptime.set(0, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(ISequencerGuard.GracePeriodNotOver.selector, 0, GRACE));
        guard.read(BTC, MAX_AGE);
    }

    /// @dev Code that answers 2, which is no state of a sequencer, "since" the gas that it was given: GAS itself takes 2.
    function test_guard__uptime_feed__then_gets_its_gas_and_no_more() public {
        address metered = address(0x6A5);
        vm.etch(metered, hex"5a604052600260205260a05ff3");
        vm.expectRevert(
            abi.encodeWithSelector(ISequencerGuard.UptimeRoundInvalid.selector, int256(2), uint256(249_998))
        );
        _guard(metered, GRACE);
    }
}
