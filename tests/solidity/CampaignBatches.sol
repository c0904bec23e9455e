// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Aggregator} from "contracts/Aggregator.sol";
import {Feed} from "contracts/Feed.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {CampaignModel} from "./CampaignModel.sol";

/// @dev Random batches of honest prices, signed cheaply; and how often each action did what it is for.
abstract contract CampaignBatches is CampaignModel {
    uint256 internal constant POOL = 8;
    uint256 internal constant KEPT = 4;
    /// @dev A pause ends by itself after so many more actions, or a campaign would stand still.
    uint256 internal constant PAUSE_LASTS = 1;
    address internal constant PAUSER = address(0xBEEF);
    address internal constant MANAGER = address(0xFEED);
    address internal constant STRANGER = address(0xBAD);

    bytes32[] internal actions;
    mapping(bytes32 action => uint256) public calls;
    mapping(bytes32 action => uint256) public successes;
    bytes32 private _action;
    uint256 private _played;
    uint256 private _random;
    uint256 private _pausedFor;

    uint256[] internal pool;
    address[] internal poolAddresses;
    /// @dev Of the pool, where the present set begins.
    uint256 internal first;
    /// @dev Encoded batches for replay, the newest in place of the oldest.
    bytes[KEPT] internal kept;
    uint256 internal keeps;

    constructor() {
        vm.warp(START);
        aggregator = _deploy(4, 3);
        sibling = _deploy(4, 3);
        face = new Feed(aggregator, BTC);
        for (uint256 i = 1; i <= POOL; i++) {
            pool.push(i * 7919);
            poolAddresses.push(vm.addr(i * 7919));
        }
        members = _addresses();
        maxAge = MAX_AGE;
        _believeConfig(3);
        _believeFeed(BTC);
        _believeFeed(ETH);
        vm.prank(OWNER);
        aggregator.setPauser(PAUSER);
        vm.prank(OWNER);
        aggregator.setFeedManager(MANAGER);
    }

    function setUp() public override {}

    // ---------------------------------------------------------------- actions

    /// @dev Time goes on with every action; the seed decides all that the action draws.
    modifier plays(bytes32 action, uint256 seed) {
        if (calls[action]++ == 0) actions.push(action);
        _played++;
        _action = action;
        _random = seed;
        now_ += 1 + seed % 4;
        vm.warp(now_);
        if (paused && _pausedFor++ == PAUSE_LASTS) _unpause();
        _;
    }

    function _succeeded() internal {
        successes[_action]++;
    }

    function _unpause() internal {
        vm.prank(boss);
        aggregator.unpause();
        (paused, _pausedFor) = (false, 0);
    }

    /// @dev Each action that was called often enough to tell did in 30 % of its calls what it is for; and rounds were made.
    function checkSuccesses() external view {
        for (uint256 i = 0; i < actions.length; i++) {
            uint256 n = calls[actions[i]];
            if (n >= 8) assertTrue(10 * successes[actions[i]] >= 3 * n, string(abi.encodePacked(actions[i])));
        }
        if (_played >= 64) assertTrue(history[BTC].length + history[ETH].length > 5, "hardly any rounds were made");
    }

    /// @dev 0 to n - 1.
    function _draw(uint256 n) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % n;
    }

    // ---------------------------------------------------------------- drafts

    /// @dev Honest prices from a quorum or more for one or two feeds, later than what these feeds have. Not signed yet.
    function _draft() internal returns (Batch memory) {
        return _draft(quorum + _draw(keys.length - quorum + 1), 1 + _draw(2));
    }

    function _draft(uint256 reports, uint256 feedCount) internal returns (Batch memory b) {
        b.bitmap = _drawBits(keys.length, reports);
        b.feedIds = _drawFeeds(feedCount);
        b.observedAt = uint64(now_ - _draw(_oldestAllowed(b.feedIds) + 1));
        b.rows = _drawRows(reports, feedCount);
        b.domain = domain;
    }

    function _drawBits(uint256 n, uint256 wanted) private returns (uint32 bitmap) {
        bitmap = _firstBits(n);
        while (n > wanted) {
            uint32 bit = uint32(1 << _draw(keys.length));
            if (bitmap & bit == 0) continue;
            bitmap ^= bit;
            n--;
        }
    }

    function _drawFeeds(uint256 n) private returns (bytes32[] memory feedIds) {
        feedIds = new bytes32[](n);
        uint256 from = _draw(feeds.length);
        for (uint256 i = 0; i < n; i++) {
            feedIds[i] = feeds[(from + i) % feeds.length];
        }
    }

    /// @dev The greatest age at which all of these feeds advance. An action comes a second after the last, so age 0 does.
    function _oldestAllowed(bytes32[] memory feedIds) internal view returns (uint256 age) {
        age = maxAge;
        for (uint256 f = 0; f < feedIds.length; f++) {
            uint256 since = now_ - newest[feedIds[f]].observedAt;
            if (since - 1 < age) age = since - 1;
        }
    }

    /// @dev Mostly close together and with ties; one column in four is anything.
    function _drawRows(uint256 reports, uint256 feedCount) private returns (int64[][] memory rows) {
        rows = new int64[][](reports);
        for (uint256 j = 0; j < reports; j++) {
            rows[j] = new int64[](feedCount);
        }
        for (uint256 f = 0; f < feedCount; f++) {
            uint256 middle = 1 + _draw(2 ** 40);
            uint256 width = _draw(4) == 0 ? 2 ** 62 : 4;
            for (uint256 j = 0; j < reports; j++) {
                rows[j][f] = int64(uint64(middle + _draw(width)));
            }
        }
    }

    // ---------------------------------------------------------------- signing

    function _seal(Batch memory b) internal view {
        _seal(b, keys);
    }

    function _seal(Batch memory b, uint256[] memory signers) internal pure {
        bytes32 feedIdsHash = ReportHash.feedIdsHash(b.feedIds);
        bytes memory packed = new bytes(b.feedIds.length);
        for (uint256 f = 0; f < b.feedIds.length; f++) {
            packed[f] = bytes1(uint8(_medianPosition(_column(b.rows, f))));
        }
        for (uint256 j = 0; j < b.rows.length; j++) {
            packed = bytes.concat(packed, _row(b, j, signers[_bitAt(b.bitmap, j)], feedIdsHash));
        }
        b.observations = packed;
    }

    function _row(Batch memory b, uint256 j, uint256 key, bytes32 feedIdsHash) private pure returns (bytes memory row) {
        bytes32 structHash = ReportHash.structHash(b.observedAt, feedIdsHash, ReportHash.pricesHash(b.rows[j]));
        (bytes32 r, bytes32 vs) = _signDigest(key, ReportHash.digest(b.domain, structHash));
        row = bytes.concat(r, vs);
        for (uint256 f = 0; f < b.feedIds.length; f++) {
            row = bytes.concat(row, bytes8(uint64(b.rows[j][f])));
        }
    }

    /// @dev Sign the j-th report again with `key` and put it in its place.
    function _resign(Batch memory b, uint256 j, uint256 key) internal pure {
        bytes memory row = _row(b, j, key, ReportHash.feedIdsHash(b.feedIds));
        uint256 offset = _reportAt(b, j);
        for (uint256 i = 0; i < row.length; i++) {
            b.observations[offset + i] = row[i];
        }
    }

    function _reportAt(Batch memory b, uint256 j) internal pure returns (uint256) {
        return b.feedIds.length + j * (64 + 8 * b.feedIds.length);
    }

    function _wordAt(Batch memory b, uint256 offset) internal pure returns (bytes32 word) {
        bytes memory data = b.observations;
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), offset))
        }
    }

    function _putWord(Batch memory b, uint256 offset, bytes32 word) internal pure {
        bytes memory data = b.observations;
        assembly ("memory-safe") {
            mstore(add(add(data, 32), offset), word)
        }
    }

    function _keep(Batch memory b) internal {
        kept[keeps++ % KEPT] = abi.encode(b);
    }
}
