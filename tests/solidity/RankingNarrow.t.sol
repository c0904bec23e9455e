// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {Median} from "./Median.sol";
import {RankingHarness} from "./RankingHarness.sol";

/// @dev Every draft of `NarrowRanking.unpack` against the plain rule of Median.sol, feed by feed.
contract RankingNarrowTest is Base {
    using Median for Median.Tally;

    uint256 private constant LANE_LIMIT = 2 ** 39;

    /// @param prices by report
    /// @param base one less than the lowest price, or not
    struct Column {
        int64[] prices;
        uint64 base;
        uint8 median;
        uint8 highest;
    }

    /// @dev Keys of a vector in alphabetical order, as forge's JSON parser hands them over.
    struct Vector {
        int256 chainlink;
        string name;
        int256 ours;
        int256[] prices;
    }

    RankingHarness private ranking = new RankingHarness();
    uint256 private seed;
    uint256 private rolls;

    function testFuzz_unpack__any_narrow_batch__then_drafts_and_rows_are_those_of_the_rule(uint256 seed_) public {
        (seed, rolls) = (seed_, 0);
        Column[] memory columns = new Column[](1 + _roll(12));
        uint256 reports = 1 + _roll(_roll(2) == 0 ? 7 : 31);
        for (uint256 f = 0; f < columns.length; f++) {
            columns[f] = _anyColumn(reports);
        }
        _check(columns);
    }

    /// @dev Chainlink's published lists, raised over 0, in every lane of two groups: each price is named once.
    function test_unpack__chainlinks_lists_in_lanes__then_the_recorded_median_and_no_other_price() public view {
        Vector[] memory vectors =
            abi.decode(vm.parseJson(vm.readFile("tests/vectors/chainlink_median.json"), ".cases"), (Vector[]));
        assertEq(vectors.length, 10);
        for (uint256 v = 0; v < vectors.length; v++) {
            for (uint256 i = 0; i < vectors[v].prices.length; i++) {
                Column[] memory columns = new Column[](7);
                for (uint256 f = 0; f < 7; f++) {
                    columns[f] = _raised(vectors[v].prices, i);
                }
                uint256[] memory drafts = _check(columns);
                bool right = vectors[v].prices[i] == vectors[v].ours;
                for (uint256 f = 0; f < 7; f++) {
                    assertEq(uint64(drafts[f]), right ? uint256(vectors[v].ours + 1000) : 0);
                }
            }
        }
    }

    // ---------------------------------------------------------------- the comparison

    function _check(Column[] memory columns) private view returns (uint256[] memory drafts) {
        uint256 reports = columns[0].prices.length;
        int256[] memory rows;
        (drafts, rows) = ranking.unpackNarrow(_pack(columns), reports, columns.length);
        for (uint256 f = 0; f < columns.length; f++) {
            assertEq(drafts[f], _expected(columns[f]));
            for (uint256 i = 0; i < reports; i++) {
                assertEq(rows[i * columns.length + f], int256(columns[f].prices[i]));
            }
        }
    }

    function _expected(Column memory c) private pure returns (uint256) {
        uint256 n = c.prices.length;
        Median.Tally memory t = Median.tally(c.prices, c.median % n);
        uint256 count = n << 176;
        if (!t.isMedian() || t.lowest != int64(c.base) + 1 || t.highest != c.prices[c.highest % n]) return count;
        uint256 named = uint64(t.named);
        if ((uint256(uint64(t.highest - t.lowest)) * 10_000 + named - 1) / named > 65_535) return count;
        return count | uint256(t.spreadBps()) << 160 | named;
    }

    function _pack(Column[] memory columns) private pure returns (bytes memory packed) {
        for (uint256 f = 0; f < columns.length; f++) {
            Column memory c = columns[f];
            packed = bytes.concat(packed, bytes1(c.median), bytes1(c.highest), bytes7(uint56(c.base)));
        }
        for (uint256 i = 0; i < columns[0].prices.length; i++) {
            packed = bytes.concat(packed, bytes32(type(uint256).max), bytes32(type(uint256).max));
            for (uint256 f = 0; f < columns.length; f++) {
                uint64 lane = uint64(columns[f].prices[i]) - columns[f].base - 1;
                packed = bytes.concat(packed, bytes5(uint40(lane | (i % 3 == 0 ? LANE_LIMIT : 0))));
            }
        }
    }

    // ---------------------------------------------------------------- dice

    /// @dev Mostly with the lowest price over the base and the right ones named.
    function _anyColumn(uint256 reports) private returns (Column memory c) {
        c.prices = new int64[](reports);
        c.base = uint64(_roll(_roll(2) == 0 ? 2 ** 56 : 2 ** 20));
        if (_roll(8) == 0) c.base = _roll(2) == 0 ? 0 : 2 ** 56 - 1;
        uint256 sides = _roll(3) == 0 ? LANE_LIMIT : 1 + _roll(1 + c.base / 100) % LANE_LIMIT;
        if (_roll(3) == 0) sides = 1 + _roll(4);
        for (uint256 i = 0; i < reports; i++) {
            uint256 lane = _roll(10) == 0 ? sides - 1 : _roll(sides);
            c.prices[i] = int64(int256(c.base + 1 + lane));
        }
        if (_roll(8) != 0) c.prices[_roll(reports)] = int64(c.base + 1);
        c.highest = uint8(_roll(8) == 0 ? _roll(256) : _highest(c.prices));
        c.median = uint8(_roll(8) == 0 ? _roll(256) : _median(c.prices, _roll(reports)));
    }

    function _highest(int64[] memory prices) private pure returns (uint256 position) {
        for (uint256 i = 1; i < prices.length; i++) {
            if (prices[i] > prices[position]) position = i;
        }
    }

    /// @dev The first median's position from `start` on, around the end.
    function _median(int64[] memory prices, uint256 start) private pure returns (uint256 position) {
        for (uint256 i = 0; i < prices.length; i++) {
            position = (start + i) % prices.length;
            if (Median.tally(prices, position).isMedian()) return position;
        }
    }

    function _raised(int256[] memory given, uint256 named) private pure returns (Column memory c) {
        c.prices = new int64[](given.length);
        int64 lowest = type(int64).max;
        for (uint256 i = 0; i < given.length; i++) {
            c.prices[i] = int64(given[i] + 1000);
            if (c.prices[i] < lowest) lowest = c.prices[i];
        }
        (c.base, c.median, c.highest) = (uint64(lowest) - 1, uint8(named), uint8(_highest(c.prices)));
    }

    function _roll(uint256 sides) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, rolls++))) % sides;
    }
}
