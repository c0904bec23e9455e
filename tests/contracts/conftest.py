"""Contracts through ape, on Anvil and on Hardhat: deployed, signed and called as a Python reporter does it."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ape import config
from ape.api.transactions import ReceiptAPI
from ape_hardhat.provider import HardhatProvider
from batches import BTC, ETH, PERP, Submitter
from desk import Desk
from eth_account import Account

ROOT = Path(__file__).resolve().parents[2]
REPORTERS = [Account.from_key(i.to_bytes(32, "big")) for i in (1001, 1002, 1003, 1004)]

_decode = HardhatProvider.get_virtual_machine_error


def _unwrapped(self: HardhatProvider, exception: Exception, **kwargs: Any) -> Any:
    """ape-hardhat 0.8.5 reads revert data from the text that web3 6 raised; web3 7 gives the RPC error or a bare text."""
    response = getattr(exception, "rpc_response", None)
    message = response["error"]["message"] if response else str(exception)
    message = message if message.startswith("Error: ") else f"Error: {message}"
    return _decode(self, ValueError({"message": message}), **kwargs)


HardhatProvider.get_virtual_machine_error = _unwrapped
# tools/on_hardhat.sh runs this node; the plugin reads no variable of its own.
if node := os.environ.get("SPOTLINE_HARDHAT"):
    hardhat = config.get_config("hardhat")
    hardhat.host, hardhat.manage_process = node, False
# ape looks for console.log in a full trace of every transaction, 1 s each on Hardhat; our contracts have none.
ReceiptAPI.show_debug_logs = lambda _receipt: None


@pytest.fixture(scope="session")
def owner(accounts):
    return accounts[0]


@pytest.fixture
def anyone(accounts):
    return accounts[1]


@pytest.fixture(scope="module")
def aggregator(project, owner):
    addresses = [reporter.address for reporter in REPORTERS]
    return owner.deploy(project.Aggregator, owner, addresses, 3, 60, [BTC, ETH, PERP], [8, 18, 8])


@pytest.fixture(scope="module")
def feed(project, owner, aggregator):
    return owner.deploy(project.Feed, aggregator, BTC)


@pytest.fixture
def submitter(aggregator, chain, anyone):
    return Submitter(aggregator, chain, REPORTERS, anyone)


def load(path: str) -> ModuleType:
    """A script of the project as a module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def deploy_script():
    return load("scripts/deploy.py")


@pytest.fixture
def desk(deploy_script, tmp_path):
    """What an operator has: the commands, and a configuration that is not deployed yet."""
    found = Desk(deploy_script.cli, load("scripts/manage.py").cli, tmp_path)
    found.configure([reporter.address for reporter in REPORTERS])
    return found


@pytest.fixture
def deployed(desk):
    desk.run("deploy", "--config", desk.config, "--out", desk.file, "--account", "TEST::0")
    return desk


@pytest.fixture(scope="session", autouse=True)
def _compiled(deploy_script):
    deploy_script.compile_contracts()


@pytest.fixture(scope="session")
def abi_tool():
    return load("tools/abi.py")
