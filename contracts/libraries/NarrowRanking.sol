// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title `Ranking` for the narrow packing: five bytes a price, five feeds of a report compared at once.
/// @dev Assembly for the gas figures of bench/gas.md. The plain twin is tests/solidity/PlainAggregator.sol.
/// Five neighbouring prices of a report are five lanes of 40 bits in a word, the first one highest, 24 bits to their left and 32 to
/// their right. A lane is the price less the feed's base less 1. Its top bit is not read: it serves the comparison. Set on the left of a
/// subtraction it stays set exactly when left >= right, and no lane borrows from the next.
/// Nothing in the packing has to be true. Its prices are the ones that are hashed, so they are the signed ones or the batch is
/// refused; and a feed has an answer only if its base, its named median and its named highest price are right.
library NarrowRanking {
    /// @dev Of each of the five lanes: the lowest bit, the top bit, the bits below the top bit.
    uint256 private constant ONE = 0x0000000000000001000000000100000000010000000001000000000100000000;
    uint256 private constant TOP = 0x0000008000000000800000000080000000008000000000800000000000000000;
    uint256 private constant LANES = 0x0000007fffffffff7fffffffff7fffffffff7fffffffff7fffffffff00000000;
    uint256 private constant LANE = 0x7fffffffff;
    uint256 private constant BASE = 0xffffffffffffff;
    /// @dev The first, third and fifth lane where they lie; the second and fourth one, 72 bits lower.
    uint256 private constant EVEN = 0x000000ffffffffff0000000000ffffffffff0000000000ffffffffff00000000;
    uint256 private constant ODD = 0x0000000000000000000000000000000000ffffffffff0000000000ffffffffff;
    uint256 private constant LOWEST_64 = 0xffffffffffffffff;

    /// @notice Unpack the prices into memory and rank every feed's named median.
    /// @param observations packed narrowly as `IAggregator.update` says, its length checked
    /// @param reports at least quorum
    /// @param feeds at least 1
    /// @return drafts memory address of a word per feed, as `Ranking.unpack` makes them; behind them lie the prices, a word each:
    /// `feeds` words per report, without a gap
    function unpack(bytes calldata observations, uint256 reports, uint256 feeds)
        internal
        pure
        returns (uint256 drafts)
    {
        unchecked {
            uint256 head;
            assembly ("memory-safe") {
                head := observations.offset
                drafts := mload(0x40)
                // Five words more: a group of fewer than five feeds writes zeros for those it lacks.
                mstore(0x40, add(drafts, shl(5, add(5, mul(add(reports, 1), feeds)))))
            }
            // The last feeds first, for those zeros fall on what is written later.
            uint256 lanes = (feeds - 1) % 5 + 1;
            for (uint256 i = feeds - lanes;; i -= 5) {
                uint256 price = head + 9 * feeds + 64 + 5 * i;
                uint256 wrong = _group(lanes, drafts + 32 * i, head + 9 * i, reports, price, feeds);
                for (uint256 draft = drafts + 32 * i; wrong != 0; wrong = wrong << 40 & TOP) {
                    if (wrong >> 231 != 0) _refuse(draft, reports);
                    draft += 32;
                }
                if (i == 0) return drafts;
                lanes = 5;
            }
        }
    }

    function _refuse(uint256 draft, uint256 reports) private pure {
        assembly ("memory-safe") {
            mstore(draft, shl(176, reports))
        }
    }

    /// @dev One to five neighbouring feeds.
    /// @return the top bit of every lane whose draft is not to be used
    function _group(uint256 lanes, uint256 draft, uint256 head, uint256 reports, uint256 price, uint256 feeds)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 stride = 64 + 5 * feeds;
            (uint256 named, uint256 highest) = _heads(lanes, draft, head, reports, price, stride);
            lanes = LANES << 40 * (5 - lanes) & LANES;
            feeds *= 32;
            draft += feeds;
            return rank(lanes, named, highest, reports, price - 3, stride, draft, feeds);
        }
    }

    /// @dev Write the drafts as they are if all that is named is right, and the feeds' bases + 1 to 0x00 and 0x20, as `_unfold`
    /// wants them: 80 bits each, those of the odd lanes 32 bits lower.
    /// @return named the lanes of the named medians
    /// @return highest the lanes of the named highest prices; the top bit is set if the spread fits into a draft
    function _heads(uint256 lanes, uint256 draft, uint256 head, uint256 reports, uint256 price, uint256 stride)
        private
        pure
        returns (uint256 named, uint256 highest)
    {
        assembly ("memory-safe") {
            let even := 0
            let odd := 0
            for { let end := add(price, mul(5, lanes)) } iszero(eq(price, end)) {} {
                let h := calldataload(head)
                head := add(head, 9)
                let base := add(and(shr(184, h), BASE), 1)
                {
                    // Positions modulo the reports, so that they name prices of this batch.
                    let answer := and(shr(216, calldataload(add(price, mul(mod(byte(0, h), reports), stride)))), LANE)
                    named := or(shl(40, named), answer)
                    answer := add(base, answer)
                    let range := and(shr(216, calldataload(add(price, mul(mod(byte(1, h), reports), stride)))), LANE)
                    let bps := div(sub(add(mul(range, 10000), answer), 1), answer)
                    mstore(draft, or(shl(160, or(shl(16, reports), bps)), answer))
                    highest := or(shl(40, highest), or(range, shl(39, lt(bps, 65536))))
                }
                price := add(price, 5)
                draft := add(draft, 32)
                base := or(shl(80, even), base)
                even := odd
                odd := base
            }
            for {} lt(lanes, 5) { lanes := add(lanes, 1) } {
                named := shl(40, named)
                highest := shl(40, highest)
                let next := shl(80, even)
                even := odd
                odd := next
            }
            mstore(0x00, shl(32, odd))
            mstore(0x20, even)
            named := shl(32, named)
            highest := shl(32, highest)
        }
    }

    /// @dev Compare and unfold the lanes of all reports, two reports at a time for the gas of the loop. Internal for the proofs alone.
    /// @param used `LANES`, without the lanes that have no feed
    /// @param price 3 bytes before the lanes of the first report
    /// @param word where the first report's prices go
    /// @return counts the top bit of every lane whose draft is not to be used
    function rank(
        uint256 used,
        uint256 named,
        uint256 highest,
        uint256 reports,
        uint256 price,
        uint256 stride,
        uint256 word,
        uint256 rowBytes
    ) internal pure returns (uint256 counts) {
        unchecked {
            uint256 right = highest;
            highest |= TOP;
            named |= TOP;
            // How many prices are not over the named one, from the top bit up, and how many are under it, 20 bits lower. They start
            // so that with k = floor(reports / 2) the bit 5 places higher is set from k + 1 on.
            counts = (TOP | TOP >> 20) * (31 - reports / 2);
            uint256 lowest = 0;
            if (reports & 1 != 0) {
                uint256 five = _lanes(price, used);
                right &= highest - five;
                lowest = TOP - five;
                _unfold(word, five);
                five = named - five;
                counts += (five & TOP) + ((five - ONE & TOP) >> 20);
                price += stride;
                word += rowBytes;
            }
            reports = price + stride * (reports & 30);
            assembly ("memory-safe") {
                for {} iszero(eq(price, reports)) {} {
                    let five := and(calldataload(price), used)
                    let next := and(calldataload(add(price, stride)), used)
                    price := add(price, shl(1, stride))
                    // Its top bit stays in lanes that are never over the highest one, and comes in lanes that are once 0.
                    right := and(right, and(sub(highest, five), sub(highest, next)))
                    lowest := or(lowest, or(sub(TOP, five), sub(TOP, next)))
                    {
                        let even := add(and(five, EVEN), mload(0x00))
                        let odd := add(and(shr(72, five), ODD), mload(0x20))
                        mstore(add(word, 24), even)
                        mstore(add(word, 32), shr(80, odd))
                        mstore(add(word, 88), shl(80, even))
                        mstore(add(word, 96), and(odd, LOWEST_64))
                        mstore(add(word, 152), shl(160, even))
                    }
                    word := add(word, rowBytes)
                    {
                        let even := add(and(next, EVEN), mload(0x00))
                        let odd := add(and(shr(72, next), ODD), mload(0x20))
                        mstore(add(word, 24), even)
                        mstore(add(word, 32), shr(80, odd))
                        mstore(add(word, 88), shl(80, even))
                        mstore(add(word, 96), and(odd, LOWEST_64))
                        mstore(add(word, 152), shl(160, even))
                    }
                    word := add(word, rowBytes)
                    five := sub(named, five)
                    next := sub(named, next)
                    counts := add(counts, add(and(five, TOP), and(next, TOP)))
                    counts := add(counts, shr(20, add(and(sub(five, ONE), TOP), and(sub(next, ONE), TOP))))
                }
            }
            right &= lowest & counts >> 5 & ~(counts << 15);
            return ~right & used + ONE & TOP;
        }
    }

    function _lanes(uint256 price, uint256 used) private pure returns (uint256 five) {
        assembly ("memory-safe") {
            five := and(calldataload(price), used)
        }
    }

    /// @dev Add the bases to five lanes and write them as five words. A price that is stored 24 bytes into its word needs no bits cut off: what follows it
    /// falls on the zeros of the next word, which is stored after it. The zeros of the third and fifth word are not written: that
    /// memory is new.
    function _unfold(uint256 word, uint256 five) private pure {
        assembly ("memory-safe") {
            let even := add(and(five, EVEN), mload(0x00))
            let odd := add(and(shr(72, five), ODD), mload(0x20))
            mstore(add(word, 24), even)
            mstore(add(word, 32), shr(80, odd))
            mstore(add(word, 88), shl(80, even))
            mstore(add(word, 96), and(odd, LOWEST_64))
            mstore(add(word, 152), shl(160, even))
        }
    }
}
