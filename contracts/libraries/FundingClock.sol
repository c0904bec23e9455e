// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPerpetualFunding} from "../interfaces/IPerpetualFunding.sol";
import {FundingMath} from "./FundingMath.sol";

/// @title Moves one market through time. Pure: what happened comes back in a log.
/// @dev Rules, shared with its twin reporter/funding/clock.py:
/// - The index of a step is the answer at its start: the one seen at the previous accrual until the block time that brought
///   the one seen now, then that one.
/// - An answer is fresh up to observedAt + maxIndexAge. Accrual stops there until the block time of a fresh answer.
/// - A sample is taken at each accrual and stands for the time since the previous one, at most 60 s and only while accruing.
///   Where a boundary falls into that time, each interval gets its part.
/// - A boundary in a pause fixes the rate like any other. A resume drops the samples so far; the next boundary is at least
///   half an interval later.
/// - New parameters count from the moment they are set. A boundary that was announced stands; those after it are multiples of
///   the new interval, the first at least half of it later. The rate in force stands until that boundary.
library FundingClock {
    uint256 internal constant MAX_SAMPLE_WEIGHT = 60 seconds;
    uint256 internal constant MAX_SWITCHES = 3;

    /// @dev Everything about a market; two words of parameters, three of state.
    struct Market {
        IPerpetualFunding.Params params;
        uint128 longsPaid;
        uint128 shortsPaid;
        int64 rate;
        int64 premium;
        uint40 time;
        uint40 start;
        uint40 next;
        bool paused;
        int96 premiumSeconds;
        uint32 covered;
        int72 index;
        uint40 indexAt;
        uint8 decimals;
    }

    /// @param index answer in the feed's decimals, > 0; 0 when there is none
    /// @param observedAt when it was observed
    /// @param updatedAt when it came on-chain
    /// @param sampled whether this accrual has a valid premium sample
    struct Reading {
        int72 index;
        uint40 observedAt;
        uint40 updatedAt;
        bool sampled;
        int64 premium;
    }

    struct Fixing {
        int256 rate;
        int256 mean;
        uint64 coverageBps;
        uint64 time;
    }

    /// @param fixings grows as needed, since most accruals fix nothing and memory costs gas. At most two with earlier samples, one
    /// per stretch between pauses (four), one before the boundaries of a new interval and one per 10 s of the sample's minute:
    /// empty intervals between are skipped
    /// @param switches times of pauses and resumes, alternating
    struct Log {
        Fixing[] fixings;
        uint64[MAX_SWITCHES] switches;
        uint256 switched;
    }

    /// @dev The sample of this accrual: it weighs the time after `from`.
    struct Sample {
        int256 premium;
        uint256 from;
    }

    /// @notice Bring `m` to `time`, given what is read at that time.
    function advance(Market memory m, Reading memory reading, uint256 time) internal pure returns (Log memory log) {
        Sample memory sample = _sample(m, reading, time);
        if (reading.observedAt > m.indexAt) {
            _stretch(m, _max(m.time, reading.updatedAt), sample, log);
            m.index = reading.index;
            m.indexAt = reading.observedAt;
            if (m.paused && m.time <= freshUntil(m)) _resume(m, log);
        }
        _stretch(m, time, sample, log);
        if (reading.sampled) m.premium = reading.premium;
    }

    /// @notice The last second at which the market's index is fresh.
    function freshUntil(Market memory m) internal pure returns (uint256) {
        return uint256(m.indexAt) + m.params.maxIndexAge;
    }

    /// @notice What one unit long has paid less what it has received.
    function net(Market memory m) internal pure returns (int256) {
        return int256(uint256(m.longsPaid)) - int256(uint256(m.shortsPaid));
    }

    /// @notice The next rate per 8 hours if the newest premium stayed until the boundary.
    function predictedRate(Market memory m) internal pure returns (int256) {
        IPerpetualFunding.Params memory p = m.params;
        uint256 rest = m.next - m.time;
        uint256 length = m.next - m.start;
        int256 mean = FundingMath.meanPremium(m.premiumSeconds + m.premium * int256(rest), length);
        return FundingMath.rate(mean, m.covered + rest, length, p.interest, p.damping, p.realisation, p.maxRate);
    }

    /// @notice The index scaled to 1e18.
    function scaledIndex(Market memory m) internal pure returns (int256) {
        return int256(m.index) * int256(10 ** (18 - uint256(m.decimals)));
    }

    /// @dev Without a sample `from` lies beyond all time.
    function _sample(Market memory m, Reading memory reading, uint256 time) private pure returns (Sample memory) {
        if (!reading.sampled) return Sample(0, type(uint256).max);
        return Sample(reading.premium, _max(m.time, time - _min(time, MAX_SAMPLE_WEIGHT)));
    }

    /// @dev Accrue with the market's index as long as it is fresh, then let time pass without.
    function _stretch(Market memory m, uint256 until, Sample memory sample, Log memory log) private pure {
        if (!m.paused) {
            _walk(m, _max(m.time, _min(until, freshUntil(m))), sample, log);
            if (m.time < until) _pause(m, log);
        }
        _walk(m, until, sample, log);
    }

    function _pause(Market memory m, Log memory log) private pure {
        m.paused = true;
        log.switches[log.switched++] = m.time;
    }

    function _resume(Market memory m, Log memory log) private pure {
        m.paused = false;
        m.start = m.time;
        m.next = uint40(FundingMath.boundaryAfter(m.time, m.params.interval));
        m.premiumSeconds = 0;
        m.covered = 0;
        log.switches[log.switched++] = m.time;
    }

    function _walk(Market memory m, uint256 until, Sample memory sample, Log memory log) private pure {
        while (m.next <= until) {
            _step(m, m.next, sample);
            _fix(m, log);
            _skipEmpty(m, _min(until, sample.from));
        }
        if (m.time < until) _step(m, until, sample);
    }

    /// @dev A step inside one interval and with one index.
    function _step(Market memory m, uint256 until, Sample memory sample) private pure {
        if (!m.paused) {
            _pay(m, FundingMath.payment(m.rate, until - m.time, scaledIndex(m)));
            uint256 seen = until - _min(until, _max(m.time, sample.from));
            m.premiumSeconds += int96(sample.premium * int256(seen));
            m.covered += uint32(seen);
        }
        m.time = uint40(until);
    }

    function _pay(Market memory m, int256 payment) private pure {
        if (payment > 0) m.longsPaid = FundingMath.added(m.longsPaid, uint256(payment));
        else if (payment < 0) m.shortsPaid = FundingMath.added(m.shortsPaid, uint256(-payment));
    }

    function _fix(Market memory m, Log memory log) private pure {
        IPerpetualFunding.Params memory p = m.params;
        uint256 length = m.next - m.start;
        int256 mean = FundingMath.meanPremium(m.premiumSeconds, length);
        int256 rate = FundingMath.rate(mean, m.covered, length, p.interest, p.damping, p.realisation, p.maxRate);
        uint64 coverage = FundingMath.coverageBps(m.covered, length);
        log.fixings = _with(log.fixings, Fixing(rate, mean, coverage, m.next));
        m.rate = int64(rate);
        m.start = m.next;
        m.next = uint40(FundingMath.boundaryAfter(m.start, p.interval));
        m.premiumSeconds = 0;
        m.covered = 0;
    }

    function _with(Fixing[] memory all, Fixing memory one) private pure returns (Fixing[] memory longer) {
        longer = new Fixing[](all.length + 1);
        for (uint256 i = 0; i < all.length; i++) {
            longer[i] = all[i];
        }
        longer[all.length] = one;
    }

    /// @dev At rate 0, an interval without a sample accrues nothing and fixes 0 again: ten years are one step.
    function _skipEmpty(Market memory m, uint256 until) private pure {
        if (m.rate != 0 || until < m.next) return;
        uint256 interval = m.params.interval;
        m.start = uint40(until - (until - m.next) % interval);
        m.next = m.start + uint40(interval);
        m.time = m.start;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
