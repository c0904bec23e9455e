// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ranking} from "contracts/libraries/Ranking.sol";
import {Proof} from "./Proof.sol";

/// @dev What `Ranking._four` says of four columns, from a batch of exactly four feeds.
contract LanesHarness {
    function four(bytes calldata observations, uint256 reports)
        external
        pure
        returns (uint256 doubtful, uint256[4] memory drafts, int256[] memory rows)
    {
        rows = new int256[](4 * reports);
        uint256 positions;
        uint256 draftsAt;
        uint256 rowsAt;
        assembly ("memory-safe") {
            positions := observations.offset
            draftsAt := drafts
            rowsAt := add(rows, 32)
        }
        doubtful = Ranking._four(draftsAt, positions, reports, positions + 68, 96, rowsAt);
    }
}

/// @dev `Ranking._four` for every four columns of int64 prices: no lane borrows from the next, and a lane is trusted exactly
/// when the rule of `IAggregator.update` accepts it and no price of the four columns is negative.
contract LanesProof is Proof {
    LanesHarness private lanes = new LanesHarness();

    function check_four__1_report(uint256[1] calldata words, uint256 first) external view {
        uint256[] memory list = new uint256[](1);
        list[0] = words[0];
        _check(list, first);
    }

    function check_four__2_reports(uint256[2] calldata words, uint256 first) external view {
        uint256[] memory list = new uint256[](2);
        (list[0], list[1]) = (words[0], words[1]);
        _check(list, first);
    }

    /// @dev Some minutes: not part of every `make prove`.
    function deep_four__3_reports(uint256[3] calldata words, uint256 first) external view {
        uint256[] memory list = new uint256[](3);
        (list[0], list[1], list[2]) = (words[0], words[1], words[2]);
        _check(list, first);
    }

    /// @param words the prices of a report, one per lane
    /// @param first the position that the first lane names; each other lane names the next one, past the end comes 0
    function _check(uint256[] memory words, uint256 first) private view {
        uint256 n = words.length;
        first = _concrete(first, n);
        bytes memory packed = new bytes(4);
        for (uint256 lane = 0; lane < 4; lane++) {
            packed[lane] = bytes1(uint8((first + lane) % (n + 1)));
        }
        for (uint256 i = 0; i < n; i++) {
            packed = bytes.concat(packed, new bytes(64), bytes32(words[i]));
        }
        (uint256 doubtful, uint256[4] memory drafts, int256[] memory rows) = lanes.four(packed, n);
        assert(doubtful & ~uint256(0x8000000000000000800000000000000080000000000000008000000000000000) == 0);
        for (uint256 lane = 0; lane < 4; lane++) {
            bool trusted = doubtful >> (255 - 64 * lane) & 1 == 0;
            _checkLane(words, lane, (first + lane) % (n + 1), trusted, drafts[lane]);
            for (uint256 i = 0; i < n; i++) {
                assert(rows[4 * i + lane] == _price(words[i], lane));
            }
        }
    }

    function _checkLane(uint256[] memory words, uint256 lane, uint256 position, bool trusted, uint256 draft)
        private
        pure
    {
        uint256 n = words.length;
        uint256 negative = 0;
        for (uint256 i = 0; i < n; i++) {
            negative |= words[i] & 0x8000000000000000800000000000000080000000000000008000000000000000;
        }
        int256 named = position < n ? _price(words[position], lane) : int256(0);
        bool right = _and(negative == 0, _isMedian(words, lane, named));
        assert(_flag(trusted) == _flag(right));
        assert(uint64(draft) == uint256(named) & uint256(uint64(type(int64).max)));
        assert(draft >> 176 == n);
    }

    /// @dev All prices of the lane positive, the named one among them with the median's rank.
    function _isMedian(uint256[] memory words, uint256 lane, int256 named) private pure returns (bool) {
        uint256 n = words.length;
        (uint256 zero, uint256 below, uint256 above) = (0, 0, 0);
        unchecked {
            for (uint256 i = 0; i < n; i++) {
                int256 price = _price(words[i], lane);
                zero += _flag(price <= 0);
                below += _flag(price < named);
                above += _flag(price > named);
            }
            return _and(_and(zero == 0, named > 0), _and(below <= n / 2, above <= n - 1 - n / 2));
        }
    }

    function _price(uint256 word, uint256 lane) private pure returns (int256) {
        return int64(uint64(word >> (192 - 64 * lane)));
    }
}
