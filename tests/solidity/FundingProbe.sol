// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IMarkPrice} from "contracts/interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingClock} from "contracts/libraries/FundingClock.sol";
import {FundingMath} from "contracts/libraries/FundingMath.sol";
import {FundingPresets} from "contracts/libraries/FundingPresets.sol";

/// @dev The funding libraries on rows of numbers, in the form of tools/funding_vectors.py, for the vectors and tests/differential.
contract FundingProbe {
    /// @dev Numbers of a formula in the order of tools/funding_vectors.py; one answer a row.
    function formula(uint256 which, int256[][] calldata rows) external pure returns (int256[] memory answers) {
        answers = new int256[](rows.length);
        for (uint256 i = 0; i < rows.length; i++) {
            answers[i] = which < 5 ? _premiums(which, rows[i]) : _sums(which, rows[i]);
        }
    }

    /// @dev A history is its opening and its steps; an answer is what each step left behind.
    function histories(int256[][][] calldata given) external pure returns (int256[][][] memory answers) {
        answers = new int256[][][](given.length);
        for (uint256 i = 0; i < given.length; i++) {
            answers[i] = history(given[i]);
        }
    }

    function history(int256[][] calldata rows) public pure returns (int256[][] memory states) {
        FundingClock.Market memory m = _opened(rows[0]);
        states = new int256[][](rows.length - 1);
        for (uint256 i = 1; i < rows.length; i++) {
            int256[] calldata row = rows[i];
            FundingClock.Log memory log = FundingClock.advance(m, _reading(row), uint256(row[0]));
            if (row.length > 6) m.params = _params(row[6:]);
            states[i - 1] = _state(m, log);
        }
    }

    function presets() external pure returns (int256[][] memory rows) {
        IPerpetualFunding.Params[5] memory all = [
            FundingPresets.spotline(IMarkPrice(address(0)), 3660),
            FundingPresets.binance(IMarkPrice(address(0)), 3660),
            FundingPresets.hyperliquid(IMarkPrice(address(0)), 3660),
            FundingPresets.kraken(IMarkPrice(address(0)), 3660),
            FundingPresets.drift(IMarkPrice(address(0)), 3660)
        ];
        rows = new int256[][](all.length);
        for (uint256 i = 0; i < all.length; i++) {
            rows[i] = _row(all[i]);
        }
    }

    function _premiums(uint256 which, int256[] calldata v) private pure returns (int256) {
        if (which == 0) return FundingMath.premium(v[0], v[1], _u64(v[2]));
        if (which == 1) return FundingMath.bookPremium(v[0], v[1], v[2], _u64(v[3]));
        if (which == 2) return FundingMath.meanPremium(v[0], uint256(v[1]));
        if (which == 3) {
            return
                FundingMath.rate(v[0], uint256(v[1]), uint256(v[2]), _u64(v[3]), _u64(v[4]), uint256(v[5]), _u64(v[6]));
        }
        return int256(uint256(FundingMath.maxRateOf(uint256(v[0]), uint256(v[1]))));
    }

    function _sums(uint256 which, int256[] calldata v) private pure returns (int256) {
        if (which == 5) return FundingMath.payment(v[0], uint256(v[1]), v[2]);
        if (which == 6) return int256(uint256(FundingMath.added(uint128(uint256(v[0])), uint256(v[1]))));
        if (which == 7) return FundingMath.settlement(v[0], v[1]);
        if (which == 8) return int256(uint256(FundingMath.coverageBps(uint256(v[0]), uint256(v[1]))));
        return int256(FundingMath.boundaryAfter(uint256(v[0]), uint256(v[1])));
    }

    /// @dev As `addMarket` makes one, before it has seen an index.
    function _opened(int256[] calldata row) private pure returns (FundingClock.Market memory m) {
        m.decimals = uint8(uint256(row[0]));
        m.time = uint40(uint256(row[1]));
        m.start = m.time;
        m.params = _params(row[2:]);
        m.next = uint40(FundingMath.boundaryAfter(m.time, m.params.interval));
        m.paused = true;
    }

    function _reading(int256[] calldata row) private pure returns (FundingClock.Reading memory) {
        return FundingClock.Reading(
            int72(row[1]), uint40(uint256(row[2])), uint40(uint256(row[3])), row[4] != 0, int64(row[5])
        );
    }

    function _params(int256[] calldata v) private pure returns (IPerpetualFunding.Params memory p) {
        p.interval = uint24(uint256(v[0]));
        p.realisation = uint24(uint256(v[1]));
        p.maxIndexAge = uint24(uint256(v[2]));
        p.maxSpreadBps = uint16(uint256(v[3]));
        (p.maxPremium, p.interest, p.damping, p.maxRate) = (_u64(v[4]), _u64(v[5]), _u64(v[6]), _u64(v[7]));
    }

    function _row(IPerpetualFunding.Params memory p) private pure returns (int256[] memory row) {
        uint256[8] memory v = [
            uint256(p.interval),
            p.realisation,
            p.maxIndexAge,
            p.maxSpreadBps,
            p.maxPremium,
            p.interest,
            p.damping,
            p.maxRate
        ];
        row = new int256[](v.length);
        for (uint256 i = 0; i < v.length; i++) {
            row[i] = int256(v[i]);
        }
    }

    /// @dev The market, its net and prediction, then the fixings and the switches, each list after its length.
    function _state(FundingClock.Market memory m, FundingClock.Log memory log)
        private
        pure
        returns (int256[] memory s)
    {
        uint256 fixings = log.fixings.length;
        s = new int256[](16 + 4 * fixings + log.switched);
        (s[0], s[1]) = (int256(uint256(m.longsPaid)), int256(uint256(m.shortsPaid)));
        (s[2], s[3]) = (m.rate, m.premium);
        (s[4], s[5], s[6]) = (int256(uint256(m.time)), int256(uint256(m.start)), int256(uint256(m.next)));
        (s[7], s[8], s[9]) = (m.paused ? int256(1) : int256(0), m.premiumSeconds, int256(uint256(m.covered)));
        (s[10], s[11]) = (m.index, int256(uint256(m.indexAt)));
        (s[12], s[13]) = (FundingClock.net(m), FundingClock.predictedRate(m));
        (s[14], s[15]) = (int256(fixings), int256(log.switched));
        for (uint256 i = 0; i < fixings; i++) {
            FundingClock.Fixing memory f = log.fixings[i];
            (s[16 + 4 * i], s[17 + 4 * i]) = (f.rate, f.mean);
            (s[18 + 4 * i], s[19 + 4 * i]) = (int256(uint256(f.coverageBps)), int256(uint256(f.time)));
        }
        for (uint256 i = 0; i < log.switched; i++) {
            s[16 + 4 * fixings + i] = int256(uint256(log.switches[i]));
        }
    }

    function _u64(int256 value) private pure returns (uint64) {
        return uint64(uint256(value));
    }
}
