"""Talking to RPC endpoints: reads from the best, sends to all that are alive. Endpoints are hostile until checked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from eth_typing import ChecksumAddress, HexAddress, HexStr
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import ContractCustomError, ContractLogicError, TransactionNotFound, Web3RPCError
from web3.types import RPCEndpoint

from reporter.chain.answers import Answer, meaning
from reporter.chain.endpoint import Block, Health, State, judge
from reporter.chain.provider import connect
from reporter.chain.revert import explain
from reporter.errors import ChainError
from reporter.redact import redact

T = TypeVar("T")
Web3 = AsyncWeb3[AsyncHTTPProvider]
MAX_WHOLE = 2**63
SEND = RPCEndpoint("eth_sendRawTransaction")
REWARD_BLOCKS, REWARD_PERCENTILE = 10, 50.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What we take of a receipt. ``price``: wei paid per gas."""

    block: int
    gas_used: int
    succeeded: bool
    price: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What one endpoint said to a transaction."""

    endpoint: str
    answer: Answer
    text: str = ""


class SendRefused(ChainError):
    """Every endpoint refused a transaction in words: it was not sent. ``answers`` has what they meant."""

    def __init__(self, message: str, answers: Sequence[Answer]) -> None:
        super().__init__(message)
        self.answers = tuple(answers)


class Rpc:
    """The endpoints of one chain.

    Args:
        now_s: Our clock; the endpoints' newest blocks are held against it.
        tell: Called with an endpoint's name and health when its state changes.
        most_base_fee: What we could pay, wei. An endpoint that names more is not believed while another names less.
    """

    def __init__(
        self,
        urls: Sequence[str],
        chain_id: int,
        timeout_s: float = 5,
        block_time_s: int = 12,
        now_s: Callable[[], float] | None = None,
        tell: Callable[[str, Health], None] = lambda _, __: None,
        most_base_fee: int = 2**128,
    ) -> None:
        self.urls = tuple(urls)
        self.chain_id = chain_id
        self._names = [redact(url) for url in urls]
        self._nodes = [connect(url, timeout_s) for url in urls]
        self._health = [Health() for _ in urls]
        self._checked: set[int] = set()
        self._good = 0
        self._block_time_s, self._now_s, self._tell = block_time_s, now_s, tell
        self._most_base_fee = most_base_fee
        self._sending: set[asyncio.Task[Said]] = set()
        self._reviving: dict[int, asyncio.Task[None]] = {}

    @property
    def health(self) -> Mapping[str, Health]:
        """How every endpoint was at the last look, by its address without path and query."""
        return dict(zip(self._names, self._health, strict=True))

    async def head(self) -> Block:
        """The newest block of the best endpoint. Every endpoint is asked, and judged by what it says.

        The base fee is the highest below ``most_base_fee`` that an endpoint in good health names: too little is never mined,
        and a liar who names more than we can pay would keep us from sending.

        Raises:
            ChainError: No endpoint answers, each with its reason.
        """
        heads = await self._heads()
        now_s = int(self._now_s()) if self._now_s else max((h.timestamp for h in heads if h), default=0)
        for number, health in enumerate(judge(heads, now_s, self._block_time_s)):
            if health is not None:
                self._note(number, health)
        best = [h.head for h in self._health if h.state is State.ALIVE and h.head is not None]
        if not best:
            raise self._nobody([f"{name}: {h.why}" for name, h in self.health.items()])
        fees = [head.base_fee for head in best]
        payable = [fee for fee in fees if fee <= self._most_base_fee]
        return replace(max(best, key=lambda head: head.number), base_fee=max(payable or fees))

    async def _heads(self) -> list[Block | None]:
        """What every endpoint says. The dead are asked beside, so that nobody waits for them, unless all are."""
        dead = [n for n, h in enumerate(self._health) if h.state in (State.DEAD, State.WRONG_CHAIN)]
        heads: list[Block | None] = [None] * len(self._nodes)
        asked = [n for n in range(len(self._nodes)) if n not in dead] or dead
        for number in set(dead) - set(asked):
            if number not in self._reviving:
                self._reviving[number] = asyncio.create_task(self._revive(number))
        for number, head in zip(asked, await asyncio.gather(*map(self._head_of, asked)), strict=True):
            heads[number] = head
        return heads

    async def _revive(self, number: int) -> None:
        head = await self._head_of(number)
        del self._reviving[number]
        if head is not None:  # the next look judges it
            self._note(number, Health(State.LAGGING, "just back", head))

    async def read(self, call: Callable[[Web3], Awaitable[T]]) -> T:
        """The answer of the first endpoint that gives one: those in good health first, of these the last good one.

        Raises:
            ChainError: A contract reverted (its error decoded), or no endpoint answered (each with its reason).
        """
        failures = []
        for number in sorted(range(len(self._nodes)), key=self._place):
            try:
                await self._check_chain(number)
                found = await call(self._nodes[number])
            except (ContractCustomError, ContractLogicError) as error:
                raise ChainError(f"the contract reverted: {explain(error.data)}") from None
            except Exception as error:  # noqa: BLE001 - on a garbage reply web3 raises nearly anything
                if not isinstance(error, Web3RPCError):  # it may refuse this call and be well
                    self._note(number, _failed(error))
                failures.append(f"{self._names[number]}: {_short(error)}")
            else:
                self._good = number
                return found
        raise self._nobody(failures)

    async def nonce(self, address: str) -> int:
        """How many transactions of an account are mined."""
        account = ChecksumAddress(HexAddress(HexStr(address)))

        async def count(w3: Web3) -> int:
            return _whole("nonce", await w3.eth.get_transaction_count(account))

        return await self.read(count)

    async def balance(self, address: str) -> int:
        """What an account owns, wei."""
        account = ChecksumAddress(HexAddress(HexStr(address)))

        async def owned(w3: Web3) -> int:
            return _whole("balance", await w3.eth.get_balance(account), 2**256)

        return await self.read(owned)

    async def priority_fee(self) -> int:
        """The median over the last ten blocks of what half of each block's gas paid at least to the proposer, wei a gas."""

        async def rewards(w3: Web3) -> int:
            history = await w3.eth.fee_history(REWARD_BLOCKS, "latest", [REWARD_PERCENTILE])
            paid = sorted(_whole("reward", row[0], 2**128) for row in history["reward"])
            return paid[len(paid) // 2] if paid else 0

        return await self.read(rewards)

    async def send(self, raw: bytes) -> None:
        """Hand a signed transaction to every endpoint that is not dead, at once; return when the first has taken it.

        Raises:
            SendRefused: Every endpoint refused it in words, so it is nowhere.
            ChainError: None took it, or nobody knows; each with its reason.
        """
        usable = [n for n, h in enumerate(self._health) if h.state in (State.ALIVE, State.LAGGING)]
        chosen = usable or [n for n, h in enumerate(self._health) if h.state is not State.WRONG_CHAIN]
        tasks = [asyncio.create_task(self._send_to(number, raw)) for number in chosen]
        self._sending.update(tasks)
        answers = []
        for done in asyncio.as_completed(tasks):
            said = await done
            if said.answer is Answer.ACCEPTED:
                self._sending = {task for task in self._sending if not task.done()}
                return
            answers.append(said)
        text = "no RPC endpoint took the transaction: " + "; ".join(
            f"{a.endpoint}: {a.text}" for a in answers
        )
        if answers and all(a.answer.definite for a in answers):
            raise SendRefused(text, [a.answer for a in answers])
        raise ChainError(text, hint="check chain.rpc_urls")

    async def _send_to(self, number: int, raw: bytes) -> Said:
        name = self._names[number]
        try:
            await self._nodes[number].manager.coro_request(SEND, ["0x" + raw.hex()])
        except Web3RPCError as error:
            return Said(name, meaning(_short(error)), _short(error))
        except Exception as error:  # noqa: BLE001 - as in read
            self._note(number, _failed(error))
            return Said(name, Answer.UNKNOWN, _short(error))
        return Said(name, Answer.ACCEPTED)

    async def receipt(self, tx_hash: str) -> Receipt | None:
        """A transaction's receipt, range-checked, or None while it has none."""

        async def found(w3: Web3) -> Receipt | None:
            try:
                raw = await w3.eth.get_transaction_receipt(HexStr(tx_hash))
            except TransactionNotFound:
                return None
            status = _whole("status", raw["status"], 2)
            price = _whole("gas price", raw.get("effectiveGasPrice", 0), 2**128)
            block, gas = _whole("block number", raw["blockNumber"]), _whole("gas", raw["gasUsed"])
            return Receipt(block, gas, status == 1, price)

        return await self.read(found)

    def _place(self, number: int) -> tuple[int, bool]:
        order = (State.ALIVE, State.LAGGING, State.DEAD, State.WRONG_CHAIN)
        return order.index(self._health[number].state), number != self._good

    async def _head_of(self, number: int) -> Block | None:
        try:
            await self._check_chain(number)
            return await _block(self._nodes[number], "latest")
        except Exception as error:  # noqa: BLE001 - as in read
            self._note(number, _failed(error))
            return None

    async def _check_chain(self, number: int) -> None:
        if number not in self._checked:
            found = await self._nodes[number].eth.chain_id
            if found != self.chain_id:
                raise WrongChain(f"it is chain {found}, not {self.chain_id}")
            self._checked.add(number)

    def _note(self, number: int, health: Health) -> None:
        before, self._health[number] = self._health[number], health
        if health.state is State.DEAD:
            self._checked.discard(number)  # what comes back may be another chain
        if before.state is not health.state:
            self._tell(self._names[number], health)

    @staticmethod
    def _nobody(failures: Sequence[str]) -> ChainError:
        return ChainError("no RPC endpoint answered: " + "; ".join(failures), hint="check chain.rpc_urls")

    async def close(self) -> None:
        """Close every connection."""
        for task in (*self._sending, *self._reviving.values()):
            task.cancel()
        for node in self._nodes:
            await node.provider.disconnect()


class WrongChain(ValueError):
    """An endpoint of another chain."""


def _failed(error: Exception) -> Health:
    return Health(State.WRONG_CHAIN if isinstance(error, WrongChain) else State.DEAD, _short(error))


def _short(error: Exception) -> str:
    if isinstance(error, Web3RPCError) and error.rpc_response:
        return redact(str(error.rpc_response.get("error", {}).get("message", error)))[:200]
    return redact(f"{type(error).__name__}: {error}")[:200] if str(error) else type(error).__name__


async def block_at(rpc: Rpc, number: int) -> Block:
    """A block by number."""
    return await rpc.read(lambda w3: _block(w3, number))


async def _block(w3: Web3, which: int | Literal["latest"]) -> Block:
    raw = await w3.eth.get_block(which)
    number, timestamp = _whole("block number", raw["number"]), _whole("block time", raw["timestamp"], 2**32)
    return Block(number, timestamp, _whole("base fee", raw.get("baseFeePerGas", 0), 2**128))


def _whole(what: str, value: Any, limit: int = MAX_WHOLE) -> int:
    if type(value) is not int or not 0 <= value < limit:
        raise ValueError(f"{what} is {value!r}")
    return value
