"""The deployment file, read for changing: everything in it is kept, and it is replaced in one step."""

import json
import os
from pathlib import Path
from typing import Any

from reporter.chain.deployment import Deployment, load_deployment
from reporter.errors import ConfigError


def deployment_for(path: Path, chain_id: int) -> Deployment:
    """The deployment of the chain that we are connected to.

    Raises:
        ConfigError: It cannot be read, or is another chain's.
    """
    found = load_deployment(path)
    if found.chain_id != chain_id:
        raise ConfigError(
            f"{path} is of chain {found.chain_id}, but the network is chain {chain_id}",
            hint=f"give --deployment deployments/{chain_id}.json or another --network",
        )
    return found


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a deployment file whole or not at all."""
    text = json.dumps(document, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with part.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def feed_entry(feed_id: bytes, address: str, decimals: int) -> dict[str, Any]:
    """A feed as the deployment file has it."""
    return {"feedId": "0x" + feed_id.hex(), "address": address, "decimals": decimals}


def record_feed(path: Path, name: str, entry: dict[str, Any]) -> None:
    """Add a feed to a deployment file."""
    document = json.loads(path.read_text())
    document["feeds"][name] = entry
    write_document(path, document)
