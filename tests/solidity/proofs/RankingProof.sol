// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ranking} from "contracts/libraries/Ranking.sol";
import {RankingHarness} from "../RankingHarness.sol";
import {Proof} from "./Proof.sol";

/// @dev `Ranking` for every int64 price. The rule is written once more, without branches.
contract RankingProof is Proof {
    RankingHarness private ranking = new RankingHarness();

    function check_one__1_price(int64[1] calldata p, uint256 position) external view {
        _one(_list1(p), position);
    }

    function check_one__2_prices(int64[2] calldata p, uint256 position) external view {
        _one(_list2(p), position);
    }

    function check_one__3_prices(int64[3] calldata p, uint256 position) external view {
        _one(_list3(p), position);
    }

    /// @dev One feed. A position past the end stands for all of them.
    function _one(int64[] memory prices, uint256 position) private view {
        position = _concrete(position, prices.length);
        bytes memory packed = abi.encodePacked(uint8(position));
        for (uint256 i = 0; i < prices.length; i++) {
            packed = bytes.concat(packed, new bytes(64), bytes8(uint64(prices[i])));
        }
        uint256 draft = ranking.drafts(packed, prices.length, 1, 1)[0];
        assert(uint64(draft) == _answer(prices, position));
        assert(draft >> 176 == _positive(prices));
    }

    function _positive(int64[] memory prices) private pure returns (uint256 count) {
        unchecked {
            for (uint256 i = 0; i < prices.length; i++) {
                count += _flag(prices[i] > 0);
            }
        }
    }

    /// @dev The named price if it is positive, with at most floor(m / 2) under it and at most m - 1 - floor(m / 2) over it.
    function _answer(int64[] memory prices, uint256 position) private pure returns (uint256) {
        if (position >= prices.length) return 0;
        int64 named = prices[position];
        uint256 below = 0;
        uint256 above = 0;
        unchecked {
            for (uint256 i = 0; i < prices.length; i++) {
                below += _flag(_and(prices[i] > 0, prices[i] < named));
                above += _flag(prices[i] > named);
            }
            uint256 m = _positive(prices);
            bool right = _and(named > 0, _and(below <= m / 2, above + m / 2 < m));
            return uint256(uint64(named)) * _flag(right);
        }
    }

    function _list1(int64[1] calldata p) private pure returns (int64[] memory list) {
        list = new int64[](1);
        list[0] = p[0];
    }

    function _list2(int64[2] calldata p) private pure returns (int64[] memory list) {
        list = new int64[](2);
        (list[0], list[1]) = (p[0], p[1]);
    }

    function _list3(int64[3] calldata p) private pure returns (int64[] memory list) {
        list = new int64[](3);
        (list[0], list[1], list[2]) = (p[0], p[1], p[2]);
    }
}
