// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title A perpetual against a virtual automated market maker. A REFERENCE market: small, unaudited, for tests and models of
/// the chain from exchange to payment. Do not put money into it that you would miss.
/// @notice
/// Units: sizes are base with 1e18 = 1, negative when short; prices and costs are quote with 1e18 = 1; collateral, claims, fees
/// and all sums of the ledger are the token's own units. `scale` is 10^(18 - the token's decimals).
///
/// Price. The maker's reserves follow from open interest alone: with `net = longs - shorts`, `Y(n) = ceil(k / (base - n))` and
/// `k = base * quote`, buying `d` costs `Y(net + d) - Y(net)`, selling earns the same. So the price moves by trades alone, never
/// by the index; the way there does not matter; and what all traders paid the maker is `Y(net) - Y(0)` at every moment.
///
/// Funding. `PerpetualFunding` says what a unit long paid while its rate was positive and a unit short while it was negative. The
/// paying side pays that on its size, the receiving side shares exactly that sum:
/// `longNet += dLongsPaid - floor(dShortsPaid * shorts / longs)`, `shortNet += dShortsPaid - floor(dLongsPaid * longs / shorts)`,
/// taken before each change of open interest. While a side is empty nobody receives, so nobody pays. A position owes
/// `|size| * (net of its side - its entry) / (1e18 * scale)`: debits rounded up, credits down. Settled at every touch.
///
/// Profit and loss. Closing a part of a position realises `-(floor(openNotional * part / size) + cost of closing)`, a loss
/// rounded up, a profit down. Losses are first set off against the account's own claim, then taken from its collateral into the
/// `pool` of collected losses. Profits are paid from the pool as far as it reaches; the rest is a claim, paid from later losses.
/// A debit that neither covers is added to `openNotional` while the position stands. When it ends, that is bad debt: insurance
/// pays it into the pool, and what insurance lacks is the `deficit`. While there is one, a claim is paid by `redeem` alone and at
/// `pool / (pool + deficit)`, rounded down: everyone who redeems then loses the same part, and the ratio stays. New insurance
/// first repays the deficit. `pool + deficit >= claims` when nobody has a position; the rest is dust of rounding and goes to insurance then.
/// The token: `sum of collateral + pool + insurance = balance`, to the unit, unless somebody sends tokens without depositing.
///
/// Margin. What a trader wants is judged at the worse of two prices, what is done to him at the better: the index, and what the
/// maker would pay for the whole position. To open or withdraw: `collateral + min(0, both profits) >= IMF * |size| * index`; claims
/// and unrealised profit do not count. Liquidation needs `collateral + claim + profit < MMF * |size| * index` at both: neither a
/// mark moved within a transaction nor an index alone takes a position. So a position that only one of the two condemns waits.
///
/// Index. Usable as `PerpetualFunding` says: age at most the funding market's `maxIndexAge`, spread at most its `maxSpreadBps`.
/// While it is not, or the market is paused, `close`, and `withdraw` and `redeem` without a position, work (and gifts to the
/// insurance, and `settle` while paused); all else reverts. A position is never liquidated then.
interface IPerpetualMarket {
    /// @notice What a market is made of; none of it changes.
    /// @param token the margin; plain ERC-20 of at most 18 decimals, without a fee on transfer
    /// @param funding where rates come from; nobody can trade before this contract is the mark of its market `feedId`
    /// @param feedId the index
    /// @param baseReserve the maker's depth; a trade of 1 % of it moves the price by about 2 %
    /// @param startPrice the maker's price while longs equal shorts, 1e18 = 1
    /// @param maxOpenInterest of each side, at most half of `baseReserve`
    /// @param minSize of a position that is not zero, at least a billionth of `maxOpenInterest`
    /// @param initialMarginBps margin to open with and to withdraw down to
    /// @param maintenanceMarginBps below it a position can be liquidated
    /// @param takerFeeBps on each trade's quote amount, to the insurance
    /// @param liquidationBonusBps to the liquidator, from what is left of the collateral; with the fee at most the maintenance margin
    struct Settings {
        IERC20 token;
        address funding;
        bytes32 feedId;
        uint128 baseReserve;
        uint128 startPrice;
        uint128 maxOpenInterest;
        uint128 minSize;
        uint16 initialMarginBps;
        uint16 maintenanceMarginBps;
        uint16 takerFeeBps;
        uint16 liquidationBonusBps;
    }

    /// @notice One trader.
    /// @param size base, negative when short
    /// @param entry the net of its side when it was last settled
    /// @param collateral tokens
    /// @param claim realised profit that is not collected yet, tokens
    /// @param openNotional quote paid for the position (negative when short), and debits that nothing has covered yet
    struct Account {
        int128 size;
        int128 entry;
        uint128 collateral;
        uint128 claim;
        int128 openNotional;
    }

    /// @notice Open interest and its funding.
    /// @param longs base of all longs; `shorts` of all shorts
    /// @param seenLongsPaid of the funding contract when last taken; so `seenShortsPaid`
    /// @param longNet what one unit long has paid less what it has received, quote per base; `shortNet` one unit short
    struct Sides {
        uint128 longs;
        uint128 shorts;
        uint128 seenLongsPaid;
        uint128 seenShortsPaid;
        int128 longNet;
        int128 shortNet;
    }

