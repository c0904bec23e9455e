"""What a person does about a transaction under way, and the caps on spending: on a real Anvil and a real Hardhat, with the
real command."""

import asyncio
import json
import subprocess
import time
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from reporter.chain.fees import FeeRules
from reporter.chain.local import FUNDS_WEI, LocalChain
from reporter.devnet.preset import toml_text
from reporter.errors import ChainError
from reporter.keys import create_keystore, write_private
from reporter.spending import HOUR_MS, CapReached, Caps, Spent
from tests.system.chains import mine, mining
from tests.system.devnets import SPOTLINE
from tests.system.rigs import CALL, GWEI, RULES, Make, Rig, killed, local, make

__all__ = ["local", "make"]  # fixtures
pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]
PATIENT = replace(RULES, block_time_s=20)
"""Raises nothing by itself while a test runs."""
UPDATE = replace(CALL, feeds=("BTC/USD", "ETH/USD"), observed_at=1_800_000_000)
TEST_SCRYPT_N = 2**14


async def asked(rig: Rig, action: str, nonce: int = 0) -> dict[str, Any]:
    """What the running submitter answers."""
    number = rig.store.ask(nonce, action, rig.now_ms())
    for _ in range(150):
        if (said := rig.store.answered(number)) is not None:
            return dict(json.loads(said))
        await asyncio.sleep(0.1)
    raise AssertionError("no answer")


async def sent(rig: Rig, tx_hash: str) -> dict[str, Any]:
    return dict(await rig.local.request("eth_getTransactionByHash", tx_hash))


