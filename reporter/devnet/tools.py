"""The programs a devnet starts, found in the project's own toolchain or on the PATH."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from reporter.errors import MissingTool

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Tools:
    """How to start a local chain and deploy to it."""

    kind: str
    chain: tuple[str, ...]
    ape: str
    env: dict[str, str]

    @property
    def caps_memory(self) -> bool:
        return self.kind == "anvil"

    def chain_argv(self, port: int) -> list[str]:
        """The command of the local chain."""
        if self.kind == "hardhat":
            return [*self.chain, "node", "--port", str(port), "--hostname", "127.0.0.1"]
        # Without --max-persisted-states 0 a killed Anvil leaves its block states behind. The fork is fixed: from the
        # newest one the cost of a block grows with the chain.
        return [*self.chain, "--port", str(port), "--hardfork", "cancun", "--max-persisted-states", "0"]

    def deploy_argv(self, rpc_url: str, config: Path, out: Path) -> list[str]:
        """The deploy script's command."""
        script = [self.ape, "run", "deploy", "--network", rpc_url]
        return [*script, "--config", str(config), "--out", str(out), "--yes"]


def find_tools(kind: str, root: Path = ROOT) -> Tools:
    """The tools for ``anvil`` or ``hardhat``, from the project at ``root`` or the PATH.

    Raises:
        MissingTool: One is not installed.
    """
    toolchain = root / ".toolchain"
    paths = [toolchain / "bin", root / ".venv" / "bin"]
    search = os.pathsep.join([*map(str, paths), os.environ.get("PATH", "")])
    env = {
        "PATH": search,
        "SOLCX_BINARY_PATH": str(toolchain / "solcx"),
        "APE_DATA_FOLDER": str(toolchain / "ape"),
        "XDG_CONFIG_HOME": str(toolchain / "xdg"),
        "XDG_DATA_HOME": str(toolchain / "xdg"),
        "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true",
    }
    return Tools(kind, (_find(kind, search),), _find("ape", search), env)


def _find(name: str, search: str) -> str:
    found = shutil.which(name, path=search)
    if found is None:
        raise MissingTool(
            f"{name} is not installed: the devnet cannot start without it", hint="run: make setup"
        )
    return found
