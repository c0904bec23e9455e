// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {NarrowRanking} from "contracts/libraries/NarrowRanking.sol";
import {Ranking} from "contracts/libraries/Ranking.sol";

/// @dev `unpack` reads calldata and answers with a memory address; this hands over what lies there.
contract RankingHarness {
    function unpack(bytes calldata observations, uint256 reports, uint256 quorum, uint256 feeds)
        external
        pure
        returns (uint256[] memory words, int256[] memory rows)
    {
        return _copies(Ranking.unpack(observations, reports, quorum, feeds), reports, feeds);
    }

    function unpackNarrow(bytes calldata observations, uint256 reports, uint256 feeds)
        external
        pure
        returns (uint256[] memory words, int256[] memory rows)
    {
        return _copies(NarrowRanking.unpack(observations, reports, feeds), reports, feeds);
    }

    function drafts(bytes calldata observations, uint256 reports, uint256 quorum, uint256 feeds)
        external
        pure
        returns (uint256[] memory all)
    {
        return _copy(Ranking.unpack(observations, reports, quorum, feeds), feeds);
    }

    function draftsNarrow(bytes calldata observations, uint256 reports, uint256 feeds)
        external
        pure
        returns (uint256[] memory all)
    {
        return _copy(NarrowRanking.unpack(observations, reports, feeds), feeds);
    }

    function _copies(uint256 draftsAt, uint256 reports, uint256 feeds)
        private
        pure
        returns (uint256[] memory words, int256[] memory rows)
    {
        words = _copy(draftsAt, feeds);
        uint256[] memory unsigned = _copy(draftsAt + 32 * feeds, reports * feeds);
        assembly ("memory-safe") {
            rows := unsigned
        }
    }

    function _copy(uint256 from, uint256 count) private pure returns (uint256[] memory words) {
        words = new uint256[](count);
        assembly ("memory-safe") {
            mcopy(add(words, 32), from, shl(5, count))
        }
    }
}
