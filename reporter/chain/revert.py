"""Revert data into words: our contracts' custom errors by name and arguments, and Solidity's own two."""

import json
from functools import cache
from importlib import resources
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak


@cache
def abi(contract: str) -> list[dict[str, Any]]:
    """The ABI of one of our contracts, as shipped in the package."""
    found: list[dict[str, Any]] = json.loads(
        resources.files("reporter.abi").joinpath(f"{contract}.json").read_text()
    )
    return found


@cache
def _errors() -> dict[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    known: dict[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
        b"\x08\xc3\x79\xa0": ("Error", ("string",), ("reason",)),
        b"NH{q": ("Panic", ("uint256",), ("code",)),
    }
    for contract in ("Aggregator", "Feed", "PerpetualFunding"):
        for item in abi(contract):
            if item["type"] == "error":
                types = tuple(i["type"] for i in item["inputs"])
                selector = keccak(text=f"{item['name']}({','.join(types)})")[:4]
                known[selector] = (item["name"], types, tuple(i["name"] for i in item["inputs"]))
    return known


def explain(data: object) -> str:
    """``Stale(age=70, maxAge=60)`` for revert data in hex or bytes; the data itself where it is unknown."""
    try:
        raw = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data)  # type: ignore[call-overload]
        name, types, names = _errors()[raw[:4]]
        values = decode(types, raw[4:])
    except (KeyError, ValueError, TypeError, DecodingError):
        return f"with {data!r}" if data else "without a reason"
    shown = ("0x" + v.hex() if isinstance(v, bytes) else v for v in values)
    return f"{name}({', '.join(f'{n}={v}' for n, v in zip(names, shown, strict=True))})"
