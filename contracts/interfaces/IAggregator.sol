// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Spotline aggregator: a quorum of signed reports in, one median per feed out.
/// @notice Reporters sign `Report(uint64 observedAt,bytes32[] feedIds,int64[] prices)` under the EIP-712 domain
/// `{name "Spotline", version "1", chainId, verifyingContract, salt = configDigest}` where
/// `configDigest = keccak256(abi.encode(uint32 configCount, address[] reporters, uint8 quorum))`. A signature is therefore
/// good for one chain, one contract and one reporter set. Price 0 is an abstention. Anyone may relay a batch.
/// A feed id is the ASCII name right-padded with zeros ("BTC/USD"). Prices are integers with the feed's decimals.
/// Times are Unix seconds. The answer of a batch lies within the honest prices while 2 * faulty < prices in the batch.
interface IAggregator {
    /// @notice One accepted round of one feed.
    /// @param roundId dense from 1; 0 means no data yet
    /// @param observedAt when the reporters observed the price, as signed
    /// @param updatedAt block time of the transaction that brought it
    /// @param answer the reporters' median (upper middle for an even count), always > 0
    /// @param reporters how many prices the median was taken over
    /// @param spreadBps (highest - lowest price) / answer in basis points, rounded up, at most 65,535
    struct Round {
        uint32 roundId;
        uint64 observedAt;
        uint64 updatedAt;
        int256 answer;
        uint8 reporters;
        uint16 spreadBps;
    }

    /// @notice One signed observation, for `reportEquivocation`.
    struct SignedReport {
        uint64 observedAt;
        bytes32[] feedIds;
        int64[] prices;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Why a feed of a batch was left as it was.
    /// UnknownFeed: not registered. NotNewer: `observedAt` is not after the stored one. NoQuorum: fewer than quorum
    /// prices. NotMedian: the named price is missing or not the median; in the narrow packing also: the base is not one less than
    /// the lowest price, the price named as the highest is not, or the spread is over 65,535 basis points.
    enum SkipReason {
        UnknownFeed,
        NotNewer,
        NoQuorum,
        NotMedian
    }

    event RoundAccepted(
        bytes32 indexed feedId,
        uint32 indexed roundId,
        int256 answer,
        uint64 observedAt,
        uint32 reporterBitmap,
        uint16 spreadBps
    );
    event FeedSkipped(bytes32 indexed feedId, SkipReason reason);
    event FeedAdded(bytes32 indexed feedId, uint8 decimals);
    event ConfigChanged(uint32 indexed configCount, bytes32 configDigest, address[] reporters, uint8 quorum);
    event MaxAgeChanged(uint8 maxAge);
    event PauserChanged(address indexed pauser);
    event FeedManagerChanged(address indexed feedManager);
    event Paused(address indexed by);
    event Unpaused(address indexed by);
    event Equivocated(
        address indexed reporter, bytes32 indexed feedId, uint64 observedAt, int64 firstPrice, int64 secondPrice
    );

    error UpdatesPaused();
    error FutureObservation(uint64 observedAt, uint256 blockTime);
    error ExpiredObservation(uint64 observedAt, uint256 blockTime, uint8 maxAge);
    error BelowQuorum(uint256 given, uint256 quorum);
    error UnknownReporterBit(uint32 reporterBitmap, uint256 reporters);
    error WrongLength(uint256 given, uint256 expected);
    error InvalidSignature(uint256 reporterIndex);
    error NothingToUpdate();
    error NoData(bytes32 feedId);
    error Stale(uint256 age, uint256 maxAge);
    error RoundNotKept(uint32 roundId, uint32 oldest, uint32 latest);
    error WindowTooLong(uint256 given, uint256 limit);
    error EmptyWindow();
    error UnknownFeedId(bytes32 feedId);
    error FeedExists(bytes32 feedId);
    error EmptyFeedId();
    error DecimalsOutOfRange(uint8 given, uint8 limit);
    error ReporterCount(uint256 given, uint256 limit);
    error QuorumOutOfRange(uint256 quorum, uint256 reporters);
    error ZeroReporter(uint256 index);
    error DuplicateReporter(address reporter);
    error MaxAgeOutOfRange(uint256 given);
    error Unauthorized(address caller);
    error NotEquivocation();

    // ---------------------------------------------------------------- update

