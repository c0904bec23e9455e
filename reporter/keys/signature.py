"""The 64-byte EIP-2098 signature (https://eips.ethereum.org/EIPS/eip-2098): made, normalised, and led back to its key."""

from coincurve import PublicKey
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF_N = N // 2
_PARITY_OF_V = {27: 0, 28: 1}


def compact(r: bytes, s: bytes, y_parity: int) -> bytes:
    """EIP-2098: r, then s with the parity of y in its top bit. ``s`` must be low."""
    return r + (int.from_bytes(s, "big") | y_parity << 255).to_bytes(32, "big")


def compact_of(signature: bytes) -> bytes | None:
    """The compact form of r, s and v (65 bytes, v 27 or 28), its s made low; None for what cannot be a signature.

    A high s is as good a signature, but no chain takes it (EIP-2): ``(r, n - s)`` with the other parity says the same.
    """
    if len(signature) != 65 or signature[64] not in _PARITY_OF_V:
        return None
    s, parity = int.from_bytes(signature[32:64], "big"), _PARITY_OF_V[signature[64]]
    if not 0 < s < N:
        return None
    if s > HALF_N:
        s, parity = N - s, 1 - parity
    return compact(signature[:32], s.to_bytes(32, "big"), parity)


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
    return address_of_point(key.format(compressed=False)[1:])


def address_of_point(point: bytes) -> str:
    """The checksum address of an uncompressed public key: 64 bytes, x and y, without the leading 04."""
    return to_checksum_address(keccak(point)[-20:])
