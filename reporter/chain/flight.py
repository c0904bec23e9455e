"""One nonce on its way: watched until one of its transactions is mined, raised every three blocks, changed when asked."""

import asyncio

from reporter.chain.asked import Asked
from reporter.chain.calls import Call
from reporter.chain.rpc import Receipt
from reporter.chain.sender import Account, Sender
from reporter.errors import ChainError, StoreFailed
from reporter.store import Store
from reporter.telemetry import log

BUMP_BLOCKS = 3


class NonceGap(ChainError):
    """A reorganisation took a transaction before ours away, and nobody put it back into the pool."""


class Flight:
    """Everything sent with the account's nonce."""

    def __init__(
        self, sender: Sender, asked: Asked, store: Store, call: Call, account: Account, tx_hash: str
    ) -> None:
        self._sender, self._asked, self._store = sender, asked, store
        self._call, self._account = call, account
        self._sent: dict[str, Call] = {tx_hash: call}
        self._trouble = ""
        self._gap = False

    async def landed(self, timeout_s: float) -> tuple[Call, str, Receipt]:
        """What was mined: the call, its transaction and the receipt.

        Raises:
            NonceGap: Nothing can be: the chain has forgotten a transaction before it.
            ChainError: Nothing is, after ``timeout_s``.
        """
        clock = asyncio.get_running_loop().time
        give_up, raise_at = clock() + timeout_s, clock() + self._patience_s
        while True:
            try:
                if (found := await self._mined()) is not None:
                    return found
                if await self._obeyed():
                    raise_at = clock() + self._patience_s
                elif clock() > raise_at:
                    raise_at = clock() + self._patience_s
                    await self._raise()
            except NonceGap:
                raise
            except (ChainError, StoreFailed) as error:  # one look that fails is not the transaction's end
                self._tell(error)
            if clock() > give_up:
                raise ChainError(f"transaction {self._newest} is not mined after {timeout_s:g} s")
            await asyncio.sleep(min(1, max(0.1, self._sender.rules.block_time_s / 20)))

    @property
    def _patience_s(self) -> int:
        return BUMP_BLOCKS * self._sender.rules.block_time_s

    @property
    def _newest(self) -> str:
        return next(reversed(self._sent))

    async def _mined(self) -> tuple[Call, str, Receipt] | None:
        for tx_hash, call in reversed(self._sent.items()):
            if (receipt := await self._sender.rpc.receipt(tx_hash)) is not None:
                return call, tx_hash, receipt
        return None

    async def _obeyed(self) -> bool:
        """Do what was asked meanwhile; whether something was sent."""
        done = False
        for request in self._store.requests():
            base_fee = (await self._sender.rpc.head()).base_fee
            if (sent := await self._asked.attend(request, self._account, base_fee)) is not None:
                self._note(*sent)
                done = True
        return done

    async def _raise(self) -> None:
        await self._look_for_gap()
        base_fee = (await self._sender.rpc.head()).base_fee
        self._note(self._call, await self._sender.send(self._call, self._account, base_fee))

    async def _look_for_gap(self) -> None:
        """Raises ``NonceGap`` when the chain says twice that an earlier nonce comes next: once may be a lagging endpoint."""
        mine, comes_next = self._account.nonce, await self._sender.rpc.nonce(self._sender.address)
        before, self._gap = self._gap, comes_next < mine
        if before and self._gap:
            raise NonceGap(
                f"the chain has dropped our nonce {comes_next} and waits for it: nonce {mine} cannot be mined",
                hint="nothing: the next update takes its place",
            )

    def _note(self, call: Call, tx_hash: str) -> None:
        self._call = call
        self._sent.pop(tx_hash, None)  # the same again, when the cap leaves no raise: it is the newest
        self._sent[tx_hash] = call

    def _tell(self, error: ChainError | StoreFailed) -> None:
        if str(error) != self._trouble:
            log().warning("transaction stuck", tx=self._newest, reason=str(error), advice=error.hint)
        self._trouble = str(error)
