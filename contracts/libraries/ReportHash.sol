// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title What a reporter signs, per EIP-712. Twin of reporter/report.py; both read tests/vectors/report_hash.json.
library ReportHash {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");
    bytes32 internal constant REPORT_TYPEHASH = keccak256("Report(uint64 observedAt,bytes32[] feedIds,int64[] prices)");
    bytes32 internal constant NAME_HASH = keccak256("Spotline");
    bytes32 internal constant VERSION_HASH = keccak256("1");

    /// @notice Names one reporter set for ever: the count makes two equal sets at different times differ.
    function configDigest(uint32 configCount, address[] memory reporters, uint8 quorum)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(configCount, reporters, quorum));
    }

    /// @notice The EIP-712 domain, with the configuration as its salt.
    function domainSeparator(uint256 chainId, address verifyingContract, bytes32 digestOfConfig)
        internal
        pure
        returns (bytes32)
    {
        return
            keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chainId, verifyingContract, digestOfConfig));
    }

    /// @notice EIP-712 hash of an array member: its elements as 32-byte words. `encodePacked` pads array elements.
    function feedIdsHash(bytes32[] memory feedIds) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(feedIds));
    }

    /// @notice EIP-712 hash of the prices, each sign-extended to a word.
    function pricesHash(int64[] memory prices) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(prices));
    }

    /// @notice `hashStruct` of a report.
    function structHash(uint64 observedAt, bytes32[] memory feedIds, int64[] memory prices)
        internal
        pure
        returns (bytes32)
    {
        return structHash(observedAt, feedIdsHash(feedIds), pricesHash(prices));
    }

    /// @notice The same from the hashes of the arrays: a batch shares its feed ids.
    function structHash(uint64 observedAt, bytes32 hashOfFeedIds, bytes32 hashOfPrices)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(REPORT_TYPEHASH, observedAt, hashOfFeedIds, hashOfPrices));
    }

    /// @notice The 32 bytes under the signature.
    function digest(bytes32 separator, bytes32 hashOfStruct) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, hashOfStruct));
    }

    /// @notice The signer of an EIP-2098 signature, or zero. `vs` has room for 255 bits of s only, so the high-s twin of a
    /// signature cannot be written down.
    function recover(bytes32 hash, bytes32 r, bytes32 vs) internal pure returns (address) {
        bytes32 s = vs & bytes32(uint256(type(int256).max));
        uint8 v = uint8(uint256(vs) >> 255) + 27;
        return ecrecover(hash, v, r, s);
    }
}
