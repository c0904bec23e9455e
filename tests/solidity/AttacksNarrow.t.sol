// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {AttackBase} from "./AttackBase.sol";
import {Vm} from "./Vm.sol";

/// @dev The narrow packing: whatever base and lanes say, a price is the signed one or the batch is refused.
contract AttacksNarrowTest is AttackBase {
    /// @dev Two feeds and three reports: two heads of 9 bytes, then 64 of signature and two lanes of 5 each.
    uint256 private constant HEADS = 18;
    uint256 private constant ROW = 74;
    uint64 private constant LANE_LIMIT = 2 ** 39;
    uint64 private constant BASE_LIMIT = 2 ** 56;

    int64[][] private _rows_;

    function setUp() public override {
        super.setUp();
        _rows_ = _columns(_three(10, 12, 11), _three(2000, 2000, 2004));
    }

    // ---------------------------------------------------------------- one meaning

    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_attack__narrow_and_wide_of_the_same_reports__then_one_result(
        uint56[2] memory lowest,
        uint40[2][3] memory over
    ) public {
        int64[][] memory rows = new int64[][](3);
        for (uint256 i = 0; i < 3; i++) {
            rows[i] = new int64[](2);
            for (uint256 f = 0; f < 2; f++) {
                uint256 most = lowest[f] < LANE_LIMIT ? uint256(lowest[f]) + 1 : LANE_LIMIT;
                rows[i][f] = int64(int256(1 + uint256(lowest[f]) + (i == 0 ? 0 : over[i][f] % most)));
            }
        }
        bytes32 wide = _outcome(_call(NOW, 7, _two(BTC, ETH), _observations(NOW, 7, _two(BTC, ETH), rows)));
        assertEq(_outcome(_packed(rows, _bases(rows))), wide);
    }

    function test_attack__bit_that_is_not_read__then_same_result() public {
        bytes memory attempt = _packed(_rows_, _bases(_rows_));
        bytes32 clean = _outcome(attempt);
        for (uint256 i = 0; i < 3; i++) {
            attempt = _packed(_rows_, _bases(_rows_), HEADS + i * ROW + 64, 0x80);
            assertEq(_outcome(attempt), clean);
        }
    }

    function test_attack__lowest_and_highest_prices_that_fit__then_exact() public {
        int64 top = int64(BASE_LIMIT - 1 + LANE_LIMIT);
        int64 bottom = int64(BASE_LIMIT);
        int64[][] memory rows = _columns(_three(top, bottom, top), _three(1, 1, 1));
        (bool ok,) = address(aggregator).call(_packed(rows, _bases(rows)));
        assertTrue(ok, "refused");
        assertEq(uint256(aggregator.latestRound(BTC).answer), uint64(top));
        assertEq(uint256(aggregator.latestRound(ETH).answer), 1);
    }

    // ---------------------------------------------------------------- prices that nobody signed

    /// @dev Any base and lanes under good signatures.
    /// forge-config: default.fuzz.runs = 2000
    function testFuzz_attack__any_base_and_lanes__then_the_signed_prices_or_invalid_signature(
        uint56 base,
        uint40[3] memory lanes
    ) public {
        bytes memory data = _narrow(NOW, 7, _two(BTC, ETH), _rows_, _bases(_rows_));
        _write(data, 2, 7, base);
        bool same = true;
        for (uint256 i = 0; i < 3; i++) {
            _write(data, HEADS + i * ROW + 64, 5, lanes[i]);
            same = same && uint256(base) + 1 + lanes[i] % LANE_LIMIT == uint64(_rows_[i][0]);
        }
        assertTrue(!same, "the dice hit the signed prices");
        _refusedSomewhere(_call(NOW, 7, _two(BTC, ETH), data));
    }

    function test_attack__base_changed__then_invalid_signature() public {
        uint64[] memory bases = _bases(_rows_);
        for (uint256 byte_ = 2; byte_ < 9; byte_++) {
            _refused(_packed(_rows_, bases, byte_, 0x01), _invalid(0));
        }
    }

    function test_attack__lane_changed__then_invalid_signature() public {
        for (uint256 i = 0; i < 3; i++) {
            _refused(_packed(_rows_, _bases(_rows_), HEADS + i * ROW + 68, 0x10), _invalid(i));
        }
    }

    /// @dev There is no way to write an abstention or a negative price: base 0 and lane 0 are price 1.
    function test_attack__abstention_or_negative_price_packed_narrowly__then_invalid_signature() public {
        uint64[] memory bases = new uint64[](2);
        bytes memory data;
        for (int64 price = -1; price <= 0; price++) {
            int64[][] memory rows = _columns(_three(1, 1, 1), _three(1, 1, 1));
            data = _narrow(NOW, 7, _two(BTC, ETH), rows, bases);
            rows[1][0] = price;
            (bytes32 r, bytes32 vs) = _sign(keys[1], NOW, _two(BTC, ETH), rows[1]);
            _write(data, HEADS + ROW, 32, uint256(r));
            _write(data, HEADS + ROW + 32, 32, uint256(vs));
            _refused(_call(NOW, 7, _two(BTC, ETH), data), _invalid(1));
        }
    }

    // ---------------------------------------------------------------- heads that are not right

    function test_attack__base_lower_and_lanes_higher__then_not_median() public {
        uint64[] memory bases = _bases(_rows_);
        bases[0] -= 1;
        _skipped(BTC, IAggregator.SkipReason.NotMedian, _packed(_rows_, bases));
    }

    function test_attack__base_over_the_lowest_price__then_invalid_signature() public {
        uint64[] memory bases = _bases(_rows_);
        bytes memory data = _narrow(NOW, 7, _two(BTC, ETH), _rows_, bases);
        _write(data, 2, 7, bases[0] + 1);
        _write(data, HEADS + 64, 5, 2 ** 40 - 1);
        _refused(_call(NOW, 7, _two(BTC, ETH), data), _invalid(0));
    }

    /// @dev 10, 12, 11: the second is the highest, the third the median.
    function test_attack__another_price_named_highest__then_not_median() public {
        bytes memory attempt = _packed(_rows_, _bases(_rows_), 1, 1 ^ 2);
        _skipped(BTC, IAggregator.SkipReason.NotMedian, attempt);
    }

    function test_attack__another_price_named_median__then_not_median() public {
        bytes memory attempt = _packed(_rows_, _bases(_rows_), 0, 2 ^ 1);
        _skipped(BTC, IAggregator.SkipReason.NotMedian, attempt);
    }

    function test_attack__positions_past_the_end__then_modulo_the_reports() public {
        bytes32 clean = _outcome(_packed(_rows_, _bases(_rows_)));
        bytes memory data = _narrow(NOW, 7, _two(BTC, ETH), _rows_, _bases(_rows_));
        (data[0], data[1]) = (bytes1(uint8(254)), bytes1(uint8(253)));
        assertEq(uint256(254 % 3), 2);
        assertEq(uint256(253 % 3), 1);
        assertEq(_outcome(_call(NOW, 7, _two(BTC, ETH), data)), clean);
    }

    /// @dev 655.35 % is the most that a round can hold; the wide packing stores it for whatever is over.
    function test_attack__spread_over_what_a_round_holds__then_not_median_but_lands_wide() public {
        int64[][] memory rows = _columns(_three(10_000, 10_000, 75_536), _three(2000, 2000, 2004));
        _skipped(BTC, IAggregator.SkipReason.NotMedian, _packed(rows, _bases(rows)));
        vm.warp(NOW + 1);
        aggregator.update(NOW + 1, 7, _two(BTC, ETH), _observations(NOW + 1, 7, _two(BTC, ETH), rows));
        assertEq(aggregator.latestRound(BTC).spreadBps, 65_535);
    }

    // ---------------------------------------------------------------- length and bytes

    /// @dev Wide is 2 + 3 * 80, narrow 18 + 3 * 74.
    function test_attack__narrow_observations_one_byte_longer_or_shorter__then_wrong_length() public {
        bytes memory data = _narrow(NOW, 7, _two(BTC, ETH), _rows_, _bases(_rows_));
        assertEq(data.length, 240);
        bytes memory reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 241, 242);
        _refused(_call(NOW, 7, _two(BTC, ETH), bytes.concat(data, hex"00")), reason);
        assembly ("memory-safe") {
            mstore(data, 239)
        }
        reason = abi.encodeWithSelector(IAggregator.WrongLength.selector, 239, 242);
        _refused(_call(NOW, 7, _two(BTC, ETH), data), reason);
    }

    /// @dev Two bytes of zeros make the narrow batch as long as the wide one.
    function test_attack__narrow_batch_at_the_wide_length__then_invalid_signature() public {
        bytes memory data = _narrow(NOW, 7, _two(BTC, ETH), _rows_, _bases(_rows_));
        _refused(_call(NOW, 7, _two(BTC, ETH), bytes.concat(data, hex"0000")), _invalid(0));
    }

    /// @dev Up to three bytes anywhere: refused, a feed skipped, or the rounds are those that were signed.
    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_attack__any_bytes_of_a_narrow_batch_changed__then_refused_skipped_or_the_same_rounds(
        uint16[3] memory where,
        bytes3 what
    ) public {
        bytes memory attempt = _packed(_rows_, _bases(_rows_));
        for (uint256 i = 0; i < 3; i++) {
            attempt[where[i] % attempt.length] = what[i];
        }
        (bool ok,) = address(aggregator).call(attempt);
        if (ok) _landed();
    }

    // ---------------------------------------------------------------- helpers

    function _packed(int64[][] memory rows, uint64[] memory bases) private view returns (bytes memory) {
        return _call(NOW, 7, _two(BTC, ETH), _narrow(NOW, 7, _two(BTC, ETH), rows, bases));
    }

    /// @dev With bits of one byte turned over.
    function _packed(int64[][] memory rows, uint64[] memory bases, uint256 place, uint8 bits)
        private
        view
        returns (bytes memory)
    {
        bytes memory data = _narrow(NOW, 7, _two(BTC, ETH), rows, bases);
        data[place] ^= bytes1(bits);
        return _call(NOW, 7, _two(BTC, ETH), data);
    }

    function _write(bytes memory data, uint256 place, uint256 size, uint256 value) private pure {
        for (uint256 i = size; i > 0; i--) {
            data[place + i - 1] = bytes1(uint8(value));
            value >>= 8;
        }
    }

    /// @dev What a call that lands logs and leaves; the state is as before.
    function _outcome(bytes memory attempt) private returns (bytes32 outcome) {
        uint256 before = vm.snapshotState();
        vm.recordLogs();
        (bool ok,) = address(aggregator).call(attempt);
        assertTrue(ok, "refused");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        outcome = keccak256(abi.encode(logs, _everything()));
        assertTrue(aggregator.latestRound(BTC).roundId == 2 && aggregator.latestRound(ETH).roundId == 2, "skipped");
        vm.revertToStateAndDelete(before);
    }

    /// @dev `InvalidSignature` of the first, second or third.
    function _refusedSomewhere(bytes memory attempt) private {
        bytes32 before = _everything();
        (bool ok, bytes memory answer) = address(aggregator).call(attempt);
        assertTrue(!ok, "the attempt succeeded");
        bytes32 given = keccak256(answer);
        bool known =
            given == keccak256(_invalid(0)) || given == keccak256(_invalid(1)) || given == keccak256(_invalid(2));
        assertTrue(known, "another reason");
        assertEq(_everything(), before);
    }

    function _landed() private view {
        IAggregator.Round memory btc = aggregator.latestRound(BTC);
        IAggregator.Round memory eth = aggregator.latestRound(ETH);
        assertTrue(btc.roundId == 2 || eth.roundId == 2, "it landed without a round");
        IAggregator.Round memory wanted = IAggregator.Round(2, NOW, NOW, 11, 3, 1819);
        if (btc.roundId == 2) assertEq(keccak256(abi.encode(btc)), keccak256(abi.encode(wanted)));
        wanted = IAggregator.Round(2, NOW, NOW, 2000, 3, 20);
        if (eth.roundId == 2) assertEq(keccak256(abi.encode(eth)), keccak256(abi.encode(wanted)));
    }
}