    /// @notice The market's own tokens and debts.
    /// @param pool losses that were collected and not paid out
    /// @param deficit losses that nobody will pay
    /// @param insurance tokens of the insurance fund
    /// @param claims sum of all accounts' claims
    struct Funds {
        uint128 pool;
        uint128 deficit;
        uint128 insurance;
        uint128 claims;
    }

    event Deposited(address indexed trader, uint256 amount);
    event Withdrawn(address indexed trader, uint256 amount);
    /// @param price of the maker after the trade
    event Traded(
        address indexed trader, int256 sizeDelta, int256 cost, uint256 fee, int256 realised, int256 size, uint256 price
    );
    /// @param amount tokens, positive when the trader pays
    event FundingSettled(address indexed trader, int256 amount);
    event Redeemed(address indexed trader, uint256 claim, uint256 paid);
    event Liquidated(address indexed trader, address indexed liquidator, int256 size, int256 cost, uint256 bonus);
    event BadDebt(address indexed trader, uint256 amount, uint256 covered);
    event InsuranceFunded(address indexed from, uint256 amount);
    event DustSwept(uint256 amount);

    error SettingOutOfRange(string name, uint256 given, uint256 limit);
    error MarkIsNotThisMarket(address given, address expected);
    error MaxRateTooHigh(uint256 given, uint256 limit);
    error SpreadTooWide(uint256 given, uint256 limit);
    error NothingToDo();
    error NoPosition(address trader);
    error SizeOutOfRange(int256 given, uint256 limit);
    error SizeTooSmall(uint256 given, uint256 limit);
    error OpenInterestTooHigh(uint256 given, uint256 limit);
    error CostAboveLimit(uint256 given, uint256 limit);
    error ProceedsBelowLimit(uint256 given, uint256 limit);
    error MarginTooLow(int256 given, uint256 limit);
    error NotLiquidatable(int256 given, uint256 limit);
    error CollateralTooLow(uint256 given, uint256 limit);
    error ClaimTooLow(uint256 given, uint256 limit);
    error TransferNotExact(uint256 given, uint256 expected);

    // ---------------------------------------------------------------- trading

    /// @notice Put tokens into the caller's account; not before the funding market is there. Reverts `TransferNotExact` when another amount arrives.
    function deposit(uint256 amount) external;

    /// @notice Take tokens out of the caller's account. With a position, the initial margin must remain.
    function withdraw(uint256 amount) external;

    /// @notice Buy or sell. Part of it that reduces the position needs no margin; the rest needs the initial margin.
    /// @param sizeDelta base, negative to sell
    /// @param limit quote: at most this to buy, at least this to sell
    function trade(int256 sizeDelta, uint256 limit) external;

    /// @notice Close the caller's whole position. Works while the index is not usable, and while the market is paused.
    function close(uint256 limit) external;

    /// @notice Settle a trader's funding. Anyone may; so may everyone see it.
    function settle(address trader) external;

    /// @notice Take the caller's claim, or a part of it, from the pool; while there is a deficit, with a loss (see above).
    function redeem(uint256 claim) external;

    /// @notice Close a trader's whole position, whose margin is below maintenance at both prices. The bonus is credited to the
    /// caller's account here: no more than what collateral the loss and the fee leave.
    function liquidate(address trader) external;

    /// @notice Give tokens to the insurance fund.
    function fundInsurance(uint256 amount) external;

    /// @notice Stop all but closing and withdrawing without a position. Owner only; so is `unpause`.
    function pause() external;

    /// @notice Go on.
    function unpause() external;

    // ---------------------------------------------------------------- views

    /// @notice A trader's account as if it were settled now.
    function position(address trader) external view returns (Account memory);

    /// @notice Funding that a trader owes since it was last settled, tokens; negative when due to the trader.
    function fundingOwed(address trader) external view returns (int256);

    /// @notice What the account would be worth if the maker closed it now, 1e18 = 1: collateral, claim and profit, before the fee.
    function accountValue(address trader) external view returns (int256);

    /// @notice The account's better value over its size at the index, 1e18 = 100 %: liquidation starts below the maintenance
    /// margin. Reverts as a liquidation would when the index is not usable; `NoPosition` without one.
    function marginRatio(address trader) external view returns (int256);

    /// @notice The most that `withdraw` would pay now, tokens; 0 with a position while the index is not usable.
    function withdrawable(address trader) external view returns (uint256);

    /// @notice The index as trades and liquidations would use it, 1e18 = 1; reverts as they would when it is not usable.
    function usableIndex() external view returns (uint256);

    /// @notice What a trade would cost (negative: earn), and its fee in tokens.
    function quote(int256 sizeDelta) external view returns (int256 cost, uint256 fee);

    /// @notice The maker's price, 1e18 = 1.
    function price() external view returns (uint256);

    /// @notice Base of all longs and of all shorts.
    function openInterest() external view returns (uint256 longs, uint256 shorts);

    /// @notice Open interest with its funding, as last written.
    function sides() external view returns (Sides memory);

    /// @notice The market's own tokens and debts.
    function funds() external view returns (Funds memory);

    /// @notice Tokens of the insurance fund.
    function insurance() external view returns (uint256);

    /// @notice What the market is made of.
    function settings() external view returns (Settings memory);
}
