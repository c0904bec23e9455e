// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";
import {CampaignHandler} from "./CampaignHandler.sol";

/// @dev One long campaign of everybody who takes part.
contract AggregatorInvariantTest is AggregatorBase {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    CampaignHandler internal handler;

    function setUp() public override {
        handler = new CampaignHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Actions only: `setUp` and the checks are public, too.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        bytes4[20] memory all = [
            handler.honest.selector,
            handler.honestAtTheLimit.selector,
            handler.lie.selector,
            handler.abstain.selector,
            handler.equivocate.selector,
            handler.replay.selector,
            handler.replayFromElsewhere.selector,
            handler.replayOnAnotherChain.selector,
            handler.forge.selector,
            handler.tooFew.selector,
            handler.nameAnother.selector,
            handler.wrongTime.selector,
            handler.rotate.selector,
            handler.setUnsafe.selector,
            handler.addFeed.selector,
            handler.setMaxAge.selector,
            handler.pause.selector,
            handler.wait.selector,
            handler.trespass.selector,
            handler.handOver.selector
        ];
        targets[0].selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; i++) {
            targets[0].selectors[i] = all[i];
        }
    }

    /// @dev A1 to A15 and A17; SECURITY.md says what they are. Every action is foretold by the model; all of this is
    /// compared after each of them.
    /// forge-config: default.invariant.runs = 1024
    /// forge-config: default.invariant.depth = 128
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_aggregator_is_what_the_model_foretells() external {
        handler.checkRounds();
        handler.checkOneOldRound();
        handler.checkReads();
        handler.checkConfig();
    }

    function afterInvariant() external view {
        handler.checkHistory();
        handler.checkSuccesses();
    }
}

/// @dev Strangers call every function of the aggregator with whatever comes to mind. Reverts are allowed and all there is.
contract AggregatorStrangersTest is AggregatorBase {
    bytes32 private _before;

    function setUp() public override {
        super.setUp();
        _update(BTC, START, _three(5, 6, 7));
        _before = _all();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(aggregator);
    }

    function excludeSenders() external pure returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = OWNER;
    }

    /// @dev A3, A7, A17: who holds neither a quorum's signatures nor the owner's key changes nothing at all.
    /// forge-config: default.invariant.runs = 256
    /// forge-config: default.invariant.depth = 128
    /// forge-config: default.invariant.fail-on-revert = false
    function invariant_strangers_change_nothing() external view {
        assertEq(_all(), _before);
    }

    function _all() private view returns (bytes32) {
        (uint32 count, bytes32 digest, uint8 n, uint8 quorum, uint8 maxAge, bool paused) = aggregator.config();
        bytes memory configured = abi.encode(count, digest, n, quorum, maxAge, paused, aggregator.reporters());
        bytes memory roles =
            abi.encode(aggregator.owner(), aggregator.pendingOwner(), aggregator.pauser(), aggregator.feedManager());
        IAggregator.Round[] memory rounds = aggregator.latestRounds(_two(BTC, ETH));
        return keccak256(abi.encode(configured, roles, rounds, aggregator.getRound(BTC, 1)));
    }
}
