// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {AggregatorHarness} from "./AggregatorHarness.sol";
import {Proof} from "./Proof.sol";

/// @dev A3 and A4: whatever the bytes of a batch, a feed changes only with a quorum of reports of which each recovers to the
/// reporter of its bit, hashed here in the plain way. halmos knows of ecrecover and keccak256 that equal inputs give equal
/// outputs, and nothing else.
contract SignatureProof is Proof {
    bytes32 private constant FEED = "BTC/USD";
    uint64 private constant NOW = 1_800_000_000;
    uint256 private constant PREVIOUS = 1 << 176;

    AggregatorHarness private aggregator;

    function setUp() public {
        aggregator = new AggregatorHarness(_three(), 2);
        aggregator.set(FEED, PREVIOUS);
        vm.warp(NOW);
    }

    function check_update__any_two_reports__changes_only_if_both_are_signed(
        uint256 bitmap,
        uint256 position,
        bytes32[2] calldata r,
        bytes32[2] calldata vs,
        int64[2] calldata prices
    ) external {
        bitmap = _concrete(bitmap, 7);
        position = _concrete(position, 2);
        bytes memory packed = abi.encodePacked(uint8(position));
        for (uint256 i = 0; i < 2; i++) {
            packed = bytes.concat(packed, r[i], vs[i], bytes8(uint64(prices[i])));
        }
        bytes32[] memory feedIds = new bytes32[](1);
        feedIds[0] = FEED;
        (bool success,) =
            address(aggregator).call(abi.encodeCall(IAggregator.update, (NOW, uint32(bitmap), feedIds, packed)));
        if (!success) {
            assert(aggregator.latestWord(FEED) == PREVIOUS);
            return;
        }
        assert(bitmap == 3 || bitmap == 5 || bitmap == 6);
        (uint256 first, uint256 second) = bitmap == 3 ? (11, 12) : bitmap == 5 ? (11, 13) : (12, 13);
        assert(_signer(feedIds, prices[0], r[0], vs[0]) == address(uint160(first)));
        assert(_signer(feedIds, prices[1], r[1], vs[1]) == address(uint160(second)));
    }

    function _signer(bytes32[] memory feedIds, int64 price, bytes32 r, bytes32 vs) private view returns (address) {
        int64[] memory prices = new int64[](1);
        prices[0] = price;
        bytes32 hash = ReportHash.structHash(NOW, feedIds, prices);
        return ReportHash.recover(ReportHash.digest(aggregator.domainSeparator(), hash), r, vs);
    }
}
