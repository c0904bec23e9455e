"""The commands as an operator types them, on the chain that the tests are connected to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ape
import click
from click.testing import CliRunner, Result

from scripts._management.creation import PROXY

FEEDS = [{"name": "BTC/USD", "decimals": 8}, {"name": "BTC/USD-PERP", "decimals": 8}]


@dataclass
class Desk:
    """Runs commands and keeps their files in one folder."""

    deploy: click.Command
    manage: click.Group
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def file(self) -> Path:
        return self.folder / "deployments" / "31337.json"

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))

    @property
    def aggregator(self) -> Any:
        return ape.project.Aggregator.at(self.document["aggregator"])

    @property
    def has_proxy(self) -> bool:
        """Whether the chain has the deterministic deployment proxy: Anvil does, Hardhat does not."""
        return bool(ape.networks.provider.get_code(PROXY))

    def configure(self, reporters: list[str], **more: Any) -> None:
        self.config.write_text(json.dumps({"reporters": reporters, "feeds": FEEDS, **more}))

    def try_(self, *words: object, answer: str | None = None, yes: bool = True) -> Result:
        """One command, which may fail. ``answer`` is typed when it asks."""
        name, *rest = map(str, words)
        deploying = name == "deploy"
        argv = rest if deploying else [name, "--deployment", str(self.file), *rest]
        argv += ["--yes"] if yes and name != "show" else []
        main = self.deploy if deploying else self.manage
        runner = CliRunner(mix_stderr=False)
        return runner.invoke(main, argv, obj={"provider": ape.networks.provider}, input=answer)

    def run(self, *words: object, **more: Any) -> str:
        """One command that works, and what it printed."""
        result = self.try_(*words, **more)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def json(self, *words: object, **more: Any) -> dict[str, Any]:
        """One command that works, and its document."""
        return dict(json.loads(self.run(*words, "--json", **more)))

    def refusal(self, *words: object, **more: Any) -> tuple[int, str]:
        """Exit code and messages of one command that refuses."""
        result = self.try_(*words, **more)
        assert result.exit_code != 0, result.stdout
        assert "Traceback" not in result.stderr
        return result.exit_code, result.stderr[result.stderr.index("error:") :].rstrip()
