// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Unpack a batch's prices and rank the ones named as medians.
/// @dev Assembly for the gas figures of bench/gas.md. The plain twin is tests/solidity/PlainAggregator.sol.
/// A position past the last report names whatever lies there. That is no harm: of n prices, k = floor(n / 2), at most k lie under
/// a median and at most n - 1 - k over it, so at least one is equal to it.
library Ranking {
    /// @dev The top bit of each of four lanes of 64 bits, and the lowest one.
    uint256 private constant TOP = 0x8000000000000000800000000000000080000000000000008000000000000000;
    uint256 private constant ONE = 0x0000000000000001000000000000000100000000000000010000000000000001;

    /// @notice Unpack the prices into memory and rank every feed's named one.
    /// @param observations packed as `IAggregator.update` says, its length checked
    /// @param quorum at most `reports`
    /// @param feeds at least 1
    /// @return drafts memory address of a word per feed: what its next round would be made of, which is the count, spread and
    /// answer in their places of a `RoundWord`; the answer is 0 where the named price is missing or not the median, or there are fewer than
    /// quorum prices. Behind them lie the prices, sign-extended to a word each: `feeds` words per report, without a gap
    function unpack(bytes calldata observations, uint256 reports, uint256 quorum, uint256 feeds)
        internal
        pure
        returns (uint256 drafts)
    {
        unchecked {
            uint256 position;
            uint256 word;
            assembly ("memory-safe") {
                position := observations.offset
                drafts := mload(0x40)
                word := add(drafts, shl(5, feeds))
                mstore(0x40, add(word, shl(5, mul(reports, feeds))))
            }
            uint256 stride = 64 + 8 * feeds;
            uint256 price = position + feeds + 64;
            uint256 draft = drafts;
            while (true) {
                if (feeds < 4) {
                    _one(draft, position, reports, quorum, price, stride, word);
                    if (--feeds == 0) break;
                    (draft, position, price, word) = (draft + 32, position + 1, price + 8, word + 32);
                    continue;
                }
                uint256 doubtful = _four(draft, position, reports, price, stride, word);
                for (uint256 i = 0; doubtful != 0; doubtful <<= 64) {
                    if (doubtful >> 255 != 0) {
                        _one(draft + 32 * i, position + i, reports, quorum, price + 8 * i, stride, word + 32 * i);
                    }
                    i++;
                }
                feeds -= 4;
                if (feeds == 0) break;
                (draft, position, price, word) = (draft + 128, position + 4, price + 32, word + 128);
            }
        }
    }

    /// @dev One feed: its column of prices starts at `price` in calldata and goes to `word` in memory.
    function _one(
        uint256 draft,
        uint256 position,
        uint256 reports,
        uint256 quorum,
        uint256 price,
        uint256 stride,
        uint256 word
    ) private pure {
        assembly ("memory-safe") {
            let named := sar(192, calldataload(add(price, mul(byte(0, calldataload(position)), stride))))
            named := mul(named, sgt(named, 0))
            // Where no price is named, 1 stands in: every price that is not positive lies under it and counts as an abstention.
            let pivot := add(named, iszero(named))
            let lowest := pivot
            let highest := pivot
            let below := 0
            let above := 0
            let rowBytes := shl(2, sub(stride, 64))
            for { let end := add(price, mul(stride, reports)) } lt(price, end) {
                price := add(price, stride)
                word := add(word, rowBytes)
            } {
                let p := sar(192, calldataload(price))
                mstore(word, p)
                if slt(p, pivot) {
                    if slt(p, lowest) {
                        if slt(p, 1) {
                            reports := sub(reports, 1)
                            continue
                        }
                        lowest := p
                    }
                    below := add(below, 1)
                    continue
                }
                if sgt(p, pivot) {
                    above := add(above, 1)
                    if gt(p, highest) { highest := p }
                }
            }
            let half := shr(1, reports)
            named := mul(named, gt(lt(add(above, half), reports), or(gt(below, half), lt(reports, quorum))))
            let bps := div(sub(add(mul(sub(highest, lowest), 10000), named), 1), named) // x / 0 is 0 here
            if gt(bps, 65535) { bps := 65535 }
            mstore(draft, or(or(shl(176, reports), shl(160, bps)), named))
        }
    }

    /// @dev Four neighbouring feeds, whose prices lie in one word of a report: four lanes of 64 bits, which one subtraction
    /// compares at once. With the top bit of a lane set on the left it stays set exactly when left >= right, and no lane borrows
    /// from the next. That needs prices without a top bit: if one is negative, all four feeds are doubtful.
    /// Internal for the proofs alone.
    /// @return doubtful the top bit of every lane whose draft is not to be used; the others are what `_one` would write
    function _four(uint256 draft, uint256 positions, uint256 reports, uint256 price, uint256 stride, uint256 word)
        internal
        pure
        returns (uint256 doubtful)
    {
        assembly ("memory-safe") {
            positions := calldataload(positions)
            let named := shr(192, calldataload(add(price, mul(byte(0, positions), stride))))
            named := or(shl(64, named), shr(192, calldataload(add(add(price, 8), mul(byte(1, positions), stride)))))
            named := or(shl(64, named), shr(192, calldataload(add(add(price, 16), mul(byte(2, positions), stride)))))
            named := or(shl(64, named), shr(192, calldataload(add(add(price, 24), mul(byte(3, positions), stride)))))
            let negative := named
            named := or(named, TOP)
            // Per lane: how many prices are not over the named one and, 32 bits higher, how many are under it. They start so
            // that with k = floor(reports / 2) bit 31 is set from k + 1 on and bit 63 is set from k + 1 on.
            let counts := mul(ONE, sub(0x7fffffff7fffffff, mul(0x100000001, shr(1, reports))))
            let rowBytes := shl(2, sub(stride, 64))
            let lowest := not(0) // always with the top bits
            let highest := 0
            for { let end := add(price, mul(stride, reports)) } lt(price, end) {
                price := add(price, stride)
                word := add(word, rowBytes)
            } {
                let four := calldataload(price)
                mstore(word, sar(192, four))
                mstore(add(word, 32), sar(192, shl(64, four)))
                mstore(add(word, 64), sar(192, shl(128, four)))
                mstore(add(word, 96), signextend(7, four))
                negative := or(negative, four)
                let d := sub(named, four)
                counts := add(counts, add(shr(63, and(d, TOP)), shr(31, and(sub(d, ONE), TOP))))
                // Lanes in which the difference survives give it, the others 0.
                d := sub(lowest, four)
                let survived := and(d, TOP)
                lowest := sub(lowest, and(d, sub(survived, shr(63, survived))))
                d := sub(or(four, TOP), highest)
                survived := and(d, TOP)
                highest := add(highest, and(d, sub(survived, shr(63, survived))))
            }
            // Right: k + 1 prices are not over the named one, at most k under it, none is 0, none negative.
            let right := and(and(shl(32, counts), not(counts)), sub(lowest, ONE))
            doubtful := and(or(not(right), mul(TOP, iszero(iszero(and(negative, TOP))))), TOP)
            for { let shift := 192 } 1 { shift := sub(shift, 64) } {
                let answer := and(shr(shift, named), 0x7fffffffffffffff)
                let range := and(sub(shr(shift, highest), shr(shift, lowest)), 0x7fffffffffffffff)
                let bps := div(sub(add(mul(range, 10000), answer), 1), answer)
                if gt(bps, 65535) { bps := 65535 }
                mstore(draft, or(or(shl(176, reports), shl(160, bps)), answer))
                draft := add(draft, 32)
                if iszero(shift) { break }
            }
        }
    }
}
