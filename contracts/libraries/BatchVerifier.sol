// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "../interfaces/IAggregator.sol";
import {ConfigWord} from "./Config.sol";
import {ReporterSet} from "./ReporterSet.sol";

/// @title Whether every report of a batch is signed by the reporter of its bit.
/// @dev The plain twin is `_verify` of tests/solidity/PlainAggregator.sol; Differential.t.sol compares the two.
library BatchVerifier {
    /// @dev `ReportHash.REPORT_TYPEHASH`, as a literal for the assembly.
    bytes32 private constant REPORT_TYPEHASH = 0x5ce576004526d027d0f4f56747a90a1af501374aa4da5f44a064d8bfcc2d1a59;

    /// @notice Revert `InvalidSignature` with the lowest reporter whose signature is not his. Bits ascend, so none counts twice.
    /// @param config names the set, which has a reporter for every bit
    /// @param report where in calldata the first report is
    /// @param stride how many bytes there are from a report to the next one
    /// @param drafts memory address of a word per feed, behind which lie the prices: `feedIds.length` words per report
    function verify(
        ConfigWord config,
        uint256 observedAt,
        uint256 bitmap,
        bytes32[] calldata feedIds,
        uint256 report,
        uint256 stride,
        uint256 drafts
    ) internal view {
        uint256 firstReporter = ReporterSet.read(config);
        uint256 m;
        assembly ("memory-safe") {
            let rowBytes := shl(5, feedIds.length)
            drafts := add(drafts, rowBytes)
            m := mload(0x40)
            calldatacopy(m, feedIds.offset, rowBytes)
            mstore(add(m, 0x40), keccak256(m, rowBytes))
            mstore(m, REPORT_TYPEHASH)
            mstore(add(m, 0x20), observedAt)
            mstore(add(m, 0x80), 0x1901)
            mstore(add(m, 0xa0), mload(sub(firstReporter, 0x80)))
        }
        uint256 failed = _firstFailure(m, firstReporter, bitmap, report, stride, drafts, feedIds.length);
        unchecked {
            if (failed != 0) revert IAggregator.InvalidSignature((failed - firstReporter) / 32);
        }
    }

    /// @dev Memory from `m` on: typehash, observedAt, hash of the feed ids, hash of the prices, of which the hash is the report's;
    /// then 0x1901, domain separator, hash of the report, of which the hash is the digest.
    /// @return failed where in memory the reporter is whose signature failed, or 0
    function _firstFailure(
        uint256 m,
        uint256 reporter,
        uint256 bits,
        uint256 report,
        uint256 stride,
        uint256 row,
        uint256 feeds
    ) private view returns (uint256 failed) {
        assembly ("memory-safe") {
            let rowBytes := shl(5, feeds)
            let pricesHash := add(m, 0x60)
            let prefixed := add(m, 0x9e)
            let structHash := add(m, 0xc0)
            for {} bits {
                bits := shr(1, bits)
                reporter := add(reporter, 32)
            } {
                if and(bits, 1) {
                    mstore(pricesHash, keccak256(row, rowBytes))
                    mstore(structHash, keccak256(m, 0x80))
                    // The call's input is the digest, v, r and s.
                    mstore(0x00, keccak256(prefixed, 0x42))
                    let vs := calldataload(add(report, 32))
                    mstore(0x20, add(27, shr(255, vs)))
                    mstore(0x40, calldataload(report))
                    mstore(0x60, and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff))
                    // A recovery that fails returns nothing and leaves the digest, which is no address.
                    pop(staticcall(gas(), 1, 0x00, 0x80, 0x00, 0x20))
                    if xor(mload(0x00), mload(reporter)) {
                        failed := reporter
                        break
                    }
                    row := add(row, rowBytes)
                    report := add(report, stride)
                }
            }
            mstore(0x40, m)
            mstore(0x60, 0)
        }
    }
}
