// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Aggregator} from "contracts/Aggregator.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev Calls back into whoever calls it, and counts.
contract Reentrant {
    uint256 public entered;

    fallback() external payable {
        entered++;
        (bool ok,) = msg.sender.call(msg.data);
        require(ok, "re-entered in vain");
    }

    function relay(address target, bytes calldata attempt) external returns (bool ok) {
        (ok,) = target.call(attempt);
    }
}

/// @dev A7, A12, A17: roles beyond their bounds. AggregatorAdmin.t.sol has every selector by every wrong role.
contract AttacksPowersTest is AttackBase {
    address private constant PAUSER = address(0xBEEF);
    address private constant MANAGER = address(0xFEED);
    address private constant HEIR = address(0xCAFE);

    function setUp() public override {
        super.setUp();
        vm.prank(OWNER);
        aggregator.setPauser(PAUSER);
        vm.prank(OWNER);
        aggregator.setFeedManager(MANAGER);
    }

    // ---------------------------------------------------------------- pauser and feed manager

    function test_attack__former_pauser_pauses__then_unauthorized() public {
        vm.prank(OWNER);
        aggregator.setPauser(HEIR);
        _refusedTo(PAUSER, abi.encodeCall(IAggregator.pause, ()), _unauthorized(PAUSER));
    }

    /// @dev No pauser is the zero address; nobody is it.
    function test_attack__pause_where_there_is_no_pauser__then_unauthorized() public {
        vm.prank(OWNER);
        aggregator.setPauser(address(0));
        _refusedTo(PAUSER, abi.encodeCall(IAggregator.pause, ()), _unauthorized(PAUSER));
    }

    /// @dev Registering a feed again would put it back to no data.
    function test_attack__feed_manager_registers_a_feed_again__then_feed_exists() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.FeedExists.selector, BTC);
        _refusedTo(MANAGER, abi.encodeCall(IAggregator.addFeed, (BTC, 8)), reason);
    }

    function test_attack__reporter_manages__then_unauthorized() public {
        address reporter = vm.addr(keys[0]);
        _refusedTo(reporter, abi.encodeCall(IAggregator.setConfig, (_addresses(), 4)), _notOwner(reporter));
        _refusedTo(reporter, abi.encodeCall(IAggregator.pause, ()), _unauthorized(reporter));
    }

    // ---------------------------------------------------------------- ownership

    function test_attack__heir_acts_before_accepting__then_unauthorized() public {
        vm.prank(OWNER);
        aggregator.transferOwnership(HEIR);
        _refusedTo(HEIR, abi.encodeCall(IAggregator.setConfig, (_addresses(), 4)), _notOwner(HEIR));
        _refusedTo(HEIR, abi.encodeCall(IAggregator.unpause, ()), _notOwner(HEIR));
        _refusedTo(HEIR, abi.encodeCall(IAggregator.pause, ()), _unauthorized(HEIR));
    }

    function test_attack__heir_accepts_after_another_was_named__then_unauthorized() public {
        vm.prank(OWNER);
        aggregator.transferOwnership(HEIR);
        vm.prank(OWNER);
        aggregator.transferOwnership(MANAGER);
        _refusedTo(HEIR, abi.encodeCall(Ownable2Step.acceptOwnership, ()), _notOwner(HEIR));
    }

    function test_attack__former_owner_acts__then_unauthorized() public {
        vm.prank(OWNER);
        aggregator.transferOwnership(HEIR);
        vm.prank(HEIR);
        aggregator.acceptOwnership();
        _refusedTo(OWNER, abi.encodeCall(IAggregator.setMaxAge, (1)), _notOwner(OWNER));
        _refusedTo(OWNER, abi.encodeCall(Ownable2Step.acceptOwnership, ()), _notOwner(OWNER));
    }

    function test_attack__stranger_renounces_or_takes_ownership__then_unauthorized() public {
        _refusedTo(HEIR, abi.encodeCall(Ownable.renounceOwnership, ()), _notOwner(HEIR));
        _refusedTo(HEIR, abi.encodeCall(Ownable.transferOwnership, (HEIR)), _notOwner(HEIR));
        _refusedTo(HEIR, abi.encodeCall(Ownable2Step.acceptOwnership, ()), _notOwner(HEIR));
    }

    function test_attack__deployed_without_an_owner__then_refused() public {
        bytes memory reason = abi.encodeWithSelector(Ownable.OwnableInvalidOwner.selector, address(0));
        vm.expectRevert(reason);
        new Aggregator(address(0), _addresses(), 3, 60, new bytes32[](0), new uint8[](0));
    }

    /// @dev An owner that renounces leaves everything as it is: updates go on, and a feed manager's right with it.
    function test_attack__owner_renounces__then_updates_go_on_and_nobody_can_change_the_set() public {
        vm.prank(OWNER);
        aggregator.renounceOwnership();
        _refusedTo(OWNER, abi.encodeCall(IAggregator.setConfig, (_addresses(), 4)), _notOwner(OWNER));
        _update(BTC, NOW, 5);
        assertEq(aggregator.latestRound(BTC).answer, 5);
    }

    /// @dev The pauser keeps its right and there is nobody left to unpause: name no pauser before renouncing.
    function test_attack__pauser_pauses_after_the_owner_renounced__then_updates_stop_for_good_and_reads_go_on() public {
        vm.prank(OWNER);
        aggregator.renounceOwnership();
        vm.prank(PAUSER);
        aggregator.pause();
        _refusedTo(PAUSER, abi.encodeCall(IAggregator.unpause, ()), _notOwner(PAUSER));
        bytes memory reason = abi.encodeWithSelector(IAggregator.UpdatesPaused.selector);
        _refused(_call(NOW, 7, _one(BTC), _btc(10, 11, 12)), reason);
        (int256 answer,,,) = aggregator.read(BTC, NOW - START);
        assertEq(answer, 1000);
    }

    // ---------------------------------------------------------------- the owner's own bounds

    /// @dev A7: pause and resume, a new set, a longer age: an old answer stays as old as it is.
    function test_attack__owner_freshens_an_answer__then_it_stays_stale() public {
        vm.prank(OWNER);
        aggregator.setMaxAge(255);
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        vm.prank(OWNER);
        aggregator.pause();
        vm.prank(OWNER);
        aggregator.unpause();
        bytes memory reason = abi.encodeWithSelector(IAggregator.Stale.selector, NOW - START, 60);
        _refused(abi.encodeCall(IAggregator.read, (BTC, 60)), reason);
    }

    // ---------------------------------------------------------------- re-entrancy

    /// @dev Reporters, owner and relayer have code that calls back. Nothing ever calls them.
    function test_attack__code_behind_every_address__then_never_called() public {
        bytes memory code = type(Reentrant).runtimeCode;
        vm.etch(OWNER, code);
        for (uint256 i = 0; i < 4; i++) {
            vm.etch(vm.addr(keys[i]), code);
        }
        Reentrant relayer = new Reentrant();
        assertTrue(relayer.relay(address(aggregator), _call(NOW, 7, _one(BTC), _btc(10, 11, 12))), "refused");
        assertEq(relayer.entered(), 0);
        for (uint256 i = 0; i < 4; i++) {
            assertEq(Reentrant(payable(vm.addr(keys[i]))).entered(), 0);
        }
        assertEq(aggregator.latestRound(BTC).answer, 11);
    }

    // ---------------------------------------------------------------- helpers

    function _refusedTo(address caller, bytes memory attempt, bytes memory reason) private {
        vm.prank(caller);
        (bool ok, bytes memory answer) = address(aggregator).call(attempt);
        assertTrue(!ok, "the attempt succeeded");
        if (keccak256(answer) != keccak256(reason)) revert OtherReason(answer, reason);
    }

    function _notOwner(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
    }

    function _unauthorized(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAggregator.Unauthorized.selector, caller);
    }
}
