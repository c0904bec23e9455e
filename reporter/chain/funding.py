"""Reading PerpetualFunding."""

from dataclasses import dataclass
from typing import Any, cast

from eth_utils.crypto import keccak
from web3.types import TxParams

from reporter.chain.contract import Contract
from reporter.chain.rpc import Rpc
from reporter.errors import ChainError

LATEST_ROUND, MARK_PRICE = keccak(text="latestRound(bytes32)")[:4], keccak(text="markPrice()")[:4]
SOURCE_GAS = 300_000
"""More than the 250,000 that the contract gives a source, for the call around it."""


@dataclass(frozen=True, slots=True)
class FundingState:
    """One market: rates per 8 hours and premium with 1e18 = 100 %, the sums in quote per base with 1e18 = 1.

    ``net`` is what one unit long has paid less what it received; ``longs_paid`` what it paid while the rate was positive;
    ``shorts_paid`` what one unit short paid while it was negative.
    """

    market: str
    rate_8h: int
    predicted_8h: int
    net: int
    longs_paid: int
    shorts_paid: int
    premium: int
    coverage_bps: int
    next_funding_at: int
    last_accrual_at: int
    paused: bool

    def document(self) -> dict[str, Any]:
        """As JSON; integers as text."""
        return {
            "market": self.market,
            "rate8h": str(self.rate_8h),
            "predicted8h": str(self.predicted_8h),
            "cumulative": str(self.net),
            "longsPaid": str(self.longs_paid),
            "shortsPaid": str(self.shorts_paid),
            "premium": str(self.premium),
            "coverageBps": self.coverage_bps,
            "nextFundingTime": self.next_funding_at,
            "lastAccrual": self.last_accrual_at,
            "paused": self.paused,
        }


class FundingReader:
    """Reads one funding contract."""

    def __init__(self, rpc: Rpc, address: str) -> None:
        self._rpc, self.address = rpc, address
        self._contract = Contract("PerpetualFunding", address)
        self._aggregator = ""

    async def state(self, name: str, market: bytes) -> FundingState:
        """One market's state. Raises ``ChainError``."""
        rates = [await self._call(view, market) for view in ("fundingRate", "predictedRate")]
        sums = await self._call("cumulativeFunding", market)
        rest = ("premium", "coverage", "nextFundingTime", "lastAccrual", "fundingPaused")
        return FundingState(name, *rates, *sums, *[await self._call(view, market) for view in rest])

    async def has(self, market: bytes) -> bool:
        """Whether the contract has this market. Raises ``ChainError``."""
        try:
            await self.last_accrual(market)
        except ChainError as error:
            if "UnknownMarket" in str(error):
                return False
            raise
        return True

    async def last_accrual(self, market: bytes) -> int:
        """When the market last accrued, Unix seconds."""
        return int(await self._call("lastAccrual", market))

    async def would_sample(self, market: bytes, now_s: int) -> bool:
        """Whether an accrual at ``now_s`` would take a premium sample: the rules of ``PerpetualFunding._reading``.

        Raises:
            ChainError: No endpoint answers. A mark source that reverts or answers nonsense gives no sample.
        """
        mark, _, _, max_age_s, max_spread_bps, *_ = await self._call("params", market)
        index = await self._round(market)
        marked = await self._words(mark, MARK_PRICE, 3)
        if index is None or marked is None:
            return False
        told = (index[3], index[1], index[5]), marked
        return all(
            price_is_positive(price) and 0 <= now_s - at <= max_age_s and spread_bps <= max_spread_bps
            for price, at, spread_bps in told
        )

    async def index_updated_at(self, market: bytes) -> int:
        """When the newest answer of a market's index came on-chain, Unix seconds; 0 without one. Raises ``ChainError``."""
        index = await self._round(market)
        return 0 if index is None else index[2]

    async def _round(self, market: bytes) -> tuple[int, ...] | None:
        self._aggregator = self._aggregator or await self._call("aggregator")
        return await self._words(self._aggregator, LATEST_ROUND + market, 6)

    async def _words(self, address: str, data: bytes, count: int) -> tuple[int, ...] | None:
        """The words of an answer; None for a revert or a shorter one. Not by an ABI: a source may answer anything."""
        asked = cast(TxParams, {"to": address, "data": data, "gas": SOURCE_GAS})
        try:
            found = await self._rpc.read(lambda w3: w3.eth.call(asked))
        except ChainError as error:
            if "the contract reverted" in str(error):
                return None
            raise
        words = tuple(int.from_bytes(found[at : at + 32], "big") for at in range(0, 32 * count, 32))
        return words if len(found) >= 32 * count else None

    async def _call(self, view: str, *arguments: bytes) -> Any:
        return await self._rpc.read(lambda w3: self._contract.through(w3).functions[view](*arguments).call())


def price_is_positive(word: int) -> bool:
    """Whether a word is an int256 above 0."""
    return 0 < word < 2**255
