"""Commands as a person types them, without a process."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from reporter.cli import app, main


def spotline(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> dict[str, Any]:
    """What ``--json`` prints."""
    result = spotline(*words, "--json")
    assert result.exit_code == 0, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str]:
    """The exit code and stderr of a command that fails."""
    monkeypatch.setattr("sys.argv", ["spotline", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().err
