"""Who signs, and the signer whose key is in memory. Signatures are coincurve's (libsecp256k1), low-s by construction."""

from typing import Protocol

from coincurve import PrivateKey
from eth_utils.crypto import keccak

from reporter.keys.signature import address_of, compact

MESSAGE_BYTES = 66


class Signer(Protocol):
    """Signs EIP-712 messages for one address. It takes the message and not its hash: a web3signer hashes by itself."""

    address: str

    async def sign_typed(self, message: bytes) -> bytes:
        """The 64-byte EIP-2098 signature of ``keccak256(message)``.

        Args:
            message: 66 bytes: 0x1901, the domain separator, the struct hash.

        Raises:
            SignerFailed: A remote signer did not sign, or not with the key of ``address``.
        """


def check_message(message: bytes) -> None:
    """Nothing but EIP-712 messages is ever signed: never a transaction. Raises ``ValueError``."""
    if len(message) != MESSAGE_BYTES or message[:2] != b"\x19\x01":
        raise ValueError(f"not an EIP-712 message: {len(message)} bytes")


class LocalSigner:
    """A signing key held in memory; its ``repr`` shows the address alone."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address = address_of(self._key.public_key)

    async def sign_typed(self, message: bytes) -> bytes:
        check_message(message)
        return self.sign(keccak(message))

    def sign(self, digest: bytes) -> bytes:
        """The 64-byte EIP-2098 signature of a 32-byte digest."""
        raw = self._key.sign_recoverable(digest, hasher=None)
        return compact(raw[:32], raw[32:64], raw[64])

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"
