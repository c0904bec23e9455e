"""New contracts, their addresses known before anything is sent.

With a salt, through the deterministic deployment proxy (https://github.com/Arachnid/deterministic-deployment-proxy): the
address is then a function of the salt and the creation code with its constructor arguments, whoever pays and on
whatever chain. Without one, of the sender and its nonce.
"""

from dataclasses import dataclass

import rlp
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from reporter.errors import ConfigError, UsageError
from scripts._management.abi import SAFE, TIMELOCK, ZERO, bytecode, call_data
from scripts._management.node import Node, Proof, Step

PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
# Nobody has a key for this account: its one transaction was given a signature, and the account follows from that.
PROXY_MAKER = "0x3fAB184622Dc19b6109349B94811493BF2a45362"
PROXY_MAKER_NEEDS_WEI = 10**16  # 100,000 gas at 100 gwei, as signed
PROXY_TRANSACTION = bytes.fromhex(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba0222222222222222222222222222222"
    "2222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222"
)
PROXY_RUNTIME = PROXY_TRANSACTION[31:100]  # after 17 bytes of fields and 14 of its constructor
# Where Safe's own contracts are on public chains: made with salt 0 by Safe's factory of the same kind as PROXY.
SAFE_FACTORY = "0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7"
NO_SALT = bytes(32)


def create2_address(factory: str, salt: bytes, code: bytes) -> str:
    """EIP-1014."""
    packed = b"\xff" + bytes.fromhex(factory[2:]) + salt + keccak(code)
    return str(to_checksum_address(keccak(packed)[12:]))


def create_address(sender: str, nonce: int) -> str:
    """Where a plain creation by ``sender`` leads."""
    return str(to_checksum_address(keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:]))


def salt_of(text: str) -> bytes:
    """A salt of up to 32 ASCII characters, or of 32 bytes in hex."""
    if text.startswith("0x") and len(text) == 66:
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            pass
    if not text.isascii() or not 1 <= len(text) <= 32:
        raise UsageError(f"{text!r} is not a salt", hint="1 to 32 ASCII characters, or 0x and 64 hex digits")
    return text.encode().ljust(32, b"\0")


@dataclass(frozen=True, slots=True)
class Creation:
    """A contract that is there afterwards. ``step`` is None when it is there already."""

    what: str
    address: str
    step: Step | None

    @property
    def fact(self) -> tuple[str, str]:
        """For the plan."""
        return self.what, self.address + ("" if self.step else " (there already)")


class Maker:
    """Plans creations one after another, counting the sender's nonce."""

    def __init__(self, node: Node, salt: bytes | None) -> None:
        self._node, self._salt = node, salt
        self._nonce = node.nonce()

    def skip(self, transactions: int = 1) -> None:
        """Other transactions of the same plan."""
        self._nonce += transactions

    def make(self, what: str, code: bytes, *, after_previous: bool = False) -> Creation:
        """Plan one contract; ``code`` includes the constructor's arguments."""
        salt = self._salt
        address = (
            create_address(self._node.sender, self._nonce)
            if salt is None
            else create2_address(PROXY, salt, code)
        )
        to, data = (None, code) if salt is None else (PROXY, salt + code)
        if salt is not None and self._node.code(address):
            return Creation(what, address, None)
        self._nonce += 1
        # The proxy swallows the reason of a failing constructor, so the plain creation is simulated.
        step = Step(
            f"create the {what}",
            to,
            data,
            has_code(self._node, what, address),
            trial=(None, code),
            after_previous=after_previous,
        )
        return Creation(what, address, step)


def has_code(node: Node, what: str, address: str) -> Proof:
    """That a contract is there."""
    return Proof(f"the {what} is at {address}", lambda: bool(node.code(address)))


def maker(node: Node) -> Maker:
    """Deterministic where the chain has the proxy, so that whoever runs the command again finds the same contract."""
    return Maker(node, NO_SALT if node.code(PROXY) == PROXY_RUNTIME else None)


def proxy_steps(node: Node) -> list[Step]:
    """What puts the proxy on a chain that lacks it: money for its maker, then the maker's one transaction."""
    found = node.code(PROXY)
    if found not in (b"", PROXY_RUNTIME):
        raise ConfigError(f"chain {node.chain_id} has another contract at {PROXY}", hint="leave --salt out")
    if found:
        return []
    missing = PROXY_MAKER_NEEDS_WEI - int(node.request("eth_getBalance", PROXY_MAKER, "latest"), 16)
    funded = Proof(
        f"{PROXY_MAKER} has 0.01 coin",
        lambda: int(node.request("eth_getBalance", PROXY_MAKER, "latest"), 16) >= PROXY_MAKER_NEEDS_WEI,
    )
    pay = Step("give the deployment proxy's maker 0.01 coin", PROXY_MAKER, b"", funded, value=missing)
    there = has_code(node, "deployment proxy", PROXY)
    make = Step(
        "send the maker's presigned transaction", None, b"", there, raw=PROXY_TRANSACTION, after_previous=True
    )
    return [pay, make] if missing > 0 else [make]


def timelock_code(delay_s: int, proposers: list[str], executors: list[str]) -> bytes:
    """OpenZeppelin's TimelockController, administered by nobody but itself."""
    arguments = (delay_s, proposers, executors, ZERO)
    return bytecode(TIMELOCK) + encode(["uint256", "address[]", "address[]", "address"], arguments)


def safe_creations(node: Node, make: Maker, owners: list[str], threshold: int) -> list[Creation]:
    """A Safe and what it needs: Safe's own contracts where the chain has them, else the same bytecode from npm."""
    parts = {
        "Safe singleton": "SafeL2.sol/SafeL2",
        "Safe fallback handler": "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
        "Safe proxy factory": "proxies/SafeProxyFactory.sol/SafeProxyFactory",
    }
    shared = [_shared(node, make, what, bytecode(f"{SAFE}/{name}.json")) for what, name in parts.items()]
    singleton, handler, factory = (part.address for part in shared)
    setup = call_data(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *(owners, threshold, ZERO, b"", handler, ZERO, 0, ZERO),
    )
    return [*shared, _safe(node, make, factory, singleton, setup)]


def _shared(node: Node, make: Maker, what: str, code: bytes) -> Creation:
    canonical = create2_address(SAFE_FACTORY, NO_SALT, code)
    return Creation(what, canonical, None) if node.code(canonical) else make.make(what, code)


def _safe(node: Node, make: Maker, factory: str, singleton: str, setup: bytes) -> Creation:
    """The factory's own CREATE2: its address depends on owners and threshold, so a second run finds the first one's."""
    code = bytecode(f"{SAFE}/proxies/SafeProxy.sol/SafeProxy.json") + encode(["address"], [singleton])
    address = create2_address(factory, keccak(keccak(setup) + bytes(32)), code)
    if node.code(address):
        return Creation("Safe", address, None)
    make.skip()
    data = call_data("createProxyWithNonce(address,bytes,uint256)", singleton, setup, 0)
    step = Step(
        "create the Safe",
        factory,
        data,
        has_code(node, "Safe", address),
        after_previous=not node.code(factory),
    )
    return Creation("Safe", address, step)
