"""The ground of long runs: funding clock and AMM in Python, equal to the contracts to the last unit."""

from array import array

from reporter.convergence.amm import DEPTH, Amm, amm_at
from reporter.convergence.metrics import Track
from reporter.convergence.paths import DECIMALS
from reporter.convergence.play import STEP_S, TRADE_LAG_S, Play, State, Step
from reporter.funding import Params, Reading, advance
from reporter.funding.clock import new_market, predicted_rate
from reporter.funding.formulas import ONE, premium

BP = ONE // 10_000
PRICE_DECIMALS = 18


class Ground:
    """A market in memory. Its index is fresh at every step, its mark the AMM's before the trade."""

    def __init__(self, params: Params, first: Step, depth: int = DEPTH) -> None:
        self._depth = depth
        self.amm: Amm = amm_at(first.index, DECIMALS, depth)
        self.market = new_market(params, DECIMALS, first.at_s)

    def take(self, step: Step) -> State:
        """The state after a step: funding accrues, then the trade moves the curve."""
        mark = self.amm.mark(DECIMALS)
        sample = premium(mark, step.index, self.market.params.max_premium)
        reading = Reading(step.index, step.at_s, step.at_s, True, sample)
        self.market, _ = advance(self.market, reading, step.at_s + TRADE_LAG_S)
        before, self.amm = self.amm, self.amm.trade(step.size)
        return self._state(self.amm.quote - before.quote)

    def _state(self, cost: int) -> State:
        m, amm = self.market, self.amm
        return State(
            mark=amm.mark(DECIMALS),
            price=amm.mark(PRICE_DECIMALS),
            net=self._depth - amm.base,
            cost=cost,
            premium=m.premium,
            rate=m.rate,
            longs_paid=m.longs_paid,
            shorts_paid=m.shorts_paid,
            predicted=predicted_rate(m),
            next_s=m.next,
        )


def run(params: Params, play: Play) -> Track:
    """Return what a play does under these parameters: basis after each step, and the rate that was in force."""
    step = next(play)
    ground = Ground(params, step)
    basis, rate = array("d"), array("d")
    while True:
        state = ground.take(step)
        basis.append((state.mark - step.index) * 10_000 / step.index)
        rate.append(state.rate / BP)
        try:
            step = play.send(state)
        except StopIteration:
            return Track(STEP_S, basis, rate)
