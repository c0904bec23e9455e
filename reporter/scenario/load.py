"""Reading a scenario: by name from the package, or any file."""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import ValidationError

from reporter.errors import ScenarioError, UnknownScenario
from reporter.scenario.model import Scenario


def names() -> list[str]:
    """The incidents that come with Spotline, in the order of METHODOLOGY.md."""
    found = [(load(entry.name.removesuffix(".toml")).id, entry.name) for entry in _folder().iterdir()]
    return [name.removesuffix(".toml") for _, name in sorted(found)]


def load(name: str) -> Scenario:
    """Return an incident that comes with Spotline.

    Raises:
        UnknownScenario: There is none of that name.
        ScenarioError: The file is wrong.
    """
    known = sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir())
    if name not in known:
        raise UnknownScenario(name, known)
    return read(f"{name}.toml", (_folder() / f"{name}.toml").read_text(encoding="utf-8"))


def read(file: str, text: str) -> Scenario:
    """Check the text of a scenario.

    Raises:
        ScenarioError: With the file, the key and the value at fault.
    """
    try:
        scenario = Scenario.model_validate(tomllib.loads(text))
    except ValidationError as error:
        message, key = explained(error)
        raise ScenarioError(f"{file}: {message}", key=key) from None
    except (RecursionError, ValueError) as error:
        raise ScenarioError(f"{file}: not valid TOML: {error}") from None
    if file.removesuffix(".toml") != scenario.name:
        raise ScenarioError(f"{file}: name: {scenario.name!r} is not the file's", key="name")
    return scenario


def _folder() -> Traversable:
    return files("reporter") / "scenarios"


def explained(error: ValidationError) -> tuple[str, str]:
    """The first thing that is wrong with a file, with its value, and the key where it stands."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}", key
    said = first["msg"].removeprefix("Value error, ")
    value = f", not {first['input']!r}" if isinstance(first["input"], str | int | float) else ""
    given = "" if first["type"] in ("missing", "value_error") else value
    return f"{key}: {said[0].lower()}{said[1:]}{given}", key
