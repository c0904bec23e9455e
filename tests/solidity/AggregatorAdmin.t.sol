// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Aggregator} from "contracts/Aggregator.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

contract AggregatorAdminTest is AggregatorBase {
    address internal constant PAUSER = address(0xBEEF);
    address internal constant MANAGER = address(0xFEED);
    address internal constant STRANGER = address(0xBAD);

    function test_constructor__config__then_all_of_it_is_readable() public view {
        (uint32 count, bytes32 digest, uint8 n, uint8 quorum, uint8 maxAge, bool paused) = aggregator.config();
        assertEq(count, 1);
        assertEq(digest, ReportHash.configDigest(1, _addresses(), 3));
        assertEq(n, 4);
        assertEq(quorum, 3);
        assertEq(maxAge, MAX_AGE);
        assertTrue(!paused, "starts unpaused");
        assertEq(keccak256(abi.encode(aggregator.reporters())), keccak256(abi.encode(_addresses())));
        bytes32 separator = ReportHash.domainSeparator(block.chainid, address(aggregator), digest);
        assertEq(aggregator.domainSeparator(), separator);
        assertEq(aggregator.feedDecimals(BTC), 8);
        assertEq(aggregator.feedDecimals(ETH), 18);
        assertEq(aggregator.owner(), OWNER);
    }

    function test_constructor__decimals_for_fewer_feeds__then_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.WrongLength.selector, 1, 2));
        new Aggregator(OWNER, _addresses(), 3, 60, _two(BTC, ETH), new uint8[](1));
    }

    // ---------------------------------------------------------------- setConfig

    /// @dev A12: whatever is asked for, the set that stands has 2q > n, q <= n <= 31.
    /// forge-config: default.fuzz.runs = 1000
    function testFuzz_setConfig__any_size_and_quorum__then_only_a_safe_one_stands(uint256 n, uint8 quorum) public {
        n = bound(n, 0, 40);
        quorum = uint8(bound(quorum, 0, 40));
        address[] memory set = new address[](n);
        for (uint256 i = 0; i < n; i++) {
            set[i] = address(uint160(i + 1));
        }
        vm.prank(OWNER);
        if (n == 0 || n > 31) {
            vm.expectRevert(abi.encodeWithSelector(IAggregator.ReporterCount.selector, n, 31));
            aggregator.setConfig(set, quorum);
        } else if (2 * uint256(quorum) <= n || quorum > n) {
            vm.expectRevert(abi.encodeWithSelector(IAggregator.QuorumOutOfRange.selector, quorum, n));
            aggregator.setConfig(set, quorum);
        } else {
            vm.expectEmit(address(aggregator));
            emit IAggregator.ConfigChanged(2, ReportHash.configDigest(2, set, quorum), set, quorum);
            aggregator.setConfig(set, quorum);
            (uint32 count,, uint8 size, uint8 q,,) = aggregator.config();
            assertEq(count, 2);
            assertEq(size, n);
            assertEq(q, quorum);
        }
    }

    function test_setConfig__zero_or_duplicate_reporter__then_reverts() public {
        address[] memory set = _addresses();
        set[2] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.ZeroReporter.selector, 2));
        vm.prank(OWNER);
        aggregator.setConfig(set, 3);
        set[2] = set[0];
        vm.expectRevert(abi.encodeWithSelector(IAggregator.DuplicateReporter.selector, set[0]));
        vm.prank(OWNER);
        aggregator.setConfig(set, 3);
    }

    // ---------------------------------------------------------------- feeds

    function test_addFeed__by_manager__then_known_and_without_data() public {
        vm.prank(OWNER);
        aggregator.setFeedManager(MANAGER);
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedAdded("SOL/USD", 0);
        vm.prank(MANAGER);
        aggregator.addFeed("SOL/USD", 0);
        assertEq(aggregator.feedDecimals("SOL/USD"), 0);
        assertEq(aggregator.latestRound("SOL/USD").roundId, 0);
    }

    function test_addFeed__bad_feed__then_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.FeedExists.selector, BTC));
        vm.prank(OWNER);
        aggregator.addFeed(BTC, 8);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.EmptyFeedId.selector));
        vm.prank(OWNER);
        aggregator.addFeed(bytes32(0), 8);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.DecimalsOutOfRange.selector, 19, 18));
        vm.prank(OWNER);
        aggregator.addFeed("SOL/USD", 19);
    }

    /// @dev Decimals are fixed for ever, also while there is no round yet.
    function test_addFeed__again_with_other_decimals__then_reverts() public {
        _update(BTC, START, 5);
        vm.expectRevert(abi.encodeWithSelector(IAggregator.FeedExists.selector, BTC));
        vm.prank(OWNER);
        aggregator.addFeed(BTC, 9);
        assertEq(aggregator.feedDecimals(BTC), 8);
        assertEq(aggregator.latestRound(BTC).roundId, 1);
    }

    // ---------------------------------------------------------------- the rest

    function test_setMaxAge__bounds__then_one_to_255() public {
        vm.expectRevert(abi.encodeWithSelector(IAggregator.MaxAgeOutOfRange.selector, 0));
        vm.prank(OWNER);
        aggregator.setMaxAge(0);
        vm.expectEmit(address(aggregator));
        emit IAggregator.MaxAgeChanged(255);
        vm.prank(OWNER);
        aggregator.setMaxAge(255);
        vm.warp(START + 255);
        _update(BTC, START, 5);
        assertEq(aggregator.latestRound(BTC).updatedAt, START + 255);
    }

    function test_pause__by_pauser__then_only_owner_resumes() public {
        vm.expectEmit(address(aggregator));
        emit IAggregator.PauserChanged(PAUSER);
        vm.prank(OWNER);
        aggregator.setPauser(PAUSER);
        vm.expectEmit(address(aggregator));
        emit IAggregator.Paused(PAUSER);
        vm.prank(PAUSER);
        aggregator.pause();
        (,,,,, bool paused) = aggregator.config();
        assertTrue(paused, "paused");
        _onlyOwner(PAUSER, abi.encodeCall(IAggregator.unpause, ()));
        vm.expectEmit(address(aggregator));
        emit IAggregator.Unpaused(OWNER);
        vm.prank(OWNER);
        aggregator.unpause();
        _update(BTC, START, 5);
    }

    /// @dev A17: who may call what.
    function test_management__strangers_and_wrong_roles__then_refused() public {
        vm.prank(OWNER);
        aggregator.setPauser(PAUSER);
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedManagerChanged(MANAGER);
        vm.prank(OWNER);
        aggregator.setFeedManager(MANAGER);
        address[3] memory callers = [STRANGER, PAUSER, MANAGER];
        for (uint256 i = 0; i < callers.length; i++) {
            address caller = callers[i];
            _onlyOwner(caller, abi.encodeCall(IAggregator.setConfig, (_addresses(), 3)));
            _onlyOwner(caller, abi.encodeCall(IAggregator.setMaxAge, (1)));
            _onlyOwner(caller, abi.encodeCall(IAggregator.unpause, ()));
            _onlyOwner(caller, abi.encodeCall(IAggregator.setPauser, (caller)));
            _onlyOwner(caller, abi.encodeCall(IAggregator.setFeedManager, (caller)));
            bytes memory refused = abi.encodeWithSelector(IAggregator.Unauthorized.selector, caller);
            if (caller != PAUSER) _refused(caller, abi.encodeCall(IAggregator.pause, ()), refused);
            if (caller != MANAGER) _refused(caller, abi.encodeCall(IAggregator.addFeed, ("A", 8)), refused);
        }
    }

    function test_transferOwnership__two_steps__then_old_owner_holds_until_accepted() public {
        vm.prank(OWNER);
        aggregator.transferOwnership(STRANGER);
        assertEq(aggregator.owner(), OWNER);
        vm.prank(STRANGER);
        aggregator.acceptOwnership();
        assertEq(aggregator.owner(), STRANGER);
        _onlyOwner(OWNER, abi.encodeCall(IAggregator.unpause, ()));
    }

    /// @dev A7: no setter touches a stored round.
    function test_management__every_setter__then_stored_round_keeps_its_age() public {
        _update(BTC, START, 5);
        bytes32 before = keccak256(abi.encode(aggregator.latestRound(BTC)));
        vm.warp(START + 1000);
        bytes[7] memory calls = [
            abi.encodeCall(IAggregator.setConfig, (_addresses(), 4)),
            abi.encodeCall(IAggregator.setMaxAge, (255)),
            abi.encodeCall(IAggregator.pause, ()),
            abi.encodeCall(IAggregator.unpause, ()),
            abi.encodeCall(IAggregator.setPauser, (PAUSER)),
            abi.encodeCall(IAggregator.setFeedManager, (MANAGER)),
            abi.encodeCall(IAggregator.addFeed, ("SOL/USD", 8))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(OWNER);
            (bool ok,) = address(aggregator).call(calls[i]);
            assertTrue(ok, "owner may");
            assertEq(keccak256(abi.encode(aggregator.latestRound(BTC))), before);
        }
    }

    function _onlyOwner(address caller, bytes memory data) private {
        _refused(caller, data, abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
    }

    function _refused(address caller, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool ok, bytes memory answer) = address(aggregator).call(data);
        assertTrue(!ok, "must be refused");
        assertEq(keccak256(answer), keccak256(reason));
    }
}
