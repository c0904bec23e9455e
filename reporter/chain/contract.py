"""One of our contracts as web3 shows it, made once for each endpoint."""

from typing import Any

from eth_typing import ChecksumAddress, HexAddress, HexStr
from web3 import AsyncHTTPProvider, AsyncWeb3

from reporter.chain.revert import abi


class Contract:
    """A contract by name and address.

    To make web3's object for it takes some forty classes, 300 kB that only the collector of cycles finds again, so it is
    kept as long as this is.
    """

    def __init__(self, name: str, address: str) -> None:
        self._abi, self.address = abi(name), ChecksumAddress(HexAddress(HexStr(address)))
        self._made: dict[AsyncWeb3[AsyncHTTPProvider], Any] = {}

    def through(self, w3: AsyncWeb3[AsyncHTTPProvider]) -> Any:
        """The contract as asked through one endpoint."""
        if w3 not in self._made:
            self._made[w3] = w3.eth.contract(self.address, abi=self._abi)
        return self._made[w3]
