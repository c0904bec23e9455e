// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReportHash} from "contracts/libraries/ReportHash.sol";

/// @dev What tests/differential asks: the digests of many reports at once.
contract TwinProbe {
    struct Vector {
        uint256 chainId;
        address verifyingContract;
        uint32 configCount;
        address[] reporters;
        uint8 quorum;
        uint64 observedAt;
        bytes32[] feedIds;
        int64[] prices;
    }

    function digests(Vector[] calldata vectors) external pure returns (bytes32[] memory all) {
        all = new bytes32[](vectors.length);
        for (uint256 i = 0; i < vectors.length; i++) {
            all[i] = _digest(vectors[i]);
        }
    }

    function _digest(Vector calldata v) private pure returns (bytes32) {
        bytes32 config = ReportHash.configDigest(v.configCount, v.reporters, v.quorum);
        bytes32 separator = ReportHash.domainSeparator(v.chainId, v.verifyingContract, config);
        return ReportHash.digest(separator, ReportHash.structHash(v.observedAt, v.feedIds, v.prices));
    }
}
