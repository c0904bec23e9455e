// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPerpetualMarket} from "../interfaces/IPerpetualMarket.sol";

/// @title The market's ledger in tokens: collateral, claims, the pool of collected losses, the deficit and the insurance.
/// @dev Every function leaves `sum of collateral + pool + insurance` as it was, but for `deposited` and `withdrawn`.
library MarketFunds {
    function deposited(IPerpetualMarket.Account memory a, uint256 amount) internal pure {
        a.collateral = SafeCast.toUint128(a.collateral + amount);
    }

    function withdrawn(IPerpetualMarket.Account memory a, uint256 amount) internal pure {
        if (amount > a.collateral) revert IPerpetualMarket.CollateralTooLow(a.collateral, amount);
        a.collateral -= uint128(amount);
    }

    /// @notice A profit: paid from the pool as far as it reaches, the rest becomes a claim. All of it while there is a deficit.
    function credit(IPerpetualMarket.Funds memory f, IPerpetualMarket.Account memory a, uint256 amount) internal pure {
        a.claim = SafeCast.toUint128(a.claim + amount);
        f.claims = SafeCast.toUint128(f.claims + amount);
        collect(f, a);
    }

    /// @notice Pay a claim as far as the pool reaches, if nothing is lost by it.
    function collect(IPerpetualMarket.Funds memory f, IPerpetualMarket.Account memory a)
        internal
        pure
        returns (uint256 paid)
    {
        if (f.deficit != 0 || a.claim == 0) return 0;
        return redeem(f, a, Math.min(a.claim, f.pool));
    }

    /// @notice The most of an account's claim that can be redeemed now: losses that are known, if any of them were collected.
    function redeemable(IPerpetualMarket.Funds memory f, IPerpetualMarket.Account memory a)
        internal
        pure
        returns (uint256)
    {
        return f.pool == 0 ? 0 : Math.min(a.claim, uint256(f.pool) + f.deficit);
    }

    /// @notice Give up a claim for its part of the pool: `claim * pool / (pool + deficit)`, rounded down. Pool and deficit shrink
    /// by the claim together, so that the next one gets the same part.
    /// @param claim at most `redeemable`
    function redeem(IPerpetualMarket.Funds memory f, IPerpetualMarket.Account memory a, uint256 claim)
        internal
        pure
        returns (uint256 paid)
    {
        paid = f.deficit == 0 ? claim : Math.mulDiv(claim, f.pool, uint256(f.pool) + f.deficit);
        a.claim -= uint128(claim);
        f.claims -= uint128(claim);
        f.pool -= uint128(paid);
        f.deficit -= uint128(claim - paid);
        a.collateral = SafeCast.toUint128(a.collateral + paid);
    }

    /// @notice A loss: set off against the account's claim, then taken from its collateral.
    /// @return unpaid what neither covers
    function debit(IPerpetualMarket.Funds memory f, IPerpetualMarket.Account memory a, uint256 amount)
        internal
        pure
        returns (uint256 unpaid)
    {
        uint256 setOff = Math.min(amount, a.claim);
        a.claim -= uint128(setOff);
        f.claims -= uint128(setOff);
        uint256 paid = Math.min(amount - setOff, a.collateral);
        a.collateral -= uint128(paid);
        f.pool = SafeCast.toUint128(f.pool + paid);
        return amount - setOff - paid;
    }

    /// @notice A loss that nobody will pay: insurance covers what it can, the rest is a deficit.
    function writeOff(IPerpetualMarket.Funds memory f, uint256 amount) internal pure returns (uint256 covered) {
        covered = Math.min(amount, f.insurance);
        f.insurance -= uint128(covered);
        f.pool = SafeCast.toUint128(f.pool + covered);
        f.deficit = SafeCast.toUint128(f.deficit + amount - covered);
    }

    /// @notice Take a fee from the collateral, as far as there is any.
    function charge(IPerpetualMarket.Funds memory f, IPerpetualMarket.Account memory a, uint256 fee)
        internal
        pure
        returns (uint256 paid)
    {
        paid = Math.min(fee, a.collateral);
        a.collateral -= uint128(paid);
        insure(f, paid);
    }

    /// @notice New tokens of the insurance repay the deficit first.
    function insure(IPerpetualMarket.Funds memory f, uint256 amount) internal pure {
        uint256 repaid = Math.min(amount, f.deficit);
        f.deficit -= uint128(repaid);
        f.pool = SafeCast.toUint128(f.pool + repaid);
        f.insurance = SafeCast.toUint128(f.insurance + amount - repaid);
    }

    /// @notice When nobody has a position, no more claims come: what the pool and the deficit exceed them by is dust of rounding.
    function sweep(IPerpetualMarket.Funds memory f) internal pure returns (uint256 dust) {
        uint256 rest = Math.saturatingSub(uint256(f.pool) + f.deficit, f.claims);
        uint256 lifted = Math.min(rest, f.deficit);
        f.deficit -= uint128(lifted);
        dust = rest - lifted;
        f.pool -= uint128(dust);
        f.insurance = SafeCast.toUint128(f.insurance + dust);
    }
}
