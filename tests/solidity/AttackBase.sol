// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev An aggregator with a first round on both feeds, and attempts on it. SECURITY.md, "What was tried", names each.
abstract contract AttackBase is AggregatorBase {
    bytes32 internal constant NOBODY = "XMR/USD";
    uint64 internal constant NOW = START + 100;

    function setUp() public virtual override {
        super.setUp();
        _update(BTC, START, 1000);
        _update(ETH, START, 2000);
        vm.warp(NOW);
    }

    // ---------------------------------------------------------------- outcomes

    /// @dev Refused for exactly this reason, and everything that can be read is as before.
    function _refused(bytes memory attempt, bytes memory reason) internal {
        bytes32 before = _everything();
        (bool ok, bytes memory answer) = address(aggregator).call(attempt);
        assertTrue(!ok, "the attempt succeeded");
        if (keccak256(answer) != keccak256(reason)) revert OtherReason(answer, reason);
        assertEq(_everything(), before);
    }

    error OtherReason(bytes given, bytes expected);

    /// @dev The feed of index `f` is left as it was for `reason`; the other one of the batch has a second round.
    function _skipped(bytes32 feedId, IAggregator.SkipReason reason, bytes memory attempt) internal {
        vm.expectEmit(address(aggregator));
        emit IAggregator.FeedSkipped(feedId, reason);
        (bool ok,) = address(aggregator).call(attempt);
        assertTrue(ok, "one feed blocked the other");
        assertEq(aggregator.latestRound(BTC).roundId, feedId == BTC ? 1 : 2);
        assertEq(aggregator.latestRound(ETH).roundId, feedId == ETH ? 1 : 2);
    }

    function _everything() internal view returns (bytes32) {
        (uint32 count, bytes32 digest, uint8 n, uint8 quorum, uint8 maxAge, bool paused) = aggregator.config();
        bytes memory configured = abi.encode(count, digest, n, quorum, maxAge, paused, aggregator.reporters());
        bytes memory roles =
            abi.encode(aggregator.owner(), aggregator.pendingOwner(), aggregator.pauser(), aggregator.feedManager());
        IAggregator.Round[] memory rounds = aggregator.latestRounds(_two(BTC, ETH));
        return keccak256(abi.encode(configured, roles, rounds));
    }

    function _invalid(uint256 index) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAggregator.InvalidSignature.selector, index);
    }

    function _nothing() internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAggregator.NothingToUpdate.selector);
    }

    // ---------------------------------------------------------------- attempts

    function _call(uint64 observedAt, uint32 bitmap, bytes32[] memory ids, bytes memory data)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(IAggregator.update, (observedAt, bitmap, ids, data));
    }

    /// @dev The first three reporters on BTC, well signed.
    function _btc(int64 a, int64 b, int64 c) internal view returns (bytes memory data) {
        (, data) = _single(BTC, NOW, _three(a, b, c));
    }

    /// @dev Three reports from rows of one's own making.
    function _batch(bytes memory a, bytes memory b, bytes memory c) internal pure returns (bytes memory) {
        return _call(NOW, 7, _one(BTC), bytes.concat(hex"01", a, b, c));
    }

    /// @dev What reporter i would send honestly for BTC, price 10 + i.
    function _good(uint256 i) internal view returns (bytes memory) {
        return _signedRow(keys[i], NOW, _one(BTC), _price(int64(uint64(10 + i))));
    }

    function _price(int64 price) internal pure returns (int64[] memory prices) {
        prices = new int64[](1);
        prices[0] = price;
    }

    function _four(int64 a, int64 b, int64 c, int64 d) internal pure returns (int64[] memory prices) {
        prices = new int64[](4);
        (prices[0], prices[1], prices[2], prices[3]) = (a, b, c, d);
    }

    /// @dev BTC's column and ETH's column side by side.
    function _columns(int64[] memory btc, int64[] memory eth) internal pure returns (int64[][] memory rows) {
        rows = new int64[][](btc.length);
        for (uint256 i = 0; i < rows.length; i++) {
            rows[i] = new int64[](2);
            (rows[i][0], rows[i][1]) = (btc[i], eth[i]);
        }
    }
}
