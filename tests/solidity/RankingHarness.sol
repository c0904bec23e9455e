// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ranking} from "contracts/libraries/Ranking.sol";

/// @dev `Ranking.unpack` reads calldata and answers with memory addresses; this hands over what lies there.
contract RankingHarness {
    function unpack(bytes calldata observations, uint256 reports, uint256 quorum, uint256 feeds)
        external
        pure
        returns (uint256[] memory words, int256[] memory rows)
    {
        (uint256 rowsAt, uint256 draftsAt) = Ranking.unpack(observations, reports, quorum, feeds);
        words = new uint256[](feeds);
        rows = new int256[](reports * feeds);
        assembly ("memory-safe") {
            mcopy(add(words, 32), draftsAt, shl(5, feeds))
            mcopy(add(rows, 32), rowsAt, shl(5, mul(reports, feeds)))
        }
    }

    function drafts(bytes calldata observations, uint256 reports, uint256 quorum, uint256 feeds)
        external
        pure
        returns (uint256[] memory all)
    {
        (, uint256 draftsAt) = Ranking.unpack(observations, reports, quorum, feeds);
        all = new uint256[](feeds);
        assembly ("memory-safe") {
            mcopy(add(all, 32), draftsAt, shl(5, feeds))
        }
    }
}
