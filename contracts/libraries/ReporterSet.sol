// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SSTORE2} from "solady/src/utils/SSTORE2.sol";
import {IAggregator} from "../interfaces/IAggregator.sol";
import {ConfigWord} from "./Config.sol";
import {ReportHash} from "./ReportHash.sol";

/// @title The reporter set, kept as contract code: one 2,600-gas read for all of it instead of 2,100 per signer.
/// @dev Layout of the code after SSTORE2's STOP byte: `abi.encode(chainId, domainSeparator, configDigest, reporters)`.
library ReporterSet {
    /// @dev A bitmap and the median positions have room for more; 31 is OCR's limit and what the gas figures are for.
    uint256 internal constant MAX_REPORTERS = 31;

    struct Loaded {
        bytes32 domainSeparator;
        bytes32 configDigest;
        address[] reporters;
    }

    /// @notice Check a set and write it to code.
    function store(uint32 configCount, address[] memory reporters, uint8 quorum)
        internal
        returns (address pointer, bytes32 configDigest)
    {
        validate(reporters, quorum);
        configDigest = ReportHash.configDigest(configCount, reporters, quorum);
        bytes32 separator = ReportHash.domainSeparator(block.chainid, address(this), configDigest);
        pointer = SSTORE2.write(abi.encode(block.chainid, separator, configDigest, reporters));
    }

    /// @notice Read a set.
    function load(ConfigWord config) internal view returns (Loaded memory set) {
        uint256 firstReporter = read(config);
        (bytes32 separator, bytes32 digest) = (bytes32(0), bytes32(0));
        address[] memory reporters;
        assembly ("memory-safe") {
            separator := mload(sub(firstReporter, 0x80))
            digest := mload(sub(firstReporter, 0x60))
            // Their number comes before them, as in any array in memory.
            reporters := sub(firstReporter, 0x20)
        }
        return Loaded(separator, digest, reporters);
    }

    /// @notice Read a set as it is encoded, after rebuilding the domain separator when the chain has forked away from the id
    /// that it was made for.
    /// @return firstReporter its memory address: the others follow it, a word each, and the separator is 4 words before it
    function read(ConfigWord config) internal view returns (uint256 firstReporter) {
        (address pointer, uint256 n) = (config.set(), config.reporterCount());
        uint256 chainId;
        assembly ("memory-safe") {
            let code := mload(0x40)
            firstReporter := add(code, 0xa0)
            mstore(0x40, add(firstReporter, shl(5, n)))
            extcodecopy(pointer, code, 1, add(0xa0, shl(5, n)))
            chainId := mload(code)
        }
        if (chainId != block.chainid) _rebuild(firstReporter);
    }

    function _rebuild(uint256 firstReporter) private view {
        bytes32 configDigest;
        assembly ("memory-safe") {
            configDigest := mload(sub(firstReporter, 0x60))
        }
        bytes32 separator = ReportHash.domainSeparator(block.chainid, address(this), configDigest);
        assembly ("memory-safe") {
            mstore(sub(firstReporter, 0x80), separator)
        }
    }

    /// @notice 1 to 31 distinct addresses, none zero, and a quorum that any two batches share a reporter of.
    function validate(address[] memory reporters, uint8 quorum) internal pure {
        uint256 n = reporters.length;
        if (n == 0 || n > MAX_REPORTERS) revert IAggregator.ReporterCount(n, MAX_REPORTERS);
        if (2 * uint256(quorum) <= n || quorum > n) revert IAggregator.QuorumOutOfRange(quorum, n);
        for (uint256 i = 0; i < n; i++) {
            // ecrecover answers zero for garbage: a registered zero would let anyone sign.
            if (reporters[i] == address(0)) revert IAggregator.ZeroReporter(i);
            for (uint256 j = 0; j < i; j++) {
                if (reporters[j] == reporters[i]) revert IAggregator.DuplicateReporter(reporters[i]);
            }
        }
    }
}
