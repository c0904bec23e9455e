// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {IAggregator} from "contracts/interfaces/IAggregator.sol";
import {FundingBase} from "./FundingBase.sol";

/// @dev The rules of funding told second by second, with no closed form, beside the contract under the same history.
contract PerpetualFundingShadowTest is FundingBase {
    struct Shadow {
        uint256 time;
        uint256 start;
        uint256 next;
        bool paused;
        int256 rate;
        int256 sum;
        uint256 covered;
        int256 paid; // rate * index summed over seconds
        int256 index;
        uint256 indexAt;
    }

    struct Sample {
        bool valid;
        int256 premium;
        uint256 from;
    }

    IPerpetualFunding.Params internal p;
    Shadow internal s;

    /// @dev F8, F9, F11 and every rule of time: gaps of any length, late and missing answers, missing marks, short intervals, new parameters.
    /// forge-config: default.fuzz.runs = 1500
    function testFuzz_accrue__any_history__then_equal_to_the_second_by_second_shadow(uint256 seed) public {
        _restart(seed);
        uint256 calls = 10;
        for (uint256 i = 0; i < calls; i++) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            _history(dice);
            int256 seen = _net("SHADOW");
            _shadowTo(now_);
            if (dice >> 192 & 3 == 0) _setParams(dice >> 194);
            else funding.accrue("SHADOW");
            assertEq(_net("SHADOW"), seen);
            _compare(i + 1);
        }
    }

    function _restart(uint256 seed) private {
        _anyParams(seed >> 8);
        vm.prank(OWNER);
        aggregator.addFeed("SHADOW", 8);
        _to(now_ + seed % 1000);
        _update("SHADOW", uint64(now_), _one64(INDEX));
        vm.prank(OWNER);
        funding.addMarket("SHADOW", p);
        uint256 next = (now_ / p.interval + 1) * p.interval;
        if (2 * (next - now_) < p.interval) next += p.interval;
        s = Shadow(now_, now_, next, false, 0, 0, 0, 0, int256(INDEX) * 1e10, now_);
    }

    function _anyParams(uint256 dice) private {
        p = _params();
        p.interval = uint24(bound(uint32(dice), 10, 200));
        p.maxIndexAge = uint24(bound(uint32(dice >> 32), 1, 300));
        p.realisation = dice >> 31 & 1 == 0 ? 8 hours : uint24(bound(uint16(dice), 1 hours, 24 hours));
        p.damping = dice >> 63 & 1 == 0 ? p.damping : 0;
        p.maxRate = 0.02e18;
    }

    /// @dev In place of an accrual: what was comes under the old parameters, and nothing of it moves.
    function _setParams(uint256 dice) private {
        _anyParams(dice);
        vm.prank(OWNER);
        funding.setParams("SHADOW", p);
    }

    /// @dev Time passes; perhaps an answer comes on the way, perhaps late; the mark moves or falls silent.
    function _history(uint256 dice) private {
        uint256 gap = dice % 4 == 0 ? 1 + (dice >> 8) % 700 : 1 + (dice >> 8) % 50;
        uint256 end = now_ + gap;
        if ((dice >> 32) % 3 != 0) {
            uint256 brought = now_ + (dice >> 40) % (gap + 1);
            uint256 lag = (dice >> 64) % (MAX_AGE + 1);
            _to(brought);
            if (brought - lag > aggregator.latestRound("SHADOW").observedAt) {
                _update("SHADOW", uint64(brought - lag), _one64(INDEX + int64(uint64((dice >> 80) % 1e12))));
            }
        }
        _to(end);
        int256 tilt = int256((dice >> 160) % 4000) - 2000;
        mark.set((dice >> 144) % 4 == 0 ? int256(0) : int256(INDEX) + tilt * INDEX / 100_000, 0, 0);
    }

    function _shadowTo(uint256 end) private {
        Shadow memory m = s;
        IAggregator.Round memory r = aggregator.latestRound("SHADOW");
        bool news = r.observedAt > m.indexAt;
        Sample memory sample = _sample(r, m.time > end - _min(60, end) ? m.time : end - 60, end);
        for (uint256 second = m.time; second < end; second++) {
            if (news && second >= r.updatedAt) {
                _adopt(m, r, second);
                news = false;
            }
            _second(m, second + 1, sample);
        }
        if (news) _adopt(m, r, end);
        m.time = end;
        s = m;
    }

    function _adopt(Shadow memory m, IAggregator.Round memory r, uint256 at_) private view {
        m.index = r.answer * 1e10;
        m.indexAt = r.observedAt;
        if (!m.paused || at_ > m.indexAt + p.maxIndexAge) return;
        m.paused = false;
        _open(m, at_);
    }

    /// @dev A new interval: to the first multiple that is at least half of it away.
    function _open(Shadow memory m, uint256 at_) private view {
        (m.start, m.sum, m.covered) = (at_, 0, 0);
        m.next = at_ + 1;
        while (m.next % p.interval != 0 || 2 * (m.next - at_) < p.interval) m.next++;
    }

    /// @dev The second that ends at `until`.
    function _second(Shadow memory m, uint256 until, Sample memory sample) private view {
        if (until > m.indexAt + p.maxIndexAge) m.paused = true;
        if (!m.paused) {
            m.paid += m.rate * m.index;
            if (sample.valid && until > sample.from) {
                m.sum += sample.premium;
                m.covered++;
            }
        }
        if (until == m.next) _fix(m);
    }

    function _fix(Shadow memory m) private view {
        uint256 length = m.next - m.start;
        int256 mean = m.sum / int256(length);
        if (mean * int256(length) > m.sum) mean--;
        int256 interest = int256(uint256(p.interest));
        int256 damping = int256(uint256(p.damping));
        int256 cap = int256(uint256(p.maxRate));
        int256 rate = mean > interest + damping ? mean - damping : mean < interest - damping ? mean + damping : interest;
        rate = _perEightHours(rate);
        rate = rate > cap ? cap : rate < -cap ? -cap : rate;
        m.rate = 2 * m.covered < length ? int256(0) : rate;
        _open(m, m.next);
    }

    function _perEightHours(int256 rate) private view returns (int256 eighth) {
        int256 realisation = int256(uint256(p.realisation));
        eighth = rate * 8 hours / realisation;
        if (eighth * realisation > rate * 8 hours) eighth--;
    }

    function _sample(IAggregator.Round memory r, uint256 from, uint256 end) private view returns (Sample memory) {
        int256 price = mark.price();
        if (price == 0 || end > uint256(r.observedAt) + p.maxIndexAge) return Sample(false, 0, 0);
        int256 scaled = (price - r.answer) * 1e18;
        int256 premium = scaled / r.answer;
        if (premium * r.answer > scaled) premium--;
        int256 cap = int256(uint256(p.maxPremium));
        premium = premium > cap ? cap : premium < -cap ? -cap : premium;
        return Sample(true, premium, from);
    }

    function _compare(uint256 calls) private view {
        assertEq(funding.fundingRate("SHADOW"), s.rate);
        assertEq(funding.nextFundingTime("SHADOW"), s.next);
        assertTrue(funding.fundingPaused("SHADOW") == s.paused, "paused differs");
        uint256 length = s.time - s.start;
        assertEq(funding.coverage("SHADOW"), length == 0 ? 0 : s.covered * 10_000 / length);
        // Each step of the contract rounds down once; there are at most 30 in a call.
        int256 lost = s.paid / (8 hours * 1e18) - _net("SHADOW");
        assertTrue(lost >= -1 && lost <= int256(calls * 30), "cumulative differs");
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _one64(int64 price) private pure returns (int64[] memory prices) {
        prices = new int64[](1);
        prices[0] = price;
    }
}
