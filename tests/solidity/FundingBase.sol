// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PerpetualFunding} from "contracts/PerpetualFunding.sol";
import {IMarkPrice} from "contracts/interfaces/IMarkPrice.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {AggregatorBase} from "./AggregatorBase.sol";

/// @dev A mark that is whatever a test wants: a virtual AMM's price is that of its last trade.
contract SettableMark is IMarkPrice {
    int256 public price;
    uint64 public observedAt;
    uint16 public spreadBps;

    function set(int256 price_, uint64 observedAt_, uint16 spreadBps_) external {
        (price, observedAt, spreadBps) = (price_, observedAt_, spreadBps_);
    }

    function markPrice() external view returns (int256, uint64, uint16) {
        return (price, observedAt == 0 ? uint64(block.timestamp) : observedAt, spreadBps);
    }
}

/// @dev A real aggregator with one reporter, and a market on BTC/USD that starts on the full hour.
abstract contract FundingBase is AggregatorBase {
    int64 internal constant INDEX = 60_000e8;
    int256 internal constant ONE = 1e18;
    uint24 internal constant HOUR = 1 hours;
    uint256 internal constant T0 = (uint256(START) / 1 hours + 1) * 1 hours;

    PerpetualFunding internal funding;
    SettableMark internal mark;
    uint256 internal now_;

    function setUp() public virtual override {
        now_ = T0;
        vm.warp(T0);
        aggregator = _deploy(1, 1);
        funding = new PerpetualFunding(OWNER, aggregator);
        mark = new SettableMark();
        _index(INDEX);
        mark.set(INDEX, 0, 0);
        _add(_params());
    }

    function _params() internal view returns (IPerpetualFunding.Params memory) {
        return IPerpetualFunding.Params({
            mark: mark,
            interval: HOUR,
            realisation: 8 hours,
            maxIndexAge: 3660,
            maxSpreadBps: 100,
            maxPremium: 0.1e18,
            interest: 0.0001e18,
            damping: 0.0005e18,
            maxRate: 0.0075e18
        });
    }

    function _add(IPerpetualFunding.Params memory p) internal {
        vm.prank(OWNER);
        funding.addMarket(BTC, p);
    }

    function _net(bytes32 market) internal view returns (int256 net) {
        (net,,) = funding.cumulativeFunding(market);
    }

    /// @dev An index of this second, on-chain in this second.
    function _index(int64 price) internal {
        _indexAt(price, uint64(now_));
    }

    function _indexAt(int64 price, uint64 observedAt) internal {
        int64[] memory prices = new int64[](1);
        prices[0] = price;
        _update(BTC, observedAt, prices);
    }

    function _to(uint256 time) internal {
        now_ = time;
        vm.warp(time);
    }

    /// @dev Accrue every `step` seconds up to `time`, with a fresh index before each.
    function _keep(uint256 time, uint256 step) internal {
        while (now_ < time) {
            _to(now_ + step < time ? now_ + step : time);
            _index(INDEX);
            funding.accrue(BTC);
        }
    }
}
