"""Reading the configuration: one TOML file, checked before anything starts. Untrusted input until then.

An error names the key and its line. Relative paths are relative to the file. Unknown keys are refused.
"""

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from reporter.config.lines import key_lines
from reporter.config.sections import Config
from reporter.errors import ConfigError


def load_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: With the key and the line at fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"configuration {path} cannot be read: {reason}") from None
    try:
        document = tomllib.loads(text)
    except (RecursionError, ValueError) as error:  # too deep, or a number of thousands of digits, or not TOML
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(f"{path}: not valid TOML: {error}", line=int(line[1]) if line else None) from None
    if "folder" in document:
        raise ConfigError(
            f"{path}: unknown key 'folder'", key="folder", line=key_lines(text).get(("folder",))
        )
    try:
        config = Config.model_validate({**document, "folder": path.resolve().parent})
    except ValidationError as error:
        raise _explain(path, text, error) from None
    _check_names(path, text, [feed.name for feed in config.feeds])
    return config


def _check_names(path: Path, text: str, names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            key = ("feeds", number, "name")
            line = key_lines(text).get(key)
            raise ConfigError(f"{path}, line {line}: feed {name!r} stands twice", key="feeds.name", line=line)


def _explain(path: Path, text: str, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    key = tuple(first["loc"])
    lines = key_lines(text)
    line = next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), None)
    name = ".".join(str(part) for part in key) or "the file"
    said = first["msg"].removeprefix("Value error, ")
    message = (
        f"unknown key {name!r}"
        if first["type"] == "extra_forbidden"
        else f"{name}: {said[0].lower()}{said[1:]}"
    )
    if first["type"] not in ("extra_forbidden", "missing", "value_error") and not isinstance(
        first["input"], dict | list
    ):
        message += f", not {first['input']!r}"
    where = f"{path}, line {line}" if line else f"{path}"
    return ConfigError(f"{where}: {message}", key=name, line=line)
