"""Signing: keystore files, their modes, and the 64-byte EIP-2098 signature. A key never leaves this module's objects.

Keystore v3 is the Web3 Secret Storage definition, read and written by eth-account; signatures are coincurve's
(libsecp256k1), low-s by construction (https://eips.ethereum.org/EIPS/eip-2098 for the compact form).
"""

import fcntl
import json
import os
import stat
from pathlib import Path
from typing import IO, Any, Protocol

from coincurve import PrivateKey, PublicKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from reporter.errors import AlreadyRunning, KeyFileError

HALF_N = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
SCRYPT_N = 2**18


class Signer(Protocol):
    """Signs digests for one address. Local today; a remote signer fits the same shape."""

    address: str

    def sign(self, digest: bytes) -> bytes:
        """The 64-byte EIP-2098 signature of a 32-byte digest."""


class LocalSigner:
    """A signing key held in memory; its ``repr`` shows the address alone."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.address = address_of(self._key.public_key)

    def sign(self, digest: bytes) -> bytes:
        raw = self._key.sign_recoverable(digest, hasher=None)
        return compact(raw[:32], raw[32:64], raw[64])

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"


def compact(r: bytes, s: bytes, y_parity: int) -> bytes:
    """EIP-2098: r, then s with the parity of y in its top bit. ``s`` must be low."""
    return r + (int.from_bytes(s, "big") | y_parity << 255).to_bytes(32, "big")


def recover(digest: bytes, signature: bytes) -> str | None:
    """The checksum address that made an EIP-2098 signature, or None if it is malformed or its s is high."""
    if len(signature) != 64:
        return None
    vs = int.from_bytes(signature[32:], "big")
    s = vs & (2**255 - 1)
    if s > HALF_N:
        return None
    raw = signature[:32] + s.to_bytes(32, "big") + bytes([vs >> 255])
    try:
        return address_of(PublicKey.from_signature_and_message(raw, digest, hasher=None))
    except Exception:  # noqa: BLE001 - libsecp256k1 raises bare Exception for a point not on the curve
        return None


def address_of(key: PublicKey) -> str:
    """The checksum address of a public key."""
    return to_checksum_address(keccak(key.format(compressed=False)[1:])[-20:])


def load_secret(keystore: Path, password_file: Path) -> bytes:
    """Decrypt a keystore v3 file.

    Raises:
        KeyFileError: A file is missing, may be read by others, is no keystore, or the password does not open it.
    """
    text = _read_private(keystore, "keystore")
    password = _read_private(password_file, "password file").rstrip("\r\n")
    try:
        return _decrypted(json.loads(text), password)
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError, RecursionError) as error:
        wrong = "MAC mismatch" in str(error)
        what = "the password does not open it" if wrong else f"it is not a keystore v3 file ({_brief(error)})"
        raise KeyFileError(f"keystore {keystore}: {what}", hint=f"password file: {password_file}") from None


def _decrypted(document: Any, password: str) -> bytes:
    _check_cost(document)
    secret = bytes(Account.decrypt(document, password))
    # The MAC does not cover the initial vector: another one opens, to another key.
    if "address" in document and LocalSigner(secret).address != to_checksum_address(document["address"]):
        raise ValueError("its address is another key's")
    return secret


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:80]


def _check_cost(document: Any) -> None:
    """Refuse parameters that would fill the memory or take for ever; a keystore is a file that anyone may have written."""
    numbers = document["crypto"]["kdfparams"]
    for name, limit in (("dklen", 32), ("n", 2**20), ("r", 32), ("p", 32), ("c", 10**7)):
        value = numbers.get(name, 1)
        if type(value) is not int or not 1 <= value <= limit:
            raise ValueError(f"{name} is {str(value)[:20]}")


def load_account(keystore: Path, password_file: Path) -> LocalAccount:
    """The gas key as an account that signs transactions. Raises as ``load_secret``."""
    account: LocalAccount = Account.from_key(load_secret(keystore, password_file))
    return account


def create_keystore(
    path: Path, password: str, *, scrypt_n: int = SCRYPT_N, secret: bytes | None = None
) -> str:
    """Write a new keystore (mode 0600, never over an existing file) and return its address.

    Args:
        scrypt_n: Cost of the key derivation; the default takes about a second and 256 MiB. Lower it only in tests.
    """
    account = Account.from_key(secret) if secret else Account.create()
    document: dict[str, Any] = Account.encrypt(account.key, password, kdf="scrypt", iterations=scrypt_n)
    write_private(path, json.dumps(document))
    return str(account.address)


def write_private(path: Path, text: str) -> None:
    """Create a file that only its owner may read.

    Raises:
        KeyFileError: The file exists.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} exists and is not overwritten", hint="choose another path") from None
    with os.fdopen(handle, "w") as file:
        file.write(text)


def _read_private(path: Path, what: str) -> str:
    try:
        mode = path.stat()
        text = path.read_text()
    except OSError as error:
        raise KeyFileError(f"{what} {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{what} {path} is not text") from None
    if mode.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or mode.st_uid != os.geteuid():
        raise KeyFileError(f"{what} {path} may be read by others", hint=f"chmod 600 {path}")
    return text


def hold(keystore: Path) -> IO[str]:
    """Lock a keystore for this process: one key, one reporter, whatever its data directory. Keep the file open.

    Raises:
        AlreadyRunning: Another process holds it.
    """
    file = keystore.open()
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        hint = "two instances with one key could sign two prices for one second"
        raise AlreadyRunning(f"another reporter is running with {keystore}", hint=hint) from None
    return file
