"""Contracts compiled from the sources of their own npm packages, each with a solc of its own age."""

import json
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("compile.cjs")


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is deployed, and how it is called."""

    abi: list[dict[str, Any]]
    bytecode: str


@dataclass(frozen=True, slots=True)
class Compilation:
    """One solc, and what it compiles.

    Attributes:
        solc: The npm package it is installed as; ``version`` is the release it must be.
        sources: Files below the project's root, each with a contract of its own name.
        remappings: Prefixes of imports, as solc takes them.
    """

    solc: str
    version: str
    evm: str
    sources: tuple[str, ...]
    remappings: tuple[str, ...] = ()
    optimizer_runs: int = 200
    via_ir: bool = False


CHAINLINK_2020 = "node_modules/chainlink-0.1"
CHAINLINK_2022 = "node_modules/chainlink-0.4/src"
PERPETUAL = "node_modules/@perp/perp-oracle-contract/contracts"
AAVE = "node_modules/@aave-dao/aave-v3-origin/src/contracts"
THEIRS = (
    Compilation(
        "solc-0.6",
        "0.6.6",
        "istanbul",
        (
            f"{CHAINLINK_2020}/v0.6/EACAggregatorProxy.sol",
            f"{CHAINLINK_2020}/v0.6/AggregatorFacade.sol",
            f"{CHAINLINK_2020}/v0.6/FluxAggregator.sol",
        ),
    ),
    Compilation(
        "solc-0.7",
        "0.7.6",
        "istanbul",
        (
            f"{PERPETUAL}/ChainlinkPriceFeed.sol",
            f"{PERPETUAL}/ChainlinkPriceFeedV1R1.sol",
            f"{PERPETUAL}/ChainlinkPriceFeedV2.sol",
            f"{PERPETUAL}/ChainlinkPriceFeedV3.sol",
            f"{CHAINLINK_2022}/v0.7/KeeperRegistry.sol",
            f"{CHAINLINK_2022}/v0.7/dev/StalenessFlaggingValidator.sol",
        ),
        (
            "@openzeppelin/contracts/=node_modules/openzeppelin-3/",
            "@chainlink/contracts/src/=node_modules/chainlink-0.1/",
        ),
    ),
    Compilation(
        "solc",
        "0.8.37",
        "cancun",
        (
            f"{AAVE}/misc/AaveOracle.sol",
            f"{CHAINLINK_2022}/v0.8/dev/Flags.sol",
            f"{CHAINLINK_2022}/v0.8/dev/ArbitrumSequencerUptimeFeed.sol",
        ),
    ),
)


def ours() -> Compilation:
    """Our contracts, with the settings that ``foundry.toml`` gives them."""
    profile = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    return Compilation(
        "solc",
        "0.8.37",
        profile["evm_version"],
        ("contracts/Aggregator.sol", "contracts/Feed.sol", "contracts/SequencerGuard.sol"),
        tuple(profile["remappings"]),
        profile["optimizer_runs"],
        profile.get("via_ir", False),
    )


def find_node(search: str) -> str:
    """Node's path, looked for in ``search`` as a shell does."""
    node = shutil.which("node", path=search)
    assert node is not None, "node is not installed; run: make setup"
    return node


def compile_contracts(compilation: Compilation, node: str) -> dict[str, Artifact]:
    """Compile and return each source's contract by its name.

    Raises:
        AssertionError: The solc installed is not the one meant, or it refused a source; with its words.
    """
    release = json.loads((ROOT / "node_modules" / compilation.solc / "package.json").read_text())["version"]
    assert release == compilation.version, f"{compilation.solc} is {release}, not {compilation.version}"
    answer = subprocess.run(
        [node, str(SCRIPT), compilation.solc, str(ROOT)],
        input=json.dumps(_input(compilation)),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    output = json.loads(answer.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    assert not errors, "\n".join(errors)
    named = {name: Path(name).stem for name in compilation.sources}
    return {stem: _artifact(output["contracts"][name][stem]) for name, stem in named.items()}


def _input(compilation: Compilation) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "evmVersion": compilation.evm,
        "optimizer": {"enabled": True, "runs": compilation.optimizer_runs},
        "remappings": list(compilation.remappings),
        "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
    }
    if compilation.via_ir:  # an older solc knows no such setting
        settings["viaIR"] = True
    return {
        "language": "Solidity",
        "sources": {name: {} for name in compilation.sources},
        "settings": settings,
    }


def _artifact(contract: dict[str, Any]) -> Artifact:
    return Artifact(contract["abi"], contract["evm"]["bytecode"]["object"])
