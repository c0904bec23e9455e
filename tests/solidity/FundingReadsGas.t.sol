// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FundingConsumer} from "contracts/examples/FundingConsumer.sol";
import {IPerpetualFunding} from "contracts/interfaces/IPerpetualFunding.sol";
import {FundingConsumerBase} from "./FundingConsumerBase.sol";

/// @dev What INTEGRATING.md says that reads cost a contract. Each is the first call of its transaction: accounts and slots are
/// cold. tests/unit/test_documents.py holds the page to the figures here.
abstract contract FundingReadsGas is FundingConsumerBase {
    /// @dev A figure is rounded up to 100; one that is 2 % above what is measured is wrong, too.
    uint256 private constant SLACK_PERCENT = 2;

    struct Figures {
        uint256 cumulativeFunding;
        uint256 fundingRate;
        uint256 predictedRate;
        uint256 premium;
        uint256 coverage;
        uint256 nextFundingTime;
        uint256 fundingPaused;
        uint256 lastAccrual;
        uint256 params;
        uint256 settle;
    }

    event Used(uint256 gas, uint256 figure);

    function setUp() public virtual override {
        super.setUp();
        _pass(1 hours);
        _trade(ANN, BOB, 1e18);
        _pass(60);
        consumer.settle(ANN);
        _pass(30 minutes);
    }

    function _figures() internal pure virtual returns (Figures memory);

    function test_cumulativeFunding__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.cumulativeFunding, (BTC))), _figures().cumulativeFunding);
    }

    function test_fundingRate__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.fundingRate, (BTC))), _figures().fundingRate);
    }

    function test_predictedRate__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.predictedRate, (BTC))), _figures().predictedRate);
    }

    function test_premium__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.premium, (BTC))), _figures().premium);
    }

    function test_coverage__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.coverage, (BTC))), _figures().coverage);
    }

    function test_nextFundingTime__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.nextFundingTime, (BTC))), _figures().nextFundingTime);
    }

    function test_fundingPaused__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.fundingPaused, (BTC))), _figures().fundingPaused);
    }

    function test_lastAccrual__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.lastAccrual, (BTC))), _figures().lastAccrual);
    }

    function test_params__cold__then_its_figure() public {
        _hold(_gasOf(abi.encodeCall(IPerpetualFunding.params, (BTC))), _figures().params);
    }

    /// @dev `FundingConsumer.settle` of a trader who has been settled before.
    function test_settle__cold__then_its_figure() public {
        FundingConsumer asked = consumer;
        _cool();
        uint256 before = gasleft();
        asked.settle(ANN);
        _hold(before - gasleft(), _figures().settle);
    }

    /// @dev The call alone: the cold account and all that it does, nothing of the caller's.
    function _gasOf(bytes memory asked) private returns (uint256 used) {
        address target = address(funding);
        _cool();
        bool ok;
        uint256 before = gasleft();
        (ok,) = target.staticcall(asked);
        used = before - gasleft();
        assertTrue(ok, "the read reverts");
    }

    function _cool() private {
        vm.cool(address(consumer));
        vm.cool(address(funding));
        vm.cool(address(aggregator));
        vm.cool(address(mark));
    }

    function _hold(uint256 used, uint256 figure) private {
        emit Used(used, figure);
        assertTrue(used <= figure, "costs more than its figure");
        assertTrue(used * 100 >= figure * (100 - SLACK_PERCENT), "costs less: lower the figure");
    }
}

/// @dev Somebody has accrued in this block.
contract FundingReadsGasAccruedTest is FundingReadsGas {
    function _figures() internal pure override returns (Figures memory) {
        return Figures({
            cumulativeFunding: 16_200,
            fundingRate: 15_900,
            predictedRate: 18_100,
            premium: 15_900,
            coverage: 16_300,
            nextFundingTime: 15_900,
            fundingPaused: 15_900,
            lastAccrual: 15_300,
            params: 16_000,
            settle: 32_600
        });
    }
}

/// @dev Nobody has: the view accrues for itself, here with a new index and a new sample of a `FeedMark`.
contract FundingReadsGasOpenTest is FundingReadsGas {
    function setUp() public override {
        super.setUp();
        _to(now_ + 60);
        _rounds(INDEX);
    }

    function _figures() internal pure override returns (Figures memory) {
        return Figures({
            cumulativeFunding: 36_500,
            fundingRate: 36_200,
            predictedRate: 38_400,
            premium: 36_200,
            coverage: 36_600,
            nextFundingTime: 36_200,
            fundingPaused: 36_200,
            lastAccrual: 15_300,
            params: 16_000,
            settle: 52_900
        });
    }
}
