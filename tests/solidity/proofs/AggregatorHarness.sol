// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {ConfigWord} from "contracts/libraries/Config.sol";

/// @dev The aggregator with any words in its storage, and one draft at a time. Its owner is its deployer.
contract AggregatorHarness is Aggregator {
    constructor(address[] memory reporters_, uint8 quorum)
        Aggregator(msg.sender, reporters_, quorum, 60, new bytes32[](0), new uint8[](0))
    {}

    function setConfigWord(uint256 word) external {
        _config = ConfigWord.wrap(word);
    }

    function configWord() external view returns (uint256) {
        return ConfigWord.unwrap(_config);
    }

    function set(bytes32 feedId, uint256 latest) external {
        _write(feedId, 0, latest);
    }

    function setRing(bytes32 feedId, uint256 roundId, uint256 word) external {
        _write(feedId, 1 + roundId % RING, word);
    }

    function append(uint256 observedAt, bytes32 feedId, uint256 draft) external {
        this.appendAll(observedAt, _array(feedId), draft);
    }

    function appendAll(uint256 observedAt, bytes32[] calldata feedIds, uint256 draft) external {
        uint256 at;
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(0x40, add(at, 32))
            mstore(at, draft)
        }
        _append(observedAt, 7, feedIds, at);
    }

    function latestWord(bytes32 feedId) external view returns (uint256 word) {
        return _read(feedId, 0);
    }

    function ringWord(bytes32 feedId, uint256 roundId) external view returns (uint256 word) {
        return _read(feedId, 1 + roundId % RING);
    }

    function _array(bytes32 feedId) private pure returns (bytes32[] memory feedIds) {
        feedIds = new bytes32[](1);
        feedIds[0] = feedId;
    }

    function _write(bytes32 feedId, uint256 offset, uint256 word) private {
        bytes32 slot = keccak256(abi.encode(feedId, uint256(0)));
        assembly ("memory-safe") {
            sstore(add(slot, offset), word)
        }
    }

    function _read(bytes32 feedId, uint256 offset) private view returns (uint256 word) {
        bytes32 slot = keccak256(abi.encode(feedId, uint256(0)));
        assembly ("memory-safe") {
            word := sload(add(slot, offset))
        }
    }
}
