"""Reading PerpetualFunding."""

from dataclasses import dataclass
from typing import Any

from reporter.chain.contract import Contract
from reporter.chain.rpc import Rpc


@dataclass(frozen=True, slots=True)
class FundingState:
    """One market: rates per 8 hours and premium with 1e18 = 100 %, ``cumulative`` in quote per base with 1e18 = 1."""

    market: str
    rate_8h: int
    predicted_8h: int
    cumulative: int
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
            "cumulative": str(self.cumulative),
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

    async def state(self, name: str, market: bytes) -> FundingState:
        """One market's state. Raises ``ChainError``."""
        views = (
            "fundingRate",
            "predictedRate",
            "cumulativeFunding",
            "premium",
            "coverage",
            "nextFundingTime",
            "lastAccrual",
            "fundingPaused",
        )
        return FundingState(name, *[await self._call(view, market) for view in views])

    async def last_accrual(self, market: bytes) -> int:
        """When the market last accrued, Unix seconds."""
        return int(await self._call("lastAccrual", market))

    async def _call(self, view: str, market: bytes) -> Any:
        return await self._rpc.read(lambda w3: self._contract.through(w3).functions[view](market).call())
