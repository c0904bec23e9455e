// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base} from "./Base.sol";
import {Median} from "./Median.sol";
import {RankingHarness} from "./RankingHarness.sol";

/// @dev Every draft of `Ranking.unpack` against the plain rule of Median.sol, feed by feed.
contract RankingTest is Base {
    using Median for Median.Tally;

    RankingHarness private ranking = new RankingHarness();
    uint256 private seed;
    uint256 private rolls;

    /// @dev Keys of a vector in alphabetical order, as forge's JSON parser hands them over.
    struct Vector {
        int256 chainlink;
        string name;
        int256 ours;
        int256[] prices;
    }

    /// forge-config: default.fuzz.runs = 3000
    function testFuzz_unpack__positive_prices__then_lanes_give_what_the_rule_gives(uint256 seed_) public {
        (seed, rolls) = (seed_, 0);
        uint256 sides = 1 + _roll(2) * 2 ** 40;
        int64[][] memory columns = _columns();
        for (uint256 f = 0; f < columns.length; f++) {
            for (uint256 i = 0; i < columns[f].length; i++) {
                columns[f][i] = int64(int256(1 + _roll(sides + 3)));
            }
        }
        _check(columns, _positions(columns), 1 + _roll(columns[0].length));
    }

    /// forge-config: default.fuzz.runs = 3000
    function testFuzz_unpack__any_prices__then_drafts_and_rows_are_those_of_the_rule(uint256 seed_) public {
        (seed, rolls) = (seed_, 0);
        int64[][] memory columns = _columns();
        for (uint256 f = 0; f < columns.length; f++) {
            uint256 kind = _roll(4);
            for (uint256 i = 0; i < columns[f].length; i++) {
                columns[f][i] = _anyPrice(kind);
            }
        }
        _check(columns, _positions(columns), 1 + _roll(columns[0].length));
    }

    /// @dev Chainlink's published lists, shifted so that none is 0, in every lane: each price is named once.
    function test_unpack__chainlinks_lists_in_lanes__then_the_recorded_median_and_no_other_price() public view {
        Vector[] memory vectors =
            abi.decode(vm.parseJson(vm.readFile("tests/vectors/chainlink_median.json"), ".cases"), (Vector[]));
        assertEq(vectors.length, 10);
        for (uint256 v = 0; v < vectors.length; v++) {
            int64[][] memory columns = new int64[][](5);
            for (uint256 f = 0; f < 5; f++) {
                columns[f] = _raised(vectors[v].prices);
            }
            for (uint256 i = 0; i < columns[0].length; i++) {
                bool right = vectors[v].prices[i] == vectors[v].ours;
                uint256[] memory drafts = _check(columns, _all(5, i), columns[0].length);
                for (uint256 f = 0; f < 5; f++) {
                    assertEq(uint64(drafts[f]), right ? uint256(vectors[v].ours + 1) : 0);
                }
            }
        }
    }

    // ---------------------------------------------------------------- the comparison

    /// @param quorum at most the number of reports: a batch with fewer is refused before
    function _check(int64[][] memory columns, uint256[] memory positions, uint256 quorum)
        private
        view
        returns (uint256[] memory drafts)
    {
        uint256 reports = columns[0].length;
        int256[] memory rows;
        (drafts, rows) = ranking.unpack(_pack(columns, positions), reports, quorum, columns.length);
        for (uint256 f = 0; f < columns.length; f++) {
            assertEq(drafts[f], _expected(columns[f], positions[f], quorum));
            for (uint256 i = 0; i < reports; i++) {
                assertEq(rows[i * columns.length + f], int256(columns[f][i]));
            }
        }
    }

    function _expected(int64[] memory prices, uint256 position, uint256 quorum) private pure returns (uint256) {
        Median.Tally memory t = Median.tally(prices, position);
        uint256 count = uint256(t.count) << 176;
        if (!t.isMedian() || t.count < quorum) return count;
        return count | uint256(t.spreadBps()) << 160 | uint64(t.named);
    }

    function _pack(int64[][] memory columns, uint256[] memory positions) private pure returns (bytes memory packed) {
        for (uint256 f = 0; f < positions.length; f++) {
            packed = bytes.concat(packed, bytes1(uint8(positions[f])));
        }
        for (uint256 i = 0; i < columns[0].length; i++) {
            packed = bytes.concat(packed, bytes32(type(uint256).max), bytes32(type(uint256).max));
            for (uint256 f = 0; f < columns.length; f++) {
                packed = bytes.concat(packed, bytes8(uint64(columns[f][i])));
            }
        }
    }

    // ---------------------------------------------------------------- dice

    function _columns() private returns (int64[][] memory columns) {
        uint256 reports = 1 + _roll(_roll(2) == 0 ? 7 : 31);
        columns = new int64[][](1 + _roll(9));
        for (uint256 f = 0; f < columns.length; f++) {
            columns[f] = new int64[](reports);
        }
    }

    /// @dev Mostly the median's.
    function _positions(int64[][] memory columns) private returns (uint256[] memory positions) {
        positions = new uint256[](columns.length);
        for (uint256 f = 0; f < positions.length; f++) {
            positions[f] = _roll(8) == 0 ? _roll(256) : _roll(columns[f].length);
            if (_roll(3) != 0) positions[f] = _medianFrom(columns[f], _roll(columns[f].length));
        }
    }

    /// @dev The first median's position from `start` on, around the end; `start` if there is none.
    function _medianFrom(int64[] memory prices, uint256 start) private pure returns (uint256) {
        for (uint256 i = 0; i < prices.length; i++) {
            uint256 position = (start + i) % prices.length;
            if (Median.tally(prices, position).isMedian()) return position;
        }
        return start;
    }

    /// @dev Anything, ties with abstentions, negatives among few, the extremes.
    function _anyPrice(uint256 kind) private returns (int64) {
        if (kind == 0) return int64(uint64(_roll(2 ** 64)));
        if (kind == 1) return int64(int256(_roll(4)));
        if (kind == 2) return int64(int256(_roll(30))) - 1;
        uint256 which = _roll(8);
        if (which < 2) return which == 0 ? type(int64).min : int64(0);
        return which < 5 ? type(int64).max : int64(int256(which - 4));
    }

    function _roll(uint256 sides) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, rolls++))) % sides;
    }

    function _raised(int256[] memory given) private pure returns (int64[] memory prices) {
        prices = new int64[](given.length);
        for (uint256 i = 0; i < given.length; i++) {
            prices[i] = int64(given[i] + 1);
        }
    }

    function _all(uint256 n, uint256 value) private pure returns (uint256[] memory all) {
        all = new uint256[](n);
        for (uint256 i = 0; i < n; i++) {
            all[i] = value;
        }
    }
}
