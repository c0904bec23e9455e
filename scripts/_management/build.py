"""Compiling through ape, and the creation code that comes of it."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from ape import project
from eth_abi.abi import encode


def compile_contracts() -> None:
    """Compile everything unless nothing changed.

    ape 0.8 recompiles a file only when that very file changed: an edited library or base contract would leave its users'
    old bytecode in the cache, and that would be deployed. So a stamp covers all sources and the cache itself.
    """
    _forget_unpacked()
    stamp = project.manifest_path.with_name("spotline.sha256")
    if not stamp.exists() or stamp.read_text() != _fingerprint():
        project.load_contracts(use_cache=False)
        stamp.write_text(_fingerprint())
    _forget_unpacked()


def _forget_unpacked() -> None:
    """ape looks at 500 files under contracts/, and unpacks 600 of dependencies there: it would miss some of ours."""
    shutil.rmtree(Path(project.path) / "contracts" / ".cache", ignore_errors=True)


def _fingerprint() -> str:
    root = Path(project.path)
    total = hashlib.sha256()
    for path in (*_sources(), root / "ape-config.yaml", project.manifest_path):
        total.update(path.read_bytes() if path.exists() else b"")
        total.update(b"\0")
    return total.hexdigest()


def _sources() -> list[Path]:
    found = Path(project.path).glob("contracts/**/*.sol")
    return sorted(path for path in found if ".cache" not in path.parts)


def creation_code(contract: str, types: list[str], *arguments: Any) -> bytes:
    """The creation code of one of our contracts with its constructor's arguments."""
    compile_contracts()
    code = getattr(project, contract).contract_type.deployment_bytecode.bytecode
    return bytes.fromhex(code.removeprefix("0x")) + encode(types, arguments)
