"""A chain that answers from a table, for the parts of managing that decide and talk."""

from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode

from scripts._management.abi import call_data
from scripts._management.node import Node, Proof, Sent, Step

SENDER = "0x" + "11" * 20
OTHER = "0x" + "22" * 20
TARGET = "0x" + "33" * 20
HELD = Proof("it holds", lambda: True)


class Table:
    """Views by contract and signature, codes by address; every transaction is kept."""

    def __init__(self, *, now: int = 1_000) -> None:
        self.now = now
        self.codes: dict[str, bytes] = {}
        self.views: dict[tuple[str, bytes], bytes] = {}
        self.reverts: dict[bytes, str] = {}
        self.callers: list[tuple[str, str]] = []
        self.sent: list[Step] = []

    def answer(
        self, to: str, signature: str, types: list[str], *values: Any, given: tuple[Any, ...] = ()
    ) -> None:
        """Let a view with these arguments return these values."""
        self.codes.setdefault(to, b"\x60")
        self.views[to, call_data(signature, *given)] = encode(types, values)

    def node(self, sender: str = SENDER) -> Node:
        return Node(sender, self._ask, self._transact)

    def _transact(self, step: Step) -> Sent:
        self.sent.append(step)
        return Sent("0xaa", 7, 21_000)

    def _ask(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        methods: dict[str, Callable[..., Any]] = {
            "eth_chainId": lambda: "0x1",
            "eth_getCode": lambda address, _block: "0x" + self.codes.get(address, b"").hex(),
            "eth_getBlockByNumber": lambda *_: {"timestamp": hex(self.now)},
            "eth_getTransactionCount": lambda *_: "0x5",
        }
        return self._call(parameters[0]) if method == "eth_call" else {"result": methods[method](*parameters)}

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        self.callers.append((call["from"], call["data"][:10]))
        data = bytes.fromhex(call["data"][2:])
        if data[:4] in self.reverts:
            return {"error": {"message": "execution reverted", "data": self.reverts[data[:4]]}}
        return {"result": "0x" + self.views.get((call.get("to", ""), data), b"").hex()}


def step(does: str = "do it", data: bytes = b"\x12\x34\x56\x78", proof: Proof = HELD, **more: Any) -> Step:
    """A call to the target."""
    return Step(does, TARGET, data, proof, **more)
