"""An Anvil of our own and the few things that are asked of it. Every block's time is set, so none depends on the clock."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError
from web3.types import RPCEndpoint

from reporter.devnet.tools import find_tools
from tests.consumers.compilers import Artifact

START_TIMEOUT_S = 10
MEMORY_KIB = 8 * 1024 * 1024


class Chain:
    """A running chain and one account that deploys and sends."""

    def __init__(self, url: str) -> None:
        self.w3 = Web3(HTTPProvider(url, exception_retry_configuration=None, cache_allowed_requests=True))
        self.sender = ""

    def request(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call."""
        answer = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in answer, f"{method}: {answer}"
        return answer["result"]

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.w3.is_connected():
            assert time.monotonic() < deadline, "Anvil did not come up"
            time.sleep(0.05)
        self.sender = self.w3.eth.accounts[0]

    def now(self) -> int:
        """The newest block's time, which is also what calls see."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def pass_time(self, seconds: int) -> int:
        """Mine one block so much later and return its time."""
        later = self.now() + seconds
        self.request("evm_setNextBlockTimestamp", later)
        self.request("evm_mine")
        return later

    def deploy(self, artifact: Artifact, *arguments: Any) -> Contract:
        """A contract made from its artifact, one second later."""
        factory = self.w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        receipt = self.send(factory.constructor(*arguments))
        return self.w3.eth.contract(address=receipt["contractAddress"], abi=artifact.abi)

    def send(self, call: Any, after_s: int = 1, sender: str | None = None) -> Any:
        """Send a transaction in a block ``after_s`` later than the last and return its receipt."""
        self.request("evm_setNextBlockTimestamp", self.now() + after_s)
        receipt = self.w3.eth.wait_for_transaction_receipt(call.transact({"from": sender or self.sender}))
        assert receipt["status"] == 1
        return receipt


@contextmanager
def reverts(error: str, *values: Any) -> Iterator[None]:
    """The call inside reverts with this text, or with a custom error: ``Stale(uint256,uint256)`` and its values."""
    with pytest.raises(ContractLogicError) as caught:
        yield
    name, _, types = error.removesuffix(")").partition("(")
    if not types and not values and not error.endswith(")"):
        name, types, values = "Error", "string", (error,)
    selector = keccak(text=f"{name}({types})")[:4]
    expected = selector + encode(types.split(",") if types else [], values)
    assert caught.value.data == "0x" + expected.hex()


@contextmanager
def anvil() -> Iterator[Chain]:
    """Start Anvil on a free port of 127.0.0.1, and stop it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = find_tools("anvil").chain_argv(port)
    capped = ["bash", "-c", f'ulimit -v {MEMORY_KIB}; exec "$@"', "anvil", *argv]
    process = subprocess.Popen(capped, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        chain = Chain(f"http://127.0.0.1:{port}")
        chain.wait_until_up()
        yield chain
    finally:
        process.terminate()
        process.wait()
