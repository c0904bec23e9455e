"""Reading PerpetualFunding."""

from dataclasses import dataclass
from typing import Any

from reporter.chain.revert import abi
from reporter.chain.rpc import Rpc


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

    async def state(self, name: str, market: bytes) -> FundingState:
        """One market's state. Raises ``ChainError``."""
        rates = [await self._call(view, market) for view in ("fundingRate", "predictedRate")]
        sums = await self._call("cumulativeFunding", market)
        rest = ("premium", "coverage", "nextFundingTime", "lastAccrual", "fundingPaused")
        return FundingState(name, *rates, *sums, *[await self._call(view, market) for view in rest])

    async def last_accrual(self, market: bytes) -> int:
        """When the market last accrued, Unix seconds."""
        return int(await self._call("lastAccrual", market))

    async def _call(self, view: str, market: bytes) -> Any:
        definition = abi("PerpetualFunding")
        return await self._rpc.read(
            lambda w3: w3.eth.contract(self.address, abi=definition).functions[view](market).call()  # type: ignore[call-overload]
        )
