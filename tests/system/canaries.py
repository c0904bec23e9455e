"""Secrets made for one run, every dress that one can come out in, and where it came out."""

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass
class Canaries:
    """Secrets by name: keys as 32 bytes, all else as text."""

    keys: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A new secret text; it has letters of both cases, so that a change of case is seen."""
        return self.texts.setdefault(name, f"cAnAry{secrets.token_hex(12)}")

    def dresses(self) -> Iterator[tuple[str, bytes]]:
        """Every form of every secret, with its name."""
        for name, key in self.keys.items():
            forms = (key, *map(str.encode, (key.hex(), key.hex().upper(), str(int.from_bytes(key, "big")))))
            yield from ((name, form) for form in (*forms, *_encoded(key), *_encoded(key.hex().encode())))
        for name, text in self.texts.items():
            plain = text.encode()
            forms = (plain, plain.lower(), plain.upper(), plain.hex().encode(), quote(text).encode())
            yield from ((name, form) for form in (*forms, *_encoded(plain)))


def _encoded(content: bytes) -> Iterable[bytes]:
    """Base64 at each of the three offsets at which it can stand in a longer text, without the ends that depend on it."""
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * offset + content)[(0, 2, 3)[offset] :].rstrip(b"=")[:-1]


def leaks(outputs: Mapping[str, bytes], canaries: Canaries) -> list[str]:
    """What leaked where, as sentences without the secret."""
    dresses = list(canaries.dresses())
    return sorted(
        {
            f"{name} in {where}"
            for where, content in outputs.items()
            for name, dress in dresses
            if dress in content
        }
    )
