// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {Base} from "./Base.sol";

/// @dev tests/vectors/report_ethers.json, written by tools/ethers_vectors.mjs; tests/unit/test_vectors_ethers.py reads it too.
contract EthersVectorsTest is Base {
    /// @dev Keys of a vector in alphabetical order, as forge's JSON parser hands them over.
    struct Vector {
        uint256 chainId;
        uint32 configCount;
        bytes32 configDigest;
        bytes32 digest;
        bytes32 domainSeparator;
        bytes32[] feedIds;
        uint64 observedAt;
        string payload;
        int64[] prices;
        uint8 quorum;
        bytes32 r;
        address[] reporters;
        address signer;
        bytes32 structHash;
        address verifyingContract;
        bytes32 vs;
    }

    function test_digest__vectors_made_by_ethers__then_equal_to_the_bit() public view {
        _checkAll(".cases", 40);
    }

    /// @dev No reporter of ours signs one, but a reporter might: the hash must still be that of its int64.
    function test_digest__negative_prices_signed_by_ethers__then_equal_to_the_bit() public view {
        _checkAll(".negative", 4);
    }

    function _checkAll(string memory key, uint256 least) private view {
        bytes memory found = vm.parseJson(vm.readFile("tests/vectors/report_ethers.json"), key);
        Vector[] memory vectors = abi.decode(found, (Vector[]));
        assertTrue(vectors.length >= least, "too few vectors");
        for (uint256 i = 0; i < vectors.length; i++) {
            _check(vectors[i]);
        }
    }

    function _check(Vector memory v) private pure {
        assertEq(ReportHash.configDigest(v.configCount, v.reporters, v.quorum), v.configDigest);
        assertEq(ReportHash.domainSeparator(v.chainId, v.verifyingContract, v.configDigest), v.domainSeparator);
        assertEq(ReportHash.structHash(v.observedAt, v.feedIds, v.prices), v.structHash);
        assertEq(ReportHash.digest(v.domainSeparator, v.structHash), v.digest);
        assertEq(ReportHash.recover(v.digest, v.r, v.vs), v.signer);
    }
}
