// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ConfigWord} from "contracts/libraries/Config.sol";
import {Observations} from "contracts/libraries/Observations.sol";
import {ReporterSet} from "contracts/libraries/ReporterSet.sol";
import {AggregatorHarness} from "./AggregatorHarness.sol";
import {Proof} from "./Proof.sol";

/// @dev The configuration word, who may be a reporter, and what stands before the signatures in `update`.
contract ConfigProof is Proof {
    bytes32 private constant FEED = "BTC/USD";

    AggregatorHarness private aggregator;

    function setUp() public {
        aggregator = new AggregatorHarness(_three(), 2);
    }

    // ---------------------------------------------------------------- the word

    function check_withPaused__any_word__that_field_alone(uint256 word, bool paused) external pure {
        vm.assume(word >> 224 == 0);
        ConfigWord c = ConfigWord.wrap(word).withPaused(paused);
        assert(c.paused() == paused);
        assert(ConfigWord.unwrap(c) << 40 == word << 40 && ConfigWord.unwrap(c) >> 224 == 0);
    }

    function check_withMaxAge__any_word__that_field_alone(uint256 word, uint8 maxAge) external pure {
        uint256 changed = ConfigWord.unwrap(ConfigWord.wrap(word).withMaxAge(maxAge));
        assert(ConfigWord.wrap(changed).maxAge() == maxAge);
        assert(changed << 48 == word << 48 && changed >> 216 == word >> 216);
    }

    function check_withSet__any_word__age_limit_and_pause_stay(
        uint256 word,
        address set,
        uint32 count,
        uint8 quorum,
        uint8 reporters
    ) external pure {
        ConfigWord c = ConfigWord.wrap(word).withSet(set, count, quorum, reporters);
        assert(c.set() == set && c.configCount() == count && c.quorum() == quorum && c.reporterCount() == reporters);
        assert(ConfigWord.unwrap(c) >> 208 == word >> 208);
    }

    // ---------------------------------------------------------------- the set

    /// @dev A12: any two quorums share a reporter, and the quorum can be met.
    function check_validate__any_quorum_of_1__in_range(address[1] calldata set, uint8 quorum) external view {
        address[] memory list = new address[](1);
        list[0] = set[0];
        _validates(list, quorum);
    }

    function check_validate__any_quorum_of_2__in_range(address[2] calldata set, uint8 quorum) external view {
        address[] memory list = new address[](2);
        (list[0], list[1]) = (set[0], set[1]);
        _validates(list, quorum);
    }

    function check_validate__any_quorum_of_3__in_range(address[3] calldata set, uint8 quorum) external view {
        address[] memory list = new address[](3);
        (list[0], list[1], list[2]) = (set[0], set[1], set[2]);
        _validates(list, quorum);
    }

    function check_setConfig__any_quorum_of_31__in_range_or_the_word_stays(uint8 quorum) external {
        address[] memory list = new address[](31);
        for (uint256 i = 0; i < 31; i++) {
            list[i] = address(uint160(100 + i));
        }
        uint256 before = aggregator.configWord();
        (bool success,) = address(aggregator).call(abi.encodeCall(IAggregator.setConfig, (list, quorum)));
        assert(success == (quorum >= 16 && quorum <= 31));
        ConfigWord c = ConfigWord.wrap(aggregator.configWord());
        if (success) assert(c.quorum() == quorum && c.reporterCount() == 31 && c.configCount() == 2);
        else assert(ConfigWord.unwrap(c) == before);
    }

    // ---------------------------------------------------------------- before the signatures

    /// @dev A10: with a reporter bit that does not exist, the times alone decide which error comes.
    function check_update__any_time__refused_exactly_outside_the_age_limit(uint64 observedAt, uint32 now_, uint8 maxAge)
        external
    {
        aggregator.setConfigWord(ConfigWord.unwrap(ConfigWord.wrap(aggregator.configWord()).withMaxAge(maxAge)));
        vm.warp(now_);
        bytes4 selector = _refusal(observedAt, 8, new bytes(0));
        if (observedAt > now_) assert(selector == IAggregator.FutureObservation.selector);
        else if (now_ - observedAt > maxAge) assert(selector == IAggregator.ExpiredObservation.selector);
        else assert(selector == IAggregator.UnknownReporterBit.selector);
    }

    function check_update__paused__refused(uint64 observedAt, uint32 bitmap, uint32 now_) external {
        aggregator.setConfigWord(ConfigWord.unwrap(ConfigWord.wrap(aggregator.configWord()).withPaused(true)));
        vm.warp(now_);
        assert(_refusal(observedAt, bitmap, new bytes(73)) == IAggregator.UpdatesPaused.selector);
    }

    /// @dev A3, first half: fewer reports than quorum, or bits of nobody, leave the feed as it was.
    function check_update__fewer_than_quorum__refused(uint32 bitmap, uint256 latest, bytes32[9] calldata junk)
        external
    {
        vm.assume(bitmap == 0 || bitmap == 1 || bitmap == 2 || bitmap == 4 || bitmap > 7);
        aggregator.set(FEED, latest);
        vm.warp(1_800_000_000);
        bytes4 selector = _refusal(1_800_000_000, bitmap, abi.encodePacked(junk));
        assert(selector == (bitmap > 7 ? IAggregator.UnknownReporterBit.selector : IAggregator.BelowQuorum.selector));
        assert(aggregator.latestWord(FEED) == latest);
    }

    // ---------------------------------------------------------------- the shape of a batch

    function check_lengths__any_batch__no_overflow(uint256 reports, uint64 feeds) external pure {
        reports = _concrete(reports, 32);
        uint256 wide = Observations.wideLength(reports, feeds);
        uint256 narrow = Observations.narrowLength(reports, feeds);
        assert(wide == feeds + reports * 64 + reports * 8 * uint256(feeds) && wide < 2 ** 80);
        assert(narrow == 9 * uint256(feeds) + reports * 64 + reports * 5 * uint256(feeds) && narrow < 2 ** 80);
    }

    /// @dev A length says which packing it is.
    function check_lengths__a_feed_or_more__differ(uint256 reports, uint64 feeds) external pure {
        vm.assume(feeds != 0);
        reports = _concrete(reports, 32);
        assert(Observations.wideLength(reports, feeds) != Observations.narrowLength(reports, feeds));
    }

    // ---------------------------------------------------------------- helpers

    function _validates(address[] memory list, uint8 quorum) private view {
        (bool valid,) = address(this).staticcall(abi.encodeCall(this.validate, (list, quorum)));
        uint256 n = list.length;
        bool distinct = true;
        for (uint256 i = 0; i < n; i++) {
            distinct = _and(distinct, list[i] != address(0));
            for (uint256 j = 0; j < i; j++) {
                distinct = _and(distinct, list[j] != list[i]);
            }
        }
        assert(valid == _and(distinct, _and(2 * uint256(quorum) > n, quorum <= n)));
    }

    function validate(address[] calldata list, uint8 quorum) external pure {
        ReporterSet.validate(list, quorum);
    }

    /// @dev The error of an update of one feed that must not succeed.
    function _refusal(uint64 observedAt, uint32 bitmap, bytes memory observations) private returns (bytes4) {
        bytes32[] memory feedIds = new bytes32[](1);
        feedIds[0] = FEED;
        (bool success, bytes memory result) =
            address(aggregator).call(abi.encodeCall(IAggregator.update, (observedAt, bitmap, feedIds, observations)));
        assert(!success);
        return bytes4(result);
    }
}
