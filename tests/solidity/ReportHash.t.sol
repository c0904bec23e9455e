// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

contract ReportHashTest is AggregatorBase {
    /// @dev Keys of a vector in alphabetical order, as forge's JSON parser hands them over.
    struct Vector {
        uint256 chainId;
        uint32 configCount;
        bytes32 configDigest;
        bytes32 digest;
        bytes32 domainSeparator;
        bytes32[] feedIds;
        uint64 observedAt;
        int64[] prices;
        uint8 quorum;
        bytes32 r;
        address[] reporters;
        address signer;
        bytes32 structHash;
        address verifyingContract;
        bytes32 vs;
    }

    function setUp() public override {}

    function test_digest__vectors_made_by_eth_account__then_equal_to_the_bit() public view {
        bytes memory cases = vm.parseJson(vm.readFile("tests/vectors/report_hash.json"), ".cases");
        Vector[] memory vectors = abi.decode(cases, (Vector[]));
        assertTrue(vectors.length > 0, "no vectors");
        for (uint256 i = 0; i < vectors.length; i++) {
            _checkVector(vectors[i]);
        }
    }

    function testFuzz_structHash__any_report__then_equal_to_abi_encode_twin(
        uint64 observedAt,
        bytes32[] memory feedIds,
        int64[] memory prices
    ) public pure {
        (feedIds, prices) = _cut(feedIds, prices);
        bytes memory ids;
        for (uint256 i = 0; i < feedIds.length; i++) {
            ids = bytes.concat(ids, abi.encode(feedIds[i]));
        }
        bytes memory values;
        for (uint256 i = 0; i < prices.length; i++) {
            values = bytes.concat(values, abi.encode(prices[i]));
        }
        bytes32 typeHash = keccak256("Report(uint64 observedAt,bytes32[] feedIds,int64[] prices)");
        bytes32 twin = keccak256(abi.encode(typeHash, observedAt, keccak256(ids), keccak256(values)));
        assertEq(ReportHash.structHash(observedAt, feedIds, prices), twin);
    }

    /// @dev R-SIG-3: moving an element between the arrays, or a field, always moves the hash.
    function testFuzz_structHash__two_reports_that_differ__then_hashes_differ(
        uint64 atA,
        uint64 atB,
        bytes32[] memory idsA,
        bytes32[] memory idsB,
        int64[] memory pricesA,
        int64[] memory pricesB
    ) public pure {
        bool same = keccak256(abi.encode(atA, idsA, pricesA)) == keccak256(abi.encode(atB, idsB, pricesB));
        bytes32 a = ReportHash.structHash(atA, idsA, pricesA);
        assertTrue((a == ReportHash.structHash(atB, idsB, pricesB)) == same, "two reports, one hash");
    }

    function testFuzz_configDigest__two_configs_that_differ__then_digests_differ(
        uint32 countA,
        uint32 countB,
        address[] memory setA,
        address[] memory setB,
        uint8 quorumA,
        uint8 quorumB
    ) public pure {
        bool same =
            keccak256(abi.encode(countA, setA, quorumA)) == keccak256(abi.encode(countB, setB, quorumB));
        bytes32 a = ReportHash.configDigest(countA, setA, quorumA);
        assertTrue((a == ReportHash.configDigest(countB, setB, quorumB)) == same, "two sets, one digest");
    }

    function testFuzz_recover__signature_of_a_key__then_its_address(uint256 key, bytes32 digest) public pure {
        key = bound(key, 1, type(uint128).max);
        (bytes32 r, bytes32 vs) = _signDigest(key, digest);
        assertEq(ReportHash.recover(digest, r, vs), vm.addr(key));
    }

    function testFuzz_recover__other_digest__then_another_address(uint256 key, bytes32 digest, bytes32 other)
        public
        pure
    {
        vm.assume(digest != other);
        key = bound(key, 1, type(uint128).max);
        (bytes32 r, bytes32 vs) = _signDigest(key, digest);
        assertTrue(ReportHash.recover(other, r, vs) != vm.addr(key), "signature holds for another digest");
    }

    /// @dev The high-s twin (n - s, other parity) needs 256 bits; what is left of it in `vs` recovers to someone else.
    function testFuzz_recover__high_s_twin__then_not_the_signer(uint256 key, bytes32 digest) public pure {
        key = bound(key, 1, type(uint128).max);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 high = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - uint256(s);
        assertEq(ecrecover(digest, v == 27 ? 28 : 27, r, bytes32(high)), vm.addr(key));
        for (uint256 parity = 0; parity < 2; parity++) {
            bytes32 vs = bytes32(high & uint256(type(int256).max) | (parity << 255));
            assertTrue(ReportHash.recover(digest, r, vs) != vm.addr(key), "malleable");
        }
    }

    function _checkVector(Vector memory v) private pure {
        assertEq(ReportHash.configDigest(v.configCount, v.reporters, v.quorum), v.configDigest);
        assertEq(ReportHash.domainSeparator(v.chainId, v.verifyingContract, v.configDigest), v.domainSeparator);
        assertEq(ReportHash.structHash(v.observedAt, v.feedIds, v.prices), v.structHash);
        assertEq(ReportHash.digest(v.domainSeparator, v.structHash), v.digest);
        assertEq(ReportHash.recover(v.digest, v.r, v.vs), v.signer);
    }

    function _cut(bytes32[] memory feedIds, int64[] memory prices)
        private
        pure
        returns (bytes32[] memory ids, int64[] memory values)
    {
        ids = new bytes32[](feedIds.length % 32);
        values = new int64[](prices.length % 32);
        for (uint256 i = 0; i < ids.length; i++) {
            ids[i] = feedIds[i];
        }
        for (uint256 i = 0; i < values.length; i++) {
            values[i] = prices[i];
        }
    }
}
