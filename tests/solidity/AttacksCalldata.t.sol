// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev A18: calldata that no compiler would write means the same as what one would, or nothing.
contract AttacksCalldataTest is AttackBase {
    uint256 private constant OBSERVED_AT_ARG = 4;
    uint256 private constant BITMAP_ARG = 4 + 32;
    uint256 private constant IDS_ARG = 4 + 64;
    uint256 private constant DATA_ARG = 4 + 96;
    uint256 private constant HEAD = 4 * 32;
    /// @dev One feed and three reports take 217 bytes; the last word is filled up with 7 zeros.
    uint256 private constant FILLED = 7;

    bytes private _good_;

    function setUp() public override {
        super.setUp();
        _good_ = _call(NOW, 7, _one(BTC), _btc(10, 11, 12));
    }

    // ---------------------------------------------------------------- length

    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_attack__calldata_cut_short__then_refused_but_for_the_filling(uint256 cut) public {
        cut = bound(cut, 1, _good_.length);
        bytes memory attempt = _good_;
        assembly ("memory-safe") {
            mstore(attempt, sub(mload(attempt), cut))
        }
        if (cut <= FILLED) _lands(attempt);
        else _refused(attempt, "");
    }

    function testFuzz_attack__bytes_behind_the_calldata__then_same_result(bytes calldata more) public {
        _lands(bytes.concat(_good_, more));
    }

    /// @dev One byte more inside `observations`, where it counts, or two less.
    function test_attack__observations_longer_or_shorter__then_wrong_length() public {
        bytes memory data = _btc(10, 11, 12);
        bytes memory reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 218, 217);
        _refused(_call(NOW, 7, _one(BTC), bytes.concat(data, hex"00")), reason);
        assembly ("memory-safe") {
            mstore(data, 215)
        }
        reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 215, 217);
        _refused(_call(NOW, 7, _one(BTC), data), reason);
    }

    /// @dev With one feed and three reports one byte less is the narrow packing's length: 9 + 3 * (64 + 5).
    function test_attack__wide_observations_cut_to_the_narrow_length__then_invalid_signature() public {
        bytes memory data = _btc(10, 11, 12);
        assembly ("memory-safe") {
            mstore(data, 216)
        }
        _refused(_call(NOW, 7, _one(BTC), data), _invalid(0));
    }

    /// @dev A fourth report that no bit stands for.
    function test_attack__report_without_a_bit__then_wrong_length() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 289, 217);
        _refused(_call(NOW, 7, _one(BTC), bytes.concat(_btc(10, 11, 12), _good(3))), reason);
    }

    function test_attack__feed_without_prices__then_wrong_length() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 217, 242);
        _refused(_call(NOW, 7, _two(BTC, ETH), _btc(10, 11, 12)), reason);
    }

    // ---------------------------------------------------------------- dirty bits

    function test_attack__each_bit_above_a_uint64_time__then_refused() public {
        for (uint256 bit = 64; bit < 256; bit++) {
            _refused(_with(OBSERVED_AT_ARG, NOW | (1 << bit)), "");
        }
    }

    function test_attack__each_bit_above_a_uint32_bitmap__then_refused() public {
        for (uint256 bit = 32; bit < 256; bit++) {
            _refused(_with(BITMAP_ARG, 7 | (1 << bit)), "");
        }
    }

    /// @dev The zeros that fill up the last word are nobody's business.
    function test_attack__dirty_filling__then_same_result() public {
        bytes memory attempt = _good_;
        for (uint256 i = 1; i <= FILLED; i++) {
            attempt[attempt.length - i] = 0xff;
        }
        _lands(attempt);
    }

    // ---------------------------------------------------------------- offsets

    function test_attack__observations_before_the_feeds__then_same_result() public {
        bytes memory data = _btc(10, 11, 12);
        bytes memory tail = bytes.concat(abi.encodePacked(data.length, data), bytes7(0));
        _lands(_shaped(HEAD + tail.length, HEAD, bytes.concat(tail, abi.encodePacked(uint256(1), BTC))));
    }

    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_attack__gap_of_anything_between_the_arrays__then_same_result(bytes calldata gap) public {
        bytes memory data = _btc(10, 11, 12);
        bytes memory tail =
            bytes.concat(gap, abi.encodePacked(uint256(1), BTC), gap, abi.encodePacked(data.length, data));
        _lands(_shaped(HEAD + gap.length, HEAD + 2 * gap.length + 64, tail));
    }

    /// @dev The array of one feed read as bytes: its length is 1.
    function test_attack__both_arrays_at_one_offset__then_wrong_length() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 1, 217);
        _refused(_shaped(HEAD, HEAD, abi.encodePacked(uint256(1), BTC)), reason);
    }

    /// @dev The feeds' length is read out of the time: as many feeds as seconds since 1970.
    function test_attack__feeds_offset_into_the_head__then_refused() public {
        _refused(_with(IDS_ARG, 0), "");
    }

    function test_attack__offsets_past_the_end_or_wrapping__then_refused() public {
        uint256[5] memory offsets =
            [_good_.length - 4, type(uint32).max, type(uint64).max, uint256(1) << 255, type(uint256).max - 3];
        for (uint256 i = 0; i < offsets.length; i++) {
            _refused(_with(IDS_ARG, offsets[i]), "");
            _refused(_with(DATA_ARG, offsets[i]), "");
        }
    }

    function test_attack__lengths_past_the_end_or_wrapping__then_refused() public {
        uint256[5] memory lengths =
            [uint256(1000), type(uint32).max, type(uint64).max, uint256(1) << 251, type(uint256).max];
        for (uint256 i = 0; i < lengths.length; i++) {
            _refused(_with(4 + HEAD, lengths[i]), "");
            _refused(_with(4 + HEAD + 64, lengths[i]), "");
        }
    }

    // ---------------------------------------------------------------- anything

    /// @dev Up to three bytes anywhere become anything: it is refused, or the round is the one that was signed.
    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_attack__any_bytes_changed__then_refused_or_the_same_result(uint16[3] memory where, bytes3 what)
        public
    {
        bytes memory attempt = _good_;
        for (uint256 i = 0; i < 3; i++) {
            attempt[where[i] % attempt.length] = what[i];
        }
        bytes32 before = _everything();
        (bool ok,) = address(aggregator).call(attempt);
        if (ok) _landed();
        else assertEq(_everything(), before);
    }

    function test_attack__ether_sent_along__then_refused() public {
        (bool ok, bytes memory answer) = address(aggregator).call{value: 1}(_good_);
        assertTrue(!ok && answer.length == 0, "it took the money");
        (ok, answer) = address(aggregator).call{value: 1}("");
        assertTrue(!ok && answer.length == 0, "it took the money");
    }

    function test_attack__selector_that_is_nobodys__then_refused() public {
        _refused("", "");
        _refused(hex"deadbeef", "");
        _refused(hex"82", "");
    }

    /// @dev A price or time of evidence with bits above its type.
    function test_attack__dirty_evidence__then_refused() public {
        IAggregator.SignedReport memory a = IAggregator.SignedReport(NOW, _one(BTC), _price(10), 0, 0);
        IAggregator.SignedReport memory b = IAggregator.SignedReport(NOW, _one(BTC), _price(11), 0, 0);
        (a.r, a.vs) = _sign(keys[0], NOW, a.feedIds, a.prices);
        (b.r, b.vs) = _sign(keys[0], NOW, b.feedIds, b.prices);
        bytes memory evidence = abi.encodeCall(IAggregator.reportEquivocation, (0, BTC, a, b));
        uint256 first = 4 + 4 * 32;
        _refused(_put(evidence, first, NOW | (1 << 64)), "");
        _refused(_put(evidence, first + 5 * 32 + 2 * 32 + 32, 10 | (1 << 64)), "");
        (bool ok,) = address(aggregator).call(evidence);
        assertTrue(ok, "clean evidence is good");
    }

    // ---------------------------------------------------------------- helpers

    function _lands(bytes memory attempt) private {
        (bool ok,) = address(aggregator).call(attempt);
        assertTrue(ok, "refused");
        _landed();
    }

    function _landed() private view {
        IAggregator.Round memory expected = IAggregator.Round(2, NOW, NOW, 11, 3, 1819);
        assertEq(keccak256(abi.encode(aggregator.latestRound(BTC))), keccak256(abi.encode(expected)));
        assertEq(aggregator.latestRound(ETH).roundId, 1);
    }

    function _shaped(uint256 idsOffset, uint256 dataOffset, bytes memory tail) private pure returns (bytes memory) {
        bytes memory head = abi.encode(NOW, uint32(7), idsOffset, dataOffset);
        return bytes.concat(IAggregator.update.selector, head, tail);
    }

    function _with(uint256 offset, uint256 word) private view returns (bytes memory) {
        return _put(_good_, offset, word);
    }

    function _put(bytes memory original, uint256 offset, uint256 word) private pure returns (bytes memory changed) {
        changed = bytes.concat(original);
        assembly ("memory-safe") {
            mstore(add(add(changed, 32), offset), word)
        }
    }
}
