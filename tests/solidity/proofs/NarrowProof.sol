// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {NarrowRanking} from "contracts/libraries/NarrowRanking.sol";
import {Proof} from "./Proof.sol";

/// @dev `NarrowRanking.rank` of five lanes, from reports of exactly five feeds.
contract NarrowHarness {
    uint256 private constant USED = 0x0000007fffffffff7fffffffff7fffffffff7fffffffff7fffffffff00000000;

    /// @param reports 64 bytes that are not read and five lanes each
    /// @param bases what `_unfold` finds at 0x00 and 0x20
    function rank(bytes calldata reports, uint256 named, uint256 highest, uint256[2] calldata bases)
        external
        pure
        returns (uint256 wrong, uint256[] memory rows)
    {
        uint256 n = reports.length / 89;
        rows = new uint256[](5 * n + 1); // a price is stored with 24 bytes behind it
        uint256 price;
        uint256 word;
        assembly ("memory-safe") {
            price := add(reports.offset, 61)
            word := add(rows, 32)
            mstore(0x00, calldataload(bases))
            mstore(0x20, calldataload(add(bases, 32)))
        }
        wrong = NarrowRanking.rank(USED, named, highest, n, price, 89, word, 160);
    }
}

/// @dev `NarrowRanking.rank` for every lane, every named median and highest price and every base: no lane borrows from the next, a
/// lane is trusted exactly when the rule accepts it, and each price is written whole.
contract NarrowProof is Proof {
    uint256 private constant LANE = 2 ** 39 - 1;
    uint256 private constant TOP = 0x0000008000000000800000000080000000008000000000800000000000000000;

    NarrowHarness private lanes = new NarrowHarness();

    function check_rank__1_report(uint256[1] calldata words, uint256 named, uint256 highest, uint64[5] calldata bases)
        external
        view
    {
        uint256[] memory list = new uint256[](1);
        list[0] = words[0];
        _check(list, named, highest, bases);
    }

    function check_rank__2_reports(uint256[2] calldata words, uint256 named, uint256 highest, uint64[5] calldata bases)
        external
        view
    {
        uint256[] memory list = new uint256[](2);
        (list[0], list[1]) = (words[0], words[1]);
        _check(list, named, highest, bases);
    }

    function check_rank__3_reports(uint256[3] calldata words, uint256 named, uint256 highest, uint64[5] calldata bases)
        external
        view
    {
        uint256[] memory list = new uint256[](3);
        (list[0], list[1], list[2]) = (words[0], words[1], words[2]);
        _check(list, named, highest, bases);
    }

    function deep_rank__4_reports(uint256[4] calldata words, uint256 named, uint256 highest, uint64[5] calldata bases)
        external
        view
    {
        uint256[] memory list = new uint256[](4);
        (list[0], list[1], list[2], list[3]) = (words[0], words[1], words[2], words[3]);
        _check(list, named, highest, bases);
    }

    /// @param words the lanes of a report in their upper 25 bytes
    /// @param named the lanes named as medians, with anything beside them; so is `highest`, whose top bits say what fits
    function _check(uint256[] memory words, uint256 named, uint256 highest, uint64[5] calldata bases) private view {
        named &= TOP - (TOP >> 39);
        highest &= TOP | (TOP - (TOP >> 39));
        (uint256 wrong, uint256[] memory rows) = lanes.rank(_reports(words), named, highest, _bases(bases));
        assert(wrong & ~TOP == 0);
        for (uint256 lane = 0; lane < 5; lane++) {
            uint256 shift = 192 - 40 * lane;
            bool trusted = wrong >> shift + 39 & 1 == 0;
            bool right = _isRight(words, lane, named >> shift & LANE, highest >> shift & LANE);
            assert(_flag(trusted) == _flag(_and(right, highest >> shift + 39 & 1 == 1)));
            for (uint256 i = 0; i < words.length; i++) {
                assert(rows[5 * i + lane] == uint256(bases[lane] >> 7) + _lane(words[i], lane));
            }
        }
    }

    /// @dev None over the highest, one at the base, the named one with the median's rank.
    function _isRight(uint256[] memory words, uint256 lane, uint256 named, uint256 highest)
        private
        pure
        returns (bool)
    {
        uint256 n = words.length;
        (uint256 over, uint256 zero, uint256 below, uint256 above) = (0, 0, 0, 0);
        unchecked {
            for (uint256 i = 0; i < n; i++) {
                uint256 price = _lane(words[i], lane);
                over += _flag(price > highest);
                zero += _flag(price == 0);
                below += _flag(price < named);
                above += _flag(price > named);
            }
            return _and(_and(over == 0, zero > 0), _and(below <= n / 2, above <= n - 1 - n / 2));
        }
    }

    function _lane(uint256 word, uint256 lane) private pure returns (uint256) {
        return word >> (216 - 40 * lane) & LANE;
    }

    function _reports(uint256[] memory words) private pure returns (bytes memory packed) {
        for (uint256 i = 0; i < words.length; i++) {
            packed = bytes.concat(packed, new bytes(64), bytes25(bytes32(words[i])));
        }
    }

    /// @dev 57 bits each, as many as a base of seven bytes plus 1 has.
    function _bases(uint64[5] calldata b) private pure returns (uint256[2] memory) {
        uint256 even = uint256(b[0] >> 7) << 192 | uint256(b[2] >> 7) << 112 | uint256(b[4] >> 7) << 32;
        return [even, uint256(b[1] >> 7) << 80 | uint256(b[3] >> 7)];
    }
}
