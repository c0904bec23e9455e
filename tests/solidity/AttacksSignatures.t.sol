// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {ReportHash} from "contracts/libraries/ReportHash.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev A3, A4, A13: whoever signs, whatever they signed and wherever it is put.
contract AttacksSignaturesTest is AttackBase {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant STRANGER_KEY = 0xBAD;

    // ---------------------------------------------------------------- who signed

    function test_attack__signed_by_a_stranger__then_invalid_signature() public {
        _refused(_batch(_good(0), _signed(STRANGER_KEY, 11), _good(2)), _invalid(1));
    }

    /// @dev A relayer who owns the gas account but no reporter's key, signing every report.
    function test_attack__all_signed_by_one_stranger__then_invalid_signature() public {
        bytes memory row = _signed(STRANGER_KEY, 11);
        _refused(_batch(row, row, row), _invalid(0));
    }

    function test_attack__owner_signs_as_a_reporter__then_invalid_signature() public {
        vm.prank(OWNER);
        aggregator.transferOwnership(vm.addr(STRANGER_KEY));
        vm.prank(vm.addr(STRANGER_KEY));
        aggregator.acceptOwnership();
        _refused(_batch(_good(0), _good(1), _signed(STRANGER_KEY, 12)), _invalid(2));
    }

    function test_attack__fourth_reporter_under_the_third_bit__then_invalid_signature() public {
        _refused(_batch(_good(0), _good(1), _good(3)), _invalid(2));
    }

    /// @dev The reports of 0, 1 and 2 with the bits of 0, 1 and 3.
    function test_attack__bitmap_of_other_reporters__then_invalid_signature() public {
        bytes memory data = bytes.concat(hex"01", _good(0), _good(1), _good(2));
        _refused(_call(NOW, 0xb, _one(BTC), data), _invalid(3));
    }

    /// @dev Quorum minus one honest reports and one of them twice.
    function test_attack__one_report_twice_to_reach_quorum__then_invalid_signature() public {
        _refused(_batch(_good(0), _good(1), _good(1)), _invalid(2));
    }

    /// @dev The same reporter under two bits, each time with a signature of its own.
    function test_attack__one_reporter_signs_two_prices_under_two_bits__then_invalid_signature() public {
        _refused(_batch(_signed(keys[0], 10), _signed(keys[0], 11), _good(2)), _invalid(1));
    }

    /// @dev A13: a reporter that was removed signs under the domain of the new set.
    function test_attack__removed_reporter_signs_for_the_new_set__then_invalid_signature() public {
        uint256 removed = keys[1];
        keys[1] = 424_242;
        vm.prank(OWNER);
        aggregator.setConfig(_addresses(), 3);
        _refused(_batch(_good(0), _signed(removed, 11), _good(2)), _invalid(1));
    }

    // ---------------------------------------------------------------- what was signed

    function test_attack__signed_as_a_personal_message__then_invalid_signature() public {
        bytes32 digest =
            keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", _digest(_domain("Spotline", "1"))));
        _refused(_batch(_good(0), _by(1, digest), _good(2)), _invalid(1));
    }

    function test_attack__struct_signed_without_a_domain__then_invalid_signature() public {
        bytes32 structHash = ReportHash.structHash(NOW, _one(BTC), _price(11));
        _refused(_batch(_good(0), _by(1, structHash), _good(2)), _invalid(1));
    }

    function test_attack__other_protocol_name__then_invalid_signature() public {
        _refused(_batch(_good(0), _by(1, _digest(_domain("Spotlime", "1"))), _good(2)), _invalid(1));
    }

    function test_attack__other_protocol_version__then_invalid_signature() public {
        assertEq(_domain("Spotline", "1"), aggregator.domainSeparator());
        _refused(_batch(_good(0), _by(1, _digest(_domain("Spotline", "2"))), _good(2)), _invalid(1));
    }

    /// @dev A quorum's signatures, but not over the same second.
    function test_attack__one_report_of_another_second__then_invalid_signature() public {
        bytes memory older = _signedRow(keys[1], NOW - 1, _one(BTC), _price(11));
        _refused(_batch(_good(0), older, _good(2)), _invalid(1));
    }

    /// @dev A reporter signed BTC and ETH; the relayer leaves ETH out.
    function test_attack__report_cut_to_one_of_its_feeds__then_invalid_signature() public {
        int64[] memory both = new int64[](2);
        (both[0], both[1]) = (11, 99);
        (bytes32 r, bytes32 vs) = _sign(keys[1], NOW, _two(BTC, ETH), both);
        _refused(_batch(_good(0), bytes.concat(r, vs, bytes8(uint64(11))), _good(2)), _invalid(1));
    }

    function test_attack__prices_of_two_feeds_swapped__then_invalid_signature() public {
        (bytes memory data,) = _twoFeeds();
        uint256 offset = 2 + 64;
        for (uint256 i = 0; i < 8; i++) {
            (data[offset + i], data[offset + 8 + i]) = (data[offset + 8 + i], data[offset + i]);
        }
        _refused(_call(NOW, 7, _two(BTC, ETH), data), _invalid(0));
    }

    function test_attack__feed_order_changed_after_signing__then_invalid_signature() public {
        (bytes memory data,) = _twoFeeds();
        _refused(_call(NOW, 7, _two(ETH, BTC), data), _invalid(0));
    }

    /// @dev Prices for BTC given out as prices for ETH, in a feed that was not in the batch.
    function test_attack__second_feed_exchanged_for_the_first__then_invalid_signature() public {
        (bytes memory data,) = _twoFeeds();
        _refused(_call(NOW, 7, _two(BTC, BTC), data), _invalid(0));
    }

    function test_attack__prices_of_two_reporters_exchanged__then_invalid_signature() public {
        bytes memory data = bytes.concat(hex"01", _good(0), _good(1), _good(2));
        (data[72], data[144]) = (data[144], data[72]);
        _refused(_call(NOW, 7, _one(BTC), data), _invalid(0));
    }

    // ---------------------------------------------------------------- malleability

    /// @dev n - s with the other parity is good for `ecrecover`, and does not fit into 255 bits.
    function test_attack__high_s_twin__then_invalid_signature() public {
        (bytes32 r, bytes32 vs) = _sign(keys[1], NOW, _one(BTC), _price(11));
        uint256 high = CURVE_ORDER - (uint256(vs) & uint256(type(int256).max));
        for (uint256 parity = 0; parity < 2; parity++) {
            bytes32 twin = bytes32(high & uint256(type(int256).max) | (parity << 255));
            _refused(_batch(_good(0), bytes.concat(r, twin, bytes8(uint64(11))), _good(2)), _invalid(1));
        }
    }

    function test_attack__parity_flipped__then_invalid_signature() public {
        bytes memory row = _good(1);
        row[32] ^= 0x80;
        _refused(_batch(_good(0), row, _good(2)), _invalid(1));
    }

    /// @dev r and s at the ends of their range, where `ecrecover` gives zero or nobody.
    function test_attack__r_or_s_at_the_edges_of_the_curve__then_invalid_signature() public {
        uint256[5] memory edges = [uint256(0), 1, CURVE_ORDER - 1, CURVE_ORDER, type(uint256).max];
        for (uint256 i = 0; i < 25; i++) {
            bytes memory row = abi.encodePacked(edges[i / 5], edges[i % 5], uint64(11));
            _refused(_batch(_good(0), row, _good(2)), _invalid(1));
        }
    }

    // ---------------------------------------------------------------- how many

    /// @dev Two bits and three reports behind them.
    function test_attack__more_reports_than_bits__then_below_quorum() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.BelowQuorum.selector, 2, 3);
        _refused(_call(NOW, 3, _one(BTC), _btc(10, 11, 12)), reason);
    }

    function test_attack__no_reporter_at_all__then_below_quorum() public {
        bytes memory reason = abi.encodeWithSelector(IAggregator.BelowQuorum.selector, 0, 3);
        _refused(_call(NOW, 0, _one(BTC), hex"00"), reason);
    }

    /// @dev Each bit that nobody has, over a full quorum.
    function test_attack__each_bit_beyond_the_set__then_unknown_reporter_bit() public {
        for (uint256 bit = 4; bit < 32; bit++) {
            uint32 bitmap = uint32(7 | (1 << bit));
            bytes memory reason = abi.encodeWithSelector(IAggregator.UnknownReporterBit.selector, bitmap, 4);
            _refused(_call(NOW, bitmap, _one(BTC), _btc(10, 11, 12)), reason);
        }
    }

    // ---------------------------------------------------------------- helpers

    function _signed(uint256 key, int64 price) private view returns (bytes memory) {
        return _signedRow(key, NOW, _one(BTC), _price(price));
    }

    /// @dev A report of price 11 with reporter i's signature of any digest.
    function _by(uint256 i, bytes32 digest) private view returns (bytes memory) {
        (bytes32 r, bytes32 vs) = _signDigest(keys[i], digest);
        return bytes.concat(r, vs, bytes8(uint64(11)));
    }

    function _digest(bytes32 domain) private pure returns (bytes32) {
        return ReportHash.digest(domain, ReportHash.structHash(NOW, _one(BTC), _price(11)));
    }

    function _domain(string memory name, string memory version) private view returns (bytes32) {
        (, bytes32 configDigest,,,,) = aggregator.config();
        bytes32 typeHash = ReportHash.DOMAIN_TYPEHASH;
        bytes32 names = keccak256(bytes(name));
        return keccak256(
            abi.encode(typeHash, names, keccak256(bytes(version)), block.chainid, address(aggregator), configDigest)
        );
    }

    function _twoFeeds() private view returns (bytes memory data, int64[][] memory rows) {
        rows = _columns(_three(10, 11, 12), _three(20, 21, 22));
        data = _observations(NOW, 7, _two(BTC, ETH), rows);
    }
}
