// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev Honest and hostile submitters and a busy owner. Keeps what was accepted, to compare with what is stored.
contract AggregatorHandler is AggregatorBase {
    bytes32[2] internal feeds = [BTC, ETH];
    mapping(bytes32 feedId => IAggregator.Round[]) internal accepted;
    uint256 public updates;
    uint256 public refused;
    uint256 internal now_ = START;

    constructor() {
        super.setUp();
    }

    function setUp() public override {}

    function honest(uint256 feed, uint64[4] memory given, uint8 age, uint8 gap) external {
        _pass(gap);
        bytes32 feedId = feeds[feed % 2];
        uint64 observedAt = uint64(now_ - age % (MAX_AGE + 1));
        int64[] memory prices = new int64[](4);
        for (uint256 i = 0; i < 4; i++) {
            prices[i] = int64(given[i] >> 1) | 1;
        }
        IAggregator.Round memory before = aggregator.latestRound(feedId);
        (bytes32[] memory ids, bytes memory data) = _single(feedId, observedAt, prices);
        try aggregator.update(observedAt, 0xf, ids, data) {
            accepted[feedId].push(aggregator.latestRound(feedId));
            assertTrue(aggregator.latestRound(feedId).answer == _sortedMedian(prices), "A2: not the median");
            updates++;
        } catch {
            (,,,,, bool paused) = aggregator.config();
            assertTrue(paused || observedAt <= before.observedAt, "A15: an honest batch was refused");
        }
    }

    /// @dev Too few signers, or one of them forged: A3, A4.
    function hostile(uint256 feed, uint64 price, uint32 bitmap, uint8 forged, uint8 gap) external {
        _pass(gap);
        bytes32[] memory ids = _one(feeds[feed % 2]);
        int64[] memory prices = new int64[](4);
        for (uint256 i = 0; i < 4; i++) {
            prices[i] = int64(price >> 1) | 1;
        }
        uint256 key = keys[forged % 4];
        keys[forged % 4] = 4_242_424;
        bytes memory data = _observations(uint64(now_), 0xf, ids, _rows(prices));
        keys[forged % 4] = key;
        try aggregator.update(uint64(now_), bitmap % 5 == 0 ? 0xf : bitmap % 16, ids, data) {
            assertTrue(false, "A3: a forged batch was accepted");
        } catch {
            refused++;
        }
    }

    function manage(uint8 action, uint8 maxAge, uint8 quorum) external {
        bytes[4] memory calls = [
            abi.encodeCall(IAggregator.setConfig, (_addresses(), quorum)),
            abi.encodeCall(IAggregator.setMaxAge, (MAX_AGE + maxAge % 100)),
            abi.encodeCall(IAggregator.pause, ()),
            abi.encodeCall(IAggregator.unpause, ())
        ];
        vm.prank(OWNER);
        (bool ok,) = address(aggregator).call(calls[action % 4]);
        // A pause is lifted again soon, or most of the campaign would stand still.
        if (ok && action % 4 == 2 && maxAge % 4 != 0) {
            vm.prank(OWNER);
            aggregator.unpause();
        }
    }

    /// @dev A2, A3, A6, A8 for the newest round, A5: ids are dense. All that was accepted is all there is.
    function checkLatest(bytes32 feedId) external view {
        IAggregator.Round[] storage rounds = accepted[feedId];
        uint256 n = rounds.length;
        IAggregator.Round memory latest = aggregator.latestRound(feedId);
        assertEq(latest.roundId, n);
        if (n == 0) return;
        assertEq(keccak256(abi.encode(latest)), keccak256(abi.encode(rounds[n - 1])));
        assertTrue(latest.updatedAt <= now_, "A6: from the future");
        assertTrue(latest.answer > 0, "A8: an answer is positive");
        assertTrue(latest.reporters >= 3, "A3: at least quorum");
        if (n == 1) return;
        assertTrue(latest.observedAt > rounds[n - 2].observedAt, "A6: time goes on");
        assertTrue(latest.updatedAt >= rounds[n - 2].updatedAt, "A6: blocks go on");
    }

    /// @dev A5: nothing that was stored ever changed.
    function checkHistory(bytes32 feedId) external view {
        IAggregator.Round[] storage rounds = accepted[feedId];
        for (uint256 i = 0; i < rounds.length; i++) {
            bytes32 kept = keccak256(abi.encode(aggregator.getRound(feedId, uint32(i + 1))));
            assertEq(kept, keccak256(abi.encode(rounds[i])));
        }
    }

    function checkConfig() external view {
        (,, uint8 n, uint8 quorum, uint8 maxAge,) = aggregator.config();
        assertTrue(2 * uint256(quorum) > n && quorum <= n && n <= 31 && maxAge > 0, "A12");
    }

    function _pass(uint8 gap) private {
        now_ += gap % 16;
        vm.warp(now_);
    }
}

contract AggregatorInvariantTest is AggregatorBase {
    AggregatorHandler internal handler;

    function setUp() public override {
        handler = new AggregatorHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev A2-A8, A12, A14, A15 in one campaign; feeds are checked apart, so a round of one that touches the other shows.
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_rounds_are_dense_unchanging_and_ordered() external view {
        handler.checkLatest(BTC);
        handler.checkLatest(ETH);
        handler.checkConfig();
    }

    function afterInvariant() external view {
        handler.checkHistory(BTC);
        handler.checkHistory(ETH);
        assertTrue(handler.updates() > 0 && handler.refused() > 0, "the campaign did nothing");
    }
}
