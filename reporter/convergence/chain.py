"""The ground of a short run: the real contracts on a chain of its own, side by side with the one in Python."""

from array import array
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from reporter.convergence.amm import DEPTH
from reporter.convergence.anvil import CHAIN_ID, Anvil, Contract, anvil
from reporter.convergence.ground import BP, Ground
from reporter.convergence.linear import START_S
from reporter.convergence.metrics import Track
from reporter.convergence.paths import DECIMALS
from reporter.convergence.play import LEAST, STEP_S, TRADE_LAG_S, State, Step
from reporter.convergence.run import Plan, play_of
from reporter.funding import Params
from reporter.funding.formulas import ONE
from reporter.keys import LocalSigner
from reporter.models import Report, SignedReport, feed_id
from reporter.report import Domain, config_digest, pack_observations, report_digest

FEED = feed_id("BTC/USD")
MAX_AGE_S = 60
REPORTERS, QUORUM = 4, 3
OWNER, RELAY, FIRST_TRADER = 0, 1, 2
MARGIN = 10**9 * ONE
"""Ample: a run is about prices, and ends where a trader would be liquidated."""
ANY_COST = 2**256 - 1
MARGIN_BPS = (1_000, 500)
BONUS_BPS = 100
SET_UP_S = 600
TRADED = keccak(text="Traded(address,int256,int256,uint256,int256,int256,uint256)")


@dataclass(frozen=True, slots=True)
class Difference:
    """A step after which the contracts and Python do not say the same."""

    step: int
    chain: State
    python: State


@dataclass(frozen=True, slots=True)
class Beside:
    """A run on both grounds, and where they differ: nowhere."""

    track: Track
    trades: int
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Reporters:
    """The keys of a reporter set made for the run, and what they sign for."""

    signers: tuple[LocalSigner, ...]
    separator: bytes

    def batch(self, at_s: int, price: int) -> tuple[int, int, list[bytes], bytes]:
        """Arguments of ``update``: a quorum whose median is this price, each with one of its own."""
        off = price // 100_000
        reports = [Report(at_s, (FEED,), (price + (i - 1) * off,)) for i in range(QUORUM)]
        signed = [
            _sign(signer, self.separator, report)
            for signer, report in zip(self.signers, reports, strict=False)
        ]
        return at_s, (1 << QUORUM) - 1, [FEED], pack_observations(signed)


class ChainGround:
    """Aggregator, funding and market on one chain; ``traders`` are its accounts from the third on."""

    def __init__(
        self, chain: Anvil, reporters: Reporters, contracts: Sequence[Contract], traders: int
    ) -> None:
        self._chain, self._reporters, self._traders = chain, reporters, traders
        self._aggregator, self._funding, self._market = contracts

    async def take(self, step: Step) -> State:
        """Report the index, then trade or accrue a second later; how the market stands after it."""
        await self._chain.send(
            step.at_s, RELAY, self._aggregator, "update", *self._reporters.batch(step.at_s, step.index)
        )
        cost = await self._act(step)
        return await self._state(cost)

    async def fund_traders(self) -> None:
        """Everybody deposits, once there is an index, before anything else happens."""
        await self._chain.send_all(self._chain.now_s + 1, self._accounts, self._market, "deposit", MARGIN)

    @property
    def _accounts(self) -> range:
        return range(FIRST_TRADER, FIRST_TRADER + self._traders)

    async def _act(self, step: Step) -> int:
        at_s = step.at_s + TRADE_LAG_S
        if step.trader is None:
            await self._chain.send(at_s, RELAY, self._funding, "accrue", FEED)
            return 0
        limit = ANY_COST if step.size > 0 else 0
        receipt = await self._chain.send(
            at_s, FIRST_TRADER + step.trader, self._market, "trade", step.size, limit
        )
        log = next(log for log in receipt["logs"] if log["topics"][0] == "0x" + TRADED.hex())
        return int(decode(["int256"] * 6, bytes.fromhex(log["data"][2:]))[1])

    async def _state(self, cost: int) -> State:
        mark, _, _ = await self._chain.read(self._market, "markPrice")
        longs, shorts = await self._chain.read(self._market, "openInterest")
        _, longs_paid, shorts_paid = await self._chain.read(self._funding, "cumulativeFunding", FEED)
        (price,) = await self._chain.read(self._market, "price")
        views = ("premium", "fundingRate", "predictedRate", "nextFundingTime")
        answers = [await self._chain.read(self._funding, view, FEED) for view in views]
        premium, rate, predicted, next_s = (answer[0] for answer in answers)
        return State(
            mark, price, longs - shorts, cost, premium, rate, longs_paid, shorts_paid, predicted, next_s
        )


