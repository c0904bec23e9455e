"""Keys: files and their modes, signatures, who signs. A key never leaves this package's objects.

``keystore`` opens Web3 Secret Storage files, ``files`` checks who may read one, ``credentials`` finds systemd's, ``lock``
keeps other instances off, ``local`` signs with a key in memory, and ``remote``, which alone talks HTTP, asks a web3signer.
"""

from reporter.keys.files import check_private, write_private
from reporter.keys.keystore import create_keystore, load_account, load_secret
from reporter.keys.local import LocalSigner, Signer
from reporter.keys.lock import Lock
from reporter.keys.signature import HALF_N, compact, recover

__all__ = [
    "HALF_N",
    "LocalSigner",
    "Lock",
    "Signer",
    "check_private",
    "compact",
    "create_keystore",
    "load_account",
    "load_secret",
    "recover",
    "write_private",
]
