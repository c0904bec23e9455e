"""Calldata by signature, results by type, and reverts in words."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from reporter.chain.revert import explain
from reporter.errors import ConfigError, UsageError

ROOT = Path(__file__).resolve().parents[2]
ZERO = "0x" + "0" * 40
TIMELOCK = "@openzeppelin/contracts/build/contracts/TimelockController.json"
SAFE = "@safe-global/safe-smart-account/build/artifacts/contracts"


def types_of(signature: str) -> list[str]:
    """The argument types in ``name(type,type)``, a tuple as its members: while none is dynamic it is encoded like them."""
    inside = signature[signature.index("(") + 1 : -1].replace("(", "").replace(")", "")
    return inside.split(",") if inside else []


def call_data(signature: str, *arguments: Any) -> bytes:
    """The calldata of a call."""
    return bytes(keccak(text=signature)[:4]) + encode(types_of(signature), arguments)


def results(types: list[str], data: bytes) -> tuple[Any, ...]:
    """Decoded return values, addresses checksummed.

    Raises:
        DecodingError: They are not of these types.
    """
    found = decode(types, data)
    return tuple(_checksummed(kind, value) for kind, value in zip(types, found, strict=True))


def _checksummed(kind: str, value: Any) -> Any:
    if kind == "address[]":
        return tuple(str(to_checksum_address(each)) for each in value)
    return str(to_checksum_address(value)) if kind == "address" else value


def address_of(what: str, given: str) -> str:
    """``given`` checksummed.

    Raises:
        UsageError: It is not an address, is zero, or has a wrong checksum.
    """
    if not is_address(given) or int(given, 16) == 0:
        raise UsageError(
            f"{what} is not an address: {given!r}", hint="0x and 40 hex digits with their checksum"
        )
    return str(to_checksum_address(given))


@cache
def artifact(name: str) -> dict[str, Any]:
    """A compiled contract of an npm package.

    Raises:
        ConfigError: It is not installed.
    """
    path = ROOT / "node_modules" / name
    if not path.exists():
        raise ConfigError(f"{path.relative_to(ROOT)} is not installed", hint="run: make setup")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def bytecode(name: str) -> bytes:
    """The creation code of a compiled contract of an npm package."""
    return bytes.fromhex(artifact(name)["bytecode"].removeprefix("0x"))


@cache
def _timelock_errors() -> dict[bytes, tuple[str, list[tuple[str, str]]]]:
    errors = [entry for entry in artifact(TIMELOCK)["abi"] if entry["type"] == "error"]
    inputs = {e["name"]: [(i["name"], collapse_if_tuple(i)) for i in e["inputs"]] for e in errors}
    return {
        keccak(text=f"{name}({','.join(kind for _, kind in fields)})")[:4]: (name, fields)
        for name, fields in inputs.items()
    }


def reason(data: bytes) -> str:
    """A revert in words: our contracts' errors, a timelock's, and Solidity's own, with their arguments."""
    name, fields = _timelock_errors().get(data[:4], ("", []))
    if not name:
        return explain(data)
    try:
        values = results([kind for _, kind in fields], data[4:])
    except DecodingError:
        return explain(data)
    shown = (value.hex() if isinstance(value, bytes) else value for value in values)
    return f"{name}({', '.join(f'{field}={v}' for (field, _), v in zip(fields, shown, strict=True))})"