async def side_by_side(
    plan: Plan, params: Params, seed: int, bar: Callable[[Iterable[int]], Iterable[int]]
) -> Beside:
    """Play one seed on a chain; the agents decide on what the contracts say, and Python is asked after each step.

    Raises:
        MissingTool: Anvil is not installed.
        ChainError: The chain fails, or a transaction is reverted.
    """
    play = play_of(plan, seed)
    step = next(play)
    basis, rate, trades = array("d"), array("d"), 0
    differences: list[Difference] = []
    python = Ground(params, step)
    async with ground(plan, params, step) as chain:
        for number in bar(range(plan.hours * 3_600 // STEP_S)):
            state, same = await chain.take(step), python.take(step)
            if state != same:
                differences.append(Difference(number, state, same))
            if number == 0:
                await chain.fund_traders()
            basis.append((state.mark - step.index) * 10_000 / step.index)
            rate.append(state.rate / BP)
            trades += step.trader is not None
            step = play.send(state) if number + 1 < plan.hours * 3_600 // STEP_S else step
    return Beside(Track(STEP_S, basis, rate), trades, differences)


@asynccontextmanager
async def ground(plan: Plan, params: Params, first: Step) -> AsyncIterator[ChainGround]:
    """A chain with everything deployed and the traders' tokens minted, one step before the first."""
    traders = sum(plan.counts.values())
    async with anvil(FIRST_TRADER + traders, START_S - SET_UP_S) as chain:
        reporters, aggregator = await _aggregator(chain)
        funding = await chain.deploy("PerpetualFunding", chain.accounts[OWNER], aggregator.address)
        token = await chain.deploy("TestToken", "Test Dollar", "TUSD", 18)
        settings = _settings(token, funding, first.index, plan.fee_bp)
        market = await chain.deploy("PerpetualMarket", chain.accounts[OWNER], settings)
        await chain.send(chain.now_s + 1, OWNER, funding, "addMarket", FEED, _params(market, params))
        made = ChainGround(chain, reporters, (aggregator, funding, market), traders)
        for i in range(FIRST_TRADER, FIRST_TRADER + traders):
            await chain.send(chain.now_s + 1, i, token, "mint", chain.accounts[i], MARGIN)
            await chain.send(chain.now_s + 1, i, token, "approve", market.address, MARGIN)
        yield made


async def _aggregator(chain: Anvil) -> tuple[Reporters, Contract]:
    signers = tuple(LocalSigner(keccak(text=f"convergence reporter {i}")) for i in range(REPORTERS))
    addresses = [signer.address for signer in signers]
    made = await chain.deploy(
        "Aggregator", chain.accounts[OWNER], addresses, QUORUM, MAX_AGE_S, [FEED], [DECIMALS]
    )
    domain = Domain(CHAIN_ID, made.address, config_digest(1, addresses, QUORUM))
    return Reporters(signers, domain.separator()), made


def _settings(token: Contract, funding: Contract, price: int, fee_bp: int) -> tuple[object, ...]:
    """As ``IPerpetualMarket.Settings``: the depth and the price that Python has, and no limit that a run would meet."""
    start = price * 10 ** (18 - DECIMALS)
    return (
        token.address,
        funding.address,
        FEED,
        DEPTH,
        start,
        DEPTH // 2,
        LEAST,
        *MARGIN_BPS,
        fee_bp,
        BONUS_BPS,
    )


def _params(market: Contract, p: Params) -> tuple[object, ...]:
    """As ``IPerpetualFunding.Params``."""
    times = (p.interval_s, p.realisation_s, p.max_index_age_s)
    return (market.address, *times, p.max_spread_bps, p.max_premium, p.interest, p.damping, p.max_rate)


def _sign(signer: LocalSigner, separator: bytes, report: Report) -> SignedReport:
    return SignedReport(report, signer.sign(report_digest(separator, report)), signer.address)
