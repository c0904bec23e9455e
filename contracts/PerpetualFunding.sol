// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAggregator} from "./interfaces/IAggregator.sol";
import {IMarkPrice} from "./interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "./interfaces/IPerpetualFunding.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {FundingClock} from "./libraries/FundingClock.sol";
import {FundingMath} from "./libraries/FundingMath.sol";
import {FundingRules} from "./libraries/FundingRules.sol";

/// @title Perpetual funding. All NatSpec is in `IPerpetualFunding`, the formulas in `FundingMath`, the rules of time in
/// `FundingClock`, the bounds of parameters in `FundingRules`.
/// @dev Views answer what they would after an `accrue` in the same block.
contract PerpetualFunding is IPerpetualFunding, Ownable2Step {
    /// @dev Ample for an AMM or a feed; a source that needs more gives no sample.
    uint256 internal constant SOURCE_GAS = 250_000;

    IAggregator public immutable aggregator;
    mapping(bytes32 market => FundingClock.Market) internal _markets;

    constructor(address owner_, IAggregator aggregator_) Ownable(owner_) {
        aggregator = aggregator_;
    }

    /// @inheritdoc IPerpetualFunding
    function addMarket(bytes32 market, Params calldata p) external onlyOwner {
        FundingRules.check(p);
        FundingClock.Market storage m = _markets[market];
        if (m.time != 0) revert MarketExists(market);
        m.decimals = aggregator.feedDecimals(market);
        m.params = p;
        m.time = uint40(block.timestamp);
        m.start = m.time;
        m.next = uint40(FundingMath.boundaryAfter(block.timestamp, p.interval));
        m.paused = true;
        emit MarketAdded(market, p);
        _advance(market, _known(market)); // resumes at once if there is a fresh index
    }

    /// @inheritdoc IPerpetualFunding
    function accrue(bytes32 market) external {
        _accrue(market, _known(market));
    }

    /// @inheritdoc IPerpetualFunding
    function setParams(bytes32 market, Params calldata p) external onlyOwner {
        FundingRules.check(p);
        _accrue(market, _known(market));
        _markets[market].params = p;
        emit ParamsSet(market, p);
    }

    /// @inheritdoc IPerpetualFunding
    function fundingRate(bytes32 market) external view returns (int256 rate8h) {
        return _now(market).rate;
    }

    /// @inheritdoc IPerpetualFunding
    function predictedRate(bytes32 market) external view returns (int256 rate8h) {
        return FundingClock.predictedRate(_now(market));
    }

    /// @inheritdoc IPerpetualFunding
    function cumulativeFunding(bytes32 market)
        external
        view
        returns (int256 net, uint256 longsPaid, uint256 shortsPaid)
    {
        FundingClock.Market memory m = _now(market);
        return (FundingClock.net(m), m.longsPaid, m.shortsPaid);
    }

    /// @inheritdoc IPerpetualFunding
    function premium(bytes32 market) external view returns (int256) {
        return _now(market).premium;
    }

    /// @inheritdoc IPerpetualFunding
    function coverage(bytes32 market) external view returns (uint256 bps) {
        FundingClock.Market memory m = _now(market);
        return FundingMath.coverageBps(m.covered, m.time - m.start);
    }

    /// @inheritdoc IPerpetualFunding
    function nextFundingTime(bytes32 market) external view returns (uint64) {
        return _now(market).next;
    }

    /// @inheritdoc IPerpetualFunding
    function fundingPaused(bytes32 market) external view returns (bool) {
        return _now(market).paused;
    }

    /// @inheritdoc IPerpetualFunding
    function lastAccrual(bytes32 market) external view returns (uint64) {
        return _known(market).time;
    }

    /// @inheritdoc IPerpetualFunding
    function params(bytes32 market) external view returns (Params memory) {
        return _known(market).params;
    }

    function _known(bytes32 market) private view returns (FundingClock.Market memory m) {
        m = _markets[market];
        // slither-disable-next-line incorrect-equality: zero marks a market that was never added
        if (m.time == 0) revert UnknownMarket(market);
    }

    function _now(bytes32 market) private view returns (FundingClock.Market memory m) {
        m = _known(market);
        // slither-disable-next-line unused-return: a view has no use for the events
        if (m.time < block.timestamp) FundingClock.advance(m, _reading(market, m), block.timestamp);
    }

    function _accrue(bytes32 market, FundingClock.Market memory m) private {
        if (m.time >= block.timestamp) return;
        _advance(market, m);
        emit Accrued(market, m.longsPaid, m.shortsPaid, m.premium, m.time);
    }

    function _advance(bytes32 market, FundingClock.Market memory m) private {
        bool paused = m.paused;
        FundingClock.Log memory log = FundingClock.advance(m, _reading(market, m), block.timestamp);
        _save(market, m);
        _emit(market, log, paused);
    }

    /// @dev Only the state is written; parameters and decimals are as they were.
    function _save(bytes32 market, FundingClock.Market memory m) private {
        FundingClock.Market storage stored = _markets[market];
        (stored.longsPaid, stored.shortsPaid) = (m.longsPaid, m.shortsPaid);
        (stored.rate, stored.premium) = (m.rate, m.premium);
        (stored.time, stored.start, stored.next, stored.paused) = (m.time, m.start, m.next, m.paused);
        (stored.premiumSeconds, stored.covered) = (m.premiumSeconds, m.covered);
        (stored.index, stored.indexAt) = (m.index, m.indexAt);
    }

    function _emit(bytes32 market, FundingClock.Log memory log, bool paused) private {
        for (uint256 i = 0; i < log.fixings.length; i++) {
            FundingClock.Fixing memory f = log.fixings[i];
            emit RateFixed(market, f.rate, f.mean, f.coverageBps, f.time);
        }
        for (uint256 i = 0; i < log.switched; i++) {
            paused = !paused;
            if (paused) emit FundingPaused(market, log.switches[i]);
            else emit FundingResumed(market, log.switches[i]);
        }
    }

    // ---------------------------------------------------------------- sources

    /// @dev The index and, if both it and the mark can be used, a premium sample.
    function _reading(bytes32 market, FundingClock.Market memory m)
        private
        view
        returns (FundingClock.Reading memory reading)
    {
        (bool known, IAggregator.Round memory round) = _index(market);
        if (!known) return reading;
        reading.index = int72(round.answer);
        reading.observedAt = uint40(round.observedAt);
        reading.updatedAt = uint40(round.updatedAt);
        if (!_usable(m.params, round.observedAt, round.spreadBps)) return reading;
        (bool ok, int256 mark) = _mark(m.params);
        if (!ok) return reading;
        reading.sampled = true;
        reading.premium = int64(FundingMath.premium(mark, round.answer, m.params.maxPremium));
    }

    /// @dev Our own aggregator does not fail for a registered feed; if it did, the index would be stale and not the market stuck.
    function _index(bytes32 market) private view returns (bool, IAggregator.Round memory round) {
        (bool ok, uint256[] memory w) =
            BoundedCall.ask(address(aggregator), abi.encodeCall(IAggregator.latestRound, (market)), SOURCE_GAS, 6);
        if (!ok || w[0] == 0) return (false, round);
        round.observedAt = uint64(w[1]);
        round.updatedAt = uint64(w[2]);
        round.answer = int256(w[3]);
        round.spreadBps = uint16(w[5]);
        return (true, round);
    }

    function _mark(Params memory p) private view returns (bool, int256) {
        (bool ok, uint256[] memory w) =
            BoundedCall.ask(address(p.mark), abi.encodeCall(IMarkPrice.markPrice, ()), SOURCE_GAS, 3);
        int256 price = int256(w[0]);
        return (ok && price > 0 && price <= FundingMath.MAX_MARK && _usable(p, w[1], w[2]), price);
    }

    /// @dev Fresh, not from the future, and its reporters agree.
    function _usable(Params memory p, uint256 observedAt, uint256 spreadBps) private view returns (bool) {
        if (observedAt > block.timestamp || spreadBps > p.maxSpreadBps) return false;
        return block.timestamp - observedAt <= p.maxIndexAge;
    }
}
