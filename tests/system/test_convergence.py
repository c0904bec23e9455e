"""The agents on the real Aggregator, PerpetualFunding and PerpetualMarket: what the contracts say is what Python says."""

from dataclasses import replace

import pytest

from reporter.convergence import anvil, chain, ground
from reporter.convergence.agents import USUAL
from reporter.convergence.modes import MODES
from reporter.convergence.run import Plan, play_of
from reporter.errors import ChainError

pytestmark = [pytest.mark.system, pytest.mark.asyncio]
PLAN = Plan("agents", MODES, 3, 1, USUAL, fee_bp=5, volatility_bp=25.0)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    anvil.build()


@pytest.mark.parametrize("mode", ["hourly", "undamped"])
async def test_side_by_side__three_hours_of_agents__every_state_is_pythons_to_the_last_unit(
    mode: str,
) -> None:
    beside = await chain.side_by_side(PLAN, MODES[mode], 2, lambda steps: steps)

    assert beside.differences == []
    assert len(beside.track.basis_bp) == 180
    assert beside.trades > 20
    assert max(map(abs, beside.track.rate_bp)) > 1
    alone = ground.run(MODES[mode], play_of(PLAN, 2))
    assert (alone.basis_bp, alone.rate_bp) == (beside.track.basis_bp, beside.track.rate_bp)


async def test_side_by_side__python_funds_by_other_rules__differences_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = replace(MODES["undamped"], interest=2 * MODES["undamped"].interest, damping=10**14)
    real = chain.Ground
    monkeypatch.setattr(chain, "Ground", lambda params, first: real(other, first))
    short = replace(PLAN, hours=2)

    beside = await chain.side_by_side(short, MODES["undamped"], 2, lambda steps: steps)

    assert len(beside.differences) > 60
    assert any(each.chain.rate != each.python.rate for each in beside.differences)
    assert all(each.chain.price == each.python.price for each in beside.differences)


async def test_send__a_transaction_that_the_contract_refuses__a_chain_error_that_names_it() -> None:
    async with anvil.anvil(2, 1_790_000_000) as local:
        token = await local.deploy("TestToken", "Test Dollar", "TUSD", 18)

        with pytest.raises(ChainError, match=r"TestToken\.transfer was reverted"):
            await local.send(local.now_s + 1, 0, token, "transfer", local.accounts[1], 1)
