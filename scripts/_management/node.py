"""Reading a chain and sending to it. How both are done comes in as two functions, so that nothing here knows ape."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_abi.exceptions import DecodingError

from reporter.errors import ChainError
from scripts._management.abi import call_data, reason, results

HINTS = {
    "OwnableUnauthorizedAccount": "only the owner may do this; `manage show` says who that is",
    "Unauthorized": "only the owner, or the account it named for this, may do it; `manage show` says who they are",
    "FeedExists": "a feed's name and decimals are for ever; choose another name",
    "TimelockInsufficientDelay": "give a longer --delay",
    "GS026": "a signature is of nobody who owns the Safe, or its nonce moved on: run the command again",
}


class Reverted(ChainError):
    """A call that the contract refuses; ``reason`` has the decoded error with its arguments."""

    def __init__(self, does: str, reason: str) -> None:
        hints = [hint for error, hint in HINTS.items() if error in reason]
        super().__init__(
            f"would revert: {does}: {reason}",
            hint=f"nothing was sent; {hints[0]}" if hints else "nothing was sent",
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Proof:
    """What holds afterwards: in words, and the question to the chain."""

    words: str
    holds: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction.

    Attributes:
        to: None for a creation.
        value: Wei.
        gas: A limit of our own; None for an estimate.
        trial: What is simulated in its place, as target and data, where the transaction itself would hide the reason.
        after_previous: It cannot be simulated before the step before it is mined.
        raw: A transaction that somebody else signed.
    """

    does: str
    to: str | None
    data: bytes
    proof: Proof
    value: int = 0
    gas: int | None = None
    trial: tuple[str | None, bytes] | None = None
    after_previous: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A mined transaction."""

    transaction: str
    block: int
    gas_used: int


@dataclass(slots=True)
class Node:
    """A chain, and the account that sends.

    Attributes:
        ask: One JSON-RPC call; the whole answer.
        transact: Signs, sends, waits for the receipt.
    """

    sender: str
    ask: Callable[[str, list[Any]], dict[str, Any]]
    transact: Callable[[Step], Sent]
    chain_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.chain_id = int(self.request("eth_chainId"), 16)

    def request(self, method: str, *parameters: Any) -> Any:
        """The result of a call. Raises ``ChainError``."""
        answer = self.ask(method, list(parameters))
        if "error" in answer:
            raise ChainError(f"{method}: {answer['error'].get('message')}", hint="check --network")
        return answer["result"]

    def simulate(self, does: str, sender: str, to: str | None, data: bytes, value: int = 0) -> bytes:
        """What a call would return now, sent by ``sender``.

        Raises:
            Reverted: With the decoded error.
        """
        call = {"from": sender, "data": "0x" + data.hex(), "value": hex(value)} | ({"to": to} if to else {})
        answer = self.ask("eth_call", [call, "latest"])
        if "error" in answer:
            raise Reverted(does, _why(answer["error"]))
        return bytes.fromhex(answer["result"][2:])

    def view(self, to: str, signature: str, outputs: list[str], *arguments: Any) -> Any:
        """A view's value; a tuple when it has several.

        Raises:
            ChainError: It reverts or answers in another form.
        """
        data = self.simulate(signature, self.sender, to, call_data(signature, *arguments))
        try:
            found = results(outputs, data)
        except DecodingError as error:
            raise ChainError(f"{to} does not answer {signature} as it should") from error
        return found if len(found) > 1 else found[0]

    def code(self, address: str) -> bytes:
        """The code at an address; empty for none."""
        return bytes.fromhex(self.request("eth_getCode", address, "latest")[2:])

    def nonce(self) -> int:
        """The sender's next nonce."""
        return int(self.request("eth_getTransactionCount", self.sender, "latest"), 16)

    def now(self) -> int:
        """The newest block's time, Unix seconds."""
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def _why(error: dict[str, Any]) -> str:
    data = error.get("data")
    data = data.get("data") if isinstance(data, dict) else data
    if isinstance(data, str) and data.startswith("0x") and len(data) > 2:
        return reason(bytes.fromhex(data[2:]))
    return str(error.get("message", "without a reason"))
