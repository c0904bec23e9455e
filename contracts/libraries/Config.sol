// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice All that an update needs to know of the configuration, in one storage word; see `ConfigWords` for the layout.
type ConfigWord is uint256;

using ConfigWords for ConfigWord global;

/// @title The configuration packed into one word.
/// @dev From the most significant bit: unused 32, paused 8 (0 or 1), maxAge 8, reporterCount 8, quorum 8, configCount 32,
/// set 160, the contract whose code holds the reporters.
library ConfigWords {
    uint256 private constant COUNT_AT = 160;
    uint256 private constant QUORUM_AT = 192;
    uint256 private constant REPORTERS_AT = 200;
    uint256 private constant MAX_AGE_AT = 208;
    uint256 private constant PAUSED_AT = 216;

    function paused(ConfigWord word) internal pure returns (bool) {
        return ConfigWord.unwrap(word) >> PAUSED_AT != 0;
    }

    function maxAge(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> MAX_AGE_AT);
    }

    function reporterCount(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> REPORTERS_AT);
    }

    function quorum(ConfigWord word) internal pure returns (uint8) {
        return uint8(ConfigWord.unwrap(word) >> QUORUM_AT);
    }

    function configCount(ConfigWord word) internal pure returns (uint32) {
        return uint32(ConfigWord.unwrap(word) >> COUNT_AT);
    }

    function set(ConfigWord word) internal pure returns (address) {
        return address(uint160(ConfigWord.unwrap(word)));
    }

    function withPaused(ConfigWord word, bool paused_) internal pure returns (ConfigWord) {
        return _with(word, PAUSED_AT, type(uint8).max, paused_ ? 1 : 0);
    }

    function withMaxAge(ConfigWord word, uint8 maxAge_) internal pure returns (ConfigWord) {
        return _with(word, MAX_AGE_AT, type(uint8).max, maxAge_);
    }

    /// @notice Another reporter set; age limit and pause stay.
    function withSet(ConfigWord word, address set_, uint32 configCount_, uint8 quorum_, uint256 reporterCount_)
        internal
        pure
        returns (ConfigWord)
    {
        word = _with(word, 0, type(uint160).max, uint160(set_));
        word = _with(word, COUNT_AT, type(uint32).max, configCount_);
        word = _with(word, QUORUM_AT, type(uint8).max, quorum_);
        return _with(word, REPORTERS_AT, type(uint8).max, reporterCount_);
    }

    function _with(ConfigWord word, uint256 at, uint256 mask, uint256 value) private pure returns (ConfigWord) {
        return ConfigWord.wrap((ConfigWord.unwrap(word) & ~(mask << at)) | ((value & mask) << at));
    }
}