    /// @notice Verify a batch of signed reports and store the median of each feed that advances.
    /// @dev `observations` is packed in one of two ways, which have no length in common.
    /// Wide: first one byte per feed, the position of the median's reporter among the reports of this batch (0 = first report);
    /// then per set bit of `reporterBitmap`, lowest first: r (32 bytes), vs (32 bytes, EIP-2098) and one big-endian int64 price
    /// per feed.
    /// Narrow, which is cheaper from three feeds on, where everyone prices every feed and a feed's prices lie within 2^39 of each
    /// other: first nine bytes per feed, which are the position of the median, the position of the highest price (both modulo the
    /// reports) and the base (7 bytes), one less than the lowest price; then per set bit r, vs and five bytes per feed, the price
    /// less the base less 1. All numbers are big-endian; the top bit of those five bytes is not read.
    /// Nothing in either is trusted: every signature must recover to the reporter of its bit over the prices in full, and with m
    /// prices of a feed the named one must have at most floor(m/2) below it and at most m - 1 - floor(m/2) above. A wrong
    /// signature reverts the batch; a feed that cannot advance is skipped with `FeedSkipped`; reverts `NothingToUpdate` if none
    /// advances. `WrongLength` expects the wide packing.
    /// @param observedAt Unix seconds, not in the future and not older than `maxAge`
    /// @param reporterBitmap bit i = the i-th reporter of the set
    /// @param feedIds in the order that was signed
    /// @param observations see above
    function update(uint64 observedAt, uint32 reporterBitmap, bytes32[] calldata feedIds, bytes calldata observations)
        external;

    /// @notice Prove that one reporter signed two different positive prices for one feed and time under the present
    /// reporter set. Emits `Equivocated` and changes nothing.
    function reportEquivocation(
        uint256 reporterIndex,
        bytes32 feedId,
        SignedReport calldata first,
        SignedReport calldata second
    ) external;

    // ---------------------------------------------------------------- reads

    /// @notice The strict read: reverts `NoData`, or `Stale` when `block.timestamp - observedAt > maxAge`.
    /// @param maxAge seconds; an age equal to it is still fresh
    function read(bytes32 feedId, uint256 maxAge)
        external
        view
        returns (int256 answer, uint64 observedAt, uint16 spreadBps, uint8 reporters);

    /// @notice The newest round; `roundId` 0 and all else 0 while there is none. Reverts `UnknownFeedId`.
    function latestRound(bytes32 feedId) external view returns (Round memory);

    /// @notice The newest round of many feeds in one call. Reverts `UnknownFeedId`.
    function latestRounds(bytes32[] calldata feedIds) external view returns (Round[] memory);

    /// @notice A round of the last 4,096. Reverts `RoundNotKept`.
    function getRound(bytes32 feedId, uint32 roundId) external view returns (Round memory);

    /// @notice Time-weighted mean of the answers between two rounds' observation times (left-continuous steps).
    /// @return mean floored; needs fromRound < toRound, both kept
    function twap(bytes32 feedId, uint32 fromRound, uint32 toRound) external view returns (int256 mean);

    /// @notice Time-weighted mean over the last `window` seconds before the newest observation.
    /// @param window seconds, at most 2^24; reverts `RoundNotKept` when history does not reach that far
    function twap(bytes32 feedId, uint256 window) external view returns (int256 mean);

    /// @notice How many decimals the feed's answers have. Fixed for ever. Reverts `UnknownFeedId`.
    function feedDecimals(bytes32 feedId) external view returns (uint8);

    /// @notice The reporter set in bit order.
    function reporters() external view returns (address[] memory);

    /// @notice The present configuration in one call.
    function config()
        external
        view
        returns (uint32 configCount, bytes32 configDigest, uint8 reporterCount, uint8 quorum, uint8 maxAge, bool paused);

    /// @notice EIP-712 domain separator, rebuilt when the chain id is not the one it was made for.
    function domainSeparator() external view returns (bytes32);

    /// @notice The account that may only pause; zero for none.
    function pauser() external view returns (address);

    /// @notice The account that may only add feeds; zero for none.
    function feedManager() external view returns (address);

    // ---------------------------------------------------------------- management

    /// @notice Replace the reporter set and quorum: 1 to 31 distinct addresses, 2 * quorum > reporters. Owner only.
    /// Round ids go on; signatures under the old set die.
    function setConfig(address[] calldata reporters, uint8 quorum) external;

    /// @notice Register a feed. Owner or feed manager.
    function addFeed(bytes32 feedId, uint8 decimals) external;

    /// @notice Seconds an observation may be old at the transaction's block, 1 to 255. Owner only.
    function setMaxAge(uint8 maxAge) external;

    /// @notice Stop updates (reads go on). Pauser or owner.
    function pause() external;

    /// @notice Allow updates again. Owner only.
    function unpause() external;

    /// @notice Name the account that may only pause. Owner only.
    function setPauser(address pauser) external;

    /// @notice Name the account that may only add feeds. Owner only.
    function setFeedManager(address feedManager) external;
}