async def spotline(*words: str) -> tuple[int, Any, str]:
    """The real command, beside our own loop: exit code, document, messages."""
    process = await asyncio.create_subprocess_exec(
        SPOTLINE, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return (
        process.returncode or 0,
        json.loads(out) if out.startswith((b"{", b"[")) else out.decode(),
        err.decode(),
    )


def folder_of(rig: Rig, data_dir: str = ".") -> str:
    """A configuration beside the rig's journal, with its gas key; the path of the file."""
    folder = rig.folder
    write_private(folder / "password", "secret")
    create_keystore(folder / "signing.json", "secret", scrypt_n=TEST_SCRYPT_N)
    create_keystore(folder / "gas.json", "secret", scrypt_n=TEST_SCRYPT_N, secret=bytes.fromhex(rig.key[2:]))
    aggregator = "0x" + "11" * 20
    deployment = {"chainId": 31337, "aggregator": aggregator, "feeds": {}, "funding": None, "startBlock": 0}
    (folder / "deployment.json").write_text(json.dumps(deployment))
    document = {
        "node": {"data_dir": data_dir},
        "chain": {"rpc_urls": [rig.local.url], "deployment": "deployment.json", "block_time_s": 20},
        "keys": {"signing_keystore": "signing.json", "gas_keystore": "gas.json", "password_file": "password"},
        "feeds": [{"name": "BTC/USD", "markets": ["kraken:BTC/USD"]}],
    }
    (folder / "spotline.toml").write_text(toml_text(document))
    return str(folder / "spotline.toml")


# ---------------------------------------------------------------- while the submitter waits


async def test_bump__asked_while_waiting__dearer_by_an_eighth_at_once_and_one_mined(
    local: LocalChain, make: Make
) -> None:
    rig = await make(rules=PATIENT)
    running = asyncio.create_task(rig.submit(UPDATE, 60))
    first = await rig.pending()
    answer = await asked(rig, "bump")
    second = await sent(rig, answer["txHash"])
    async with mining(local):
        mined = await running

    for fee in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert int(second[fee], 16) * 8 >= int(first[fee], 16) * 9
    assert (second["nonce"], second["input"]) == (first["nonce"], first["input"])
    assert answer["maxFeeWei"] == str(int(second["maxFeePerGas"], 16))
    assert mined.succeeded
    assert mined.tx_hash == answer["txHash"]
    assert await rig.nonces_mined() == 1


async def test_bump__fees_at_the_cap__refused_and_said(local: LocalChain, make: Make) -> None:
    head = int((await local.request("eth_getBlockByNumber", "latest", False))["baseFeePerGas"], 16)
    rig = await make(rules=replace(PATIENT, fees=FeeRules(2 * head + 3 * 10**7, GWEI)))
    running = asyncio.create_task(rig.submit(UPDATE, 60))
    first = await rig.pending()
    answers = [await asked(rig, "bump") for _ in range(12)]
    states = rig.states()
    async with mining(local):
        mined = await running

    refused = [answer for answer in answers if "error" in answer]
    assert refused == answers[-len(refused) :]
    assert "the cap is reached" in refused[0]["error"]
    assert "chain.max_fee_gwei" in refused[0]["hint"]
    assert len(states) == 1 + len(answers) - len(refused)
    assert int(first["maxFeePerGas"], 16) <= rig.submitter.sender.rules.fees.max_fee
    assert mined.succeeded


async def test_cancel__asked_while_waiting__transfer_to_ourselves_takes_the_nonce(
    local: LocalChain, make: Make
) -> None:
    rig = await make(rules=PATIENT)
    running = asyncio.create_task(rig.submit(UPDATE, 60))
    first = await rig.pending()
    answer = await asked(rig, "cancel")
    transfer = await sent(rig, answer["txHash"])
    async with mining(local):
        with pytest.raises(ChainError, match="cancelled on request"):
            await running
        following = await rig.submit()
    await mine(local, 3)
    await rig.refresh()

    assert (transfer["from"], int(transfer["value"], 16), transfer["input"]) == (transfer["to"], 0, "0x")
    assert transfer["nonce"] == first["nonce"]
    assert int(transfer["maxFeePerGas"], 16) * 8 >= int(first["maxFeePerGas"], 16) * 9
    assert following.succeeded
    assert await rig.nonces_mined() == 2
    assert rig.states() == ["mined", "mined", "cancelled"]


async def test_request__nonce_that_is_not_in_flight__refused(local: LocalChain, make: Make) -> None:
    rig = await make(rules=PATIENT)
    running = asyncio.create_task(rig.submit(UPDATE, 60))
    await rig.pending()
    answer = await asked(rig, "bump", nonce=7)
    async with mining(local):
        await running

    assert "nonce 7 is not in flight" in answer["error"]
    assert rig.states() == ["mined"]


# ---------------------------------------------------------------- while nobody waits


async def test_cancel__after_the_wait_was_given_up__passes_before_the_next_call(
    local: LocalChain, make: Make
) -> None:
    rig = await make(rules=PATIENT)
    with pytest.raises(ChainError, match="is not mined after"):
        await rig.submit(UPDATE, timeout_s=0.5)
    number = rig.store.ask(0, "cancel", rig.now_ms())
    await rig.refresh()
    answer = json.loads(rig.store.answered(number) or "{}")
    async with mining(local):
        mined = await rig.submit()
    await mine(local, 3)
    await rig.refresh()

    assert "txHash" in answer
    assert mined.succeeded
    assert await rig.nonces_mined() == 2
    assert rig.states()[0] == "mined"
    assert rig.states()[-1] == "cancelled"


async def test_cancel__killed_after_it_and_started_again__update_never_comes_back(
    local: LocalChain, make: Make
) -> None:
    rig = await make(rules=PATIENT)
    running = asyncio.create_task(rig.submit(UPDATE, 60))
    first = await rig.pending()
    await asked(rig, "cancel")
    await killed(rig, running)
    again = await make(again=rig, rules=PATIENT)
    async with mining(local):
        mined = await again.submit()

    assert mined.succeeded
    assert await again.nonces_mined() == 2
    assert await local.request("eth_getTransactionReceipt", first["hash"]) is None


async def test_bump__observation_too_old__refused_with_what_to_do(local: LocalChain, make: Make) -> None:
    rig = await make(rules=PATIENT)
    soon = replace(UPDATE, not_after_s=int(time.time()) + 1)
    with pytest.raises(ChainError, match="is not mined after"):
        await rig.submit(soon, timeout_s=0.5)
    rig.ahead_ms = 10_000
    number = rig.store.ask(0, "bump", rig.now_ms())
    await rig.refresh()

    answer = json.loads(rig.store.answered(number) or "{}")
    assert "too old and would only revert" in answer["error"]
    assert "spotline tx cancel" in answer["hint"]
    assert rig.states() == ["sent"]
    await mine(local)


# ---------------------------------------------------------------- the command


async def test_command__reporter_running__shows_bumps_and_cancels(local: LocalChain, make: Make) -> None:
    rig = await make(rules=PATIENT)
    config = folder_of(rig)
    running = asyncio.create_task(rig.submit(UPDATE, 120))
    first = await rig.pending()
    _, before, _ = await spotline("tx", "pending", "-c", config, "--json")
    code, bumped, said = await spotline("tx", "bump", "-c", config, "--json")
    _, cancelled, _ = await spotline("tx", "cancel", "-c", config, "--json")
    _, after, _ = await spotline("tx", "pending", "-c", config, "--json")
    async with mining(local):
        with pytest.raises(ChainError, match="cancelled on request"):
            await running

    (row,) = before["transactions"]
    assert before["running"]
    assert (row["nonce"], row["txHash"], row["purpose"]) == (0, first["hash"], "update")
    assert (row["feeds"], row["observedAt"]) == (["BTC/USD", "ETH/USD"], 1_800_000_000)
    assert row["maxFeeWei"] == str(int(first["maxFeePerGas"], 16))
    assert (code, said) == (0, "")
    (row,) = after["transactions"]
    assert (row["txHash"], row["cancelled"]) == (cancelled["txHash"], True)
    assert [old["txHash"] for old in row["replaced"]] == [first["hash"], bumped["txHash"]]
    assert await rig.nonces_mined() == 1


async def test_command__reporter_stopped__bumps_with_the_gas_key_and_cancels(
    local: LocalChain, make: Make
) -> None:
    rig = await make(rules=PATIENT)
    config = folder_of(rig)
    running = asyncio.create_task(rig.submit(UPDATE, 120))
    first = await rig.pending()
    await killed(rig, running)
    _, before, _ = await spotline("tx", "pending", "-c", config, "--json")
    code, bumped, said = await spotline("tx", "bump", "-c", config, "--json")
    second = await sent(rig, bumped["txHash"])
    _, cancelled, _ = await spotline("tx", "cancel", "-c", config, "--json")
    await mine(local, 3)
    again = await make(again=rig)
    await again.refresh()
    code_idle, _, said_idle = await spotline("tx", "bump", "-c", config)

    assert not before["running"]
    assert code == 0
    assert "transaction changed on request" in said
    assert (second["nonce"], second["input"]) == (first["nonce"], first["input"])
    receipt = await local.request("eth_getTransactionReceipt", cancelled["txHash"])
    assert receipt["status"] == "0x1"
    assert again.states() == ["mined", "cancelled", "cancelled"]
    assert (code_idle, "nothing is in flight" in said_idle) == (2, True)


async def test_command__no_reporter_ever__said_with_exit_code_3(make: Make) -> None:
    rig = await make()
    config = folder_of(rig, "elsewhere")

    code, _, said = await spotline("tx", "pending", "-c", config)

    assert code == 3
    assert "there is no" in said


# ---------------------------------------------------------------- caps


async def test_cap__gas_of_an_hour__stopped_before_it_and_goes_on_when_the_window_has_moved(
    local: LocalChain, make: Make
) -> None:
    rig = await make(rules=replace(RULES, caps=Caps(max_gas_per_hour=100_000)))
    async with mining(local, 0.1):
        with capture_logs() as logs:
            for _ in range(20):
                try:
                    await rig.submit(UPDATE)
                except CapReached as error:
                    refused = error
                    break
            with pytest.raises(CapReached):
                await rig.submit(UPDATE)
        stopped, spent = await rig.nonces_mined(), rig.store.spent(0)
        capped = rig.submitter.capped()
        rig.ahead_ms = HOUR_MS
        free = rig.submitter.capped()
        resumed = await rig.submit(UPDATE)

    assert spent.gas <= 100_000 < spent.gas + UPDATE.gas
    assert stopped == len(rig.store.spendings(0)) - 1
    assert "max_gas_per_hour is 100000" in str(refused)
    assert "raise chain.max_gas_per_hour" in refused.hint
    assert [log["event"] for log in logs] == ["spending cap reached"]
    assert capped is not None
    assert free is None
    assert resumed.succeeded


async def test_cap__money_of_a_day__never_passed(local: LocalChain, make: Make) -> None:
    await mine(local, 60)  # the base fee has fallen as far as it goes
    rig = await make()
    async with mining(local, 0.1):
        await rig.submit(UPDATE)
        cap_gwei = 6 * rig.store.spent(0).gwei
        rig.submitter.follow(rig.rpc, replace(RULES, caps=Caps(max_spend_per_day_gwei=cap_gwei)))
        for _ in range(20):
            try:
                await rig.submit(UPDATE)
            except CapReached as error:
                refused = error
                break
    balance = int(await local.request("eth_getBalance", rig.submitter.address, "latest"), 16)

    assert f"max_spend_per_day_gwei is {cap_gwei}" in str(refused)
    assert 0 < FUNDS_WEI - balance <= cap_gwei * GWEI


async def test_spending__per_feed__shares_add_up_to_what_the_chain_took(
    local: LocalChain, make: Make
) -> None:
    rig = await make()
    before = int(await local.request("eth_getBalance", rig.submitter.address, "latest"), 16)
    async with mining(local, 0.1):
        first = await rig.submit(UPDATE)
        second = await rig.submit(replace(UPDATE, feeds=("BTC/USD",)))
    await mine(local, 3)
    await rig.refresh()
    await rig.refresh()  # what is final is not counted twice
    after = int(await local.request("eth_getBalance", rig.submitter.address, "latest"), 16)

    totals = rig.store.totals()
    assert sum(total.gas for total in totals) == first.gas_used + second.gas_used
    assert sum(total.wei for total in totals) == before - after
    by_feed = rig.store.spent_by_feed(rig.now_ms() - HOUR_MS)
    assert by_feed["ETH/USD"].gas == first.gas_used // 2
    assert sum(spent.gas for spent in by_feed.values()) == first.gas_used + second.gas_used
    assert rig.store.spent(rig.now_ms() + 1) == Spent(0, 0)
