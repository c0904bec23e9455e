// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {Base} from "./Base.sol";

/// @dev An aggregator with four reporters, quorum three and two feeds, and what a submitter does.
abstract contract AggregatorBase is Base {
    bytes32 internal constant BTC = "BTC/USD";
    bytes32 internal constant ETH = "ETH/USD";
    address internal constant OWNER = address(0xA11CE);
    uint8 internal constant MAX_AGE = 60;
    uint64 internal constant START = 1_800_000_123;

    Aggregator internal aggregator;
    uint256[] internal keys;

    function setUp() public virtual {
        vm.warp(START);
        aggregator = _deploy(4, 3);
    }

    function _deploy(uint256 n, uint8 quorum) internal returns (Aggregator) {
        delete keys;
        for (uint256 i = 1; i <= n; i++) {
            keys.push(i * 7919);
        }
        bytes32[] memory feedIds = _two(BTC, ETH);
        uint8[] memory decimals = new uint8[](2);
        (decimals[0], decimals[1]) = (8, 18);
        return new Aggregator(OWNER, _addresses(), quorum, MAX_AGE, feedIds, decimals);
    }

    function _addresses() internal view returns (address[] memory all) {
        all = new address[](keys.length);
        for (uint256 i = 0; i < all.length; i++) {
            all[i] = vm.addr(keys[i]);
        }
    }

    // ---------------------------------------------------------------- a submitter

    /// @dev One feed, the first reporters of the set, one price each, the true median named.
    function _update(bytes32 feedId, uint64 observedAt, int64[] memory prices) internal {
        (bytes32[] memory feedIds, bytes memory observations) = _single(feedId, observedAt, prices);
        aggregator.update(observedAt, _firstBits(prices.length), feedIds, observations);
    }

    /// @dev The same with three equal prices.
    function _update(bytes32 feedId, uint64 observedAt, int64 price) internal {
        _update(feedId, observedAt, _three(price, price, price));
    }

    function _single(bytes32 feedId, uint64 observedAt, int64[] memory prices)
        internal
        view
        returns (bytes32[] memory feedIds, bytes memory observations)
    {
        feedIds = _one(feedId);
        observations = _observations(observedAt, _firstBits(prices.length), feedIds, _rows(prices));
    }

    function _observations(uint64 observedAt, uint32 bitmap, bytes32[] memory feedIds, int64[][] memory rows)
        internal
        view
        returns (bytes memory packed)
    {
        for (uint256 f = 0; f < feedIds.length; f++) {
            packed = bytes.concat(packed, bytes1(uint8(_medianPosition(_column(rows, f)))));
        }
        uint256 report = 0;
        for (uint256 i = 0; i < 32; i++) {
            if (bitmap & (1 << i) == 0) continue;
            uint256 key = i < keys.length ? keys[i] : 1;
            packed = bytes.concat(packed, _signedRow(key, observedAt, feedIds, rows[report++]));
        }
    }

    function _signedRow(uint256 key, uint64 observedAt, bytes32[] memory feedIds, int64[] memory prices)
        internal
        view
        returns (bytes memory row)
    {
        (bytes32 r, bytes32 vs) = _sign(key, observedAt, feedIds, prices);
        row = bytes.concat(r, vs);
        for (uint256 f = 0; f < prices.length; f++) {
            row = bytes.concat(row, bytes8(uint64(prices[f])));
        }
    }

    /// @dev The same batch packed narrowly. Every price is over its feed's base, by at most 2^39.
    function _narrow(
        uint64 observedAt,
        uint32 bitmap,
        bytes32[] memory feedIds,
        int64[][] memory rows,
        uint64[] memory bases
    ) internal view returns (bytes memory packed) {
        for (uint256 f = 0; f < feedIds.length; f++) {
            int64[] memory column = _column(rows, f);
            bytes memory positions = abi.encodePacked(uint8(_medianPosition(column)), uint8(_highestPosition(column)));
            packed = bytes.concat(packed, positions, bytes7(uint56(bases[f])));
        }
        uint256 report = 0;
        for (uint256 i = 0; i < 32; i++) {
            if (bitmap & (1 << i) == 0) continue;
            (bytes32 r, bytes32 vs) = _sign(i < keys.length ? keys[i] : 1, observedAt, feedIds, rows[report]);
            packed = bytes.concat(packed, r, vs, _lanes(rows[report++], bases));
        }
    }

    function _lanes(int64[] memory prices, uint64[] memory bases) internal pure returns (bytes memory lanes) {
        for (uint256 f = 0; f < prices.length; f++) {
            lanes = bytes.concat(lanes, bytes5(uint40(uint64(prices[f]) - bases[f] - 1)));
        }
    }

    /// @dev One less than the lowest price of each feed.
    function _bases(int64[][] memory rows) internal pure returns (uint64[] memory bases) {
        bases = new uint64[](rows[0].length);
        for (uint256 f = 0; f < bases.length; f++) {
            bases[f] = uint64(type(int64).max);
            for (uint256 i = 0; i < rows.length; i++) {
                if (uint64(rows[i][f]) - 1 < bases[f]) bases[f] = uint64(rows[i][f]) - 1;
            }
        }
    }

    function _sign(uint256 key, uint64 observedAt, bytes32[] memory feedIds, int64[] memory prices)
        internal
        view
        returns (bytes32 r, bytes32 vs)
    {
        bytes32 structHash = ReportHash.structHash(observedAt, feedIds, prices);
        return _signDigest(key, ReportHash.digest(aggregator.domainSeparator(), structHash));
    }

    function _signDigest(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        (uint8 v, bytes32 r_, bytes32 s) = vm.sign(key, digest);
        return (r_, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    // ---------------------------------------------------------------- twins and small arrays

    /// @dev Position of the upper median among the positive prices, found by sorting; 0 when there is none.
    function _medianPosition(int64[] memory prices) internal pure returns (uint256) {
        int64 median = _sortedMedian(prices);
        for (uint256 i = 0; i < prices.length; i++) {
            if (prices[i] == median) return i;
        }
        return 0;
    }

    function _highestPosition(int64[] memory prices) internal pure returns (uint256 position) {
        for (uint256 i = 1; i < prices.length; i++) {
            if (prices[i] > prices[position]) position = i;
        }
    }

    function _sortedMedian(int64[] memory prices) internal pure returns (int64) {
        int64[] memory positive = new int64[](prices.length);
        uint256 m = 0;
        for (uint256 i = 0; i < prices.length; i++) {
            if (prices[i] <= 0) continue;
            uint256 j = m++;
            for (; j > 0 && positive[j - 1] > prices[i]; j--) {
                positive[j] = positive[j - 1];
            }
            positive[j] = prices[i];
        }
        return m == 0 ? int64(0) : positive[m / 2];
    }

    function _column(int64[][] memory rows, uint256 feed) internal pure returns (int64[] memory column) {
        column = new int64[](rows.length);
        for (uint256 i = 0; i < rows.length; i++) {
            column[i] = rows[i][feed];
        }
    }

    function _rows(int64[] memory prices) internal pure returns (int64[][] memory rows) {
        rows = new int64[][](prices.length);
        for (uint256 i = 0; i < prices.length; i++) {
            rows[i] = new int64[](1);
            rows[i][0] = prices[i];
        }
    }

    function _firstBits(uint256 n) internal pure returns (uint32) {
        return uint32((uint256(1) << n) - 1);
    }

    function _three(int64 a, int64 b, int64 c) internal pure returns (int64[] memory prices) {
        prices = new int64[](3);
        (prices[0], prices[1], prices[2]) = (a, b, c);
    }

    function _one(bytes32 feedId) internal pure returns (bytes32[] memory feedIds) {
        feedIds = new bytes32[](1);
        feedIds[0] = feedId;
    }

    function _two(bytes32 a, bytes32 b) internal pure returns (bytes32[] memory feedIds) {
        feedIds = new bytes32[](2);
        (feedIds[0], feedIds[1]) = (a, b);
    }
}
