"""Keystore v3 files: the Web3 Secret Storage definition, read and written by eth-account."""

import json
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from reporter.errors import KeyFileError
from reporter.keys.files import read_private, write_private
from reporter.keys.local import LocalSigner

SCRYPT_N = 2**18


def load_secret(keystore: Path, password_file: Path) -> bytes:
    """Decrypt a keystore v3 file.

    Raises:
        KeyFileError: A file is missing, may be read by others, is no keystore, or the password does not open it.
    """
    text = read_private(keystore, "keystore")
    password = read_private(password_file, "password file").rstrip("\r\n")
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
