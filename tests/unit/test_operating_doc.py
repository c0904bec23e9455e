"""OPERATING.md is complete: every key, reason, path and code of the program is in it, and what it shows works."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from annotated_types import Ge, Le, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reporter import errors, keys
from reporter.config import Config, RemoteSignerSection, load_config
from reporter.index import plan
from reporter.keys import LocalSigner, load_secret
from reporter.peers.observe import Code
from reporter.sources import VENUES
from reporter.sources.layout import Row
from reporter.wiring import venue_fetcher

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "OPERATING.md").read_text(encoding="utf-8")
TEST_SCRYPT_N = 2**14


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `") or re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section behind a field of Config: itself, optional, or in a list or a mapping."""
    parts = get_args(annotation) or (annotation,)
    return next((p for p in parts if isinstance(p, type) and issubclass(p, BaseModel)), None)


def keys_of_config() -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for name, field in Config.model_fields.items():
        if (model := section_of(field.annotation)) is not None:
            prefix = "venues.NAME" if name == "venues" else name
            found |= {f"{prefix}.{key}": inner for key, inner in model.model_fields.items()}
    return found


def default_text(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return "none" if field.default is None else f"`{json.dumps(field.default)}`"


def bounds_text(field: FieldInfo) -> str:
    limits = {type(limit): limit for limit in field.metadata}
    if Ge in limits:
        return f"{limits[Ge].ge} to {limits[Le].le}"
    return f"at least {limits[MinLen].min_length}" if MinLen in limits else ""


def test_keys__every_key_of_the_configuration__with_its_default_and_bounds() -> None:
    said = {row[0].strip("`"): (row[2], row[3]) for row in rows(section("spotline.toml"))}

    assert len(said) == 46
    assert said == {key: (default_text(field), bounds_text(field)) for key, field in keys_of_config().items()}


def test_keys__remote_signer__every_key_of_its_table_with_default_and_bounds() -> None:
    (row,) = [row for row in rows(section("spotline.toml")) if row[0] == "`keys.remote_signer`"]

    for key, field in RemoteSignerSection.model_fields.items():
        assert f"`{key}`" in row[4]
        if field.default not in (PydanticUndefined, None):
            said = f"`{key}` ({default_text(field)}, {bounds_text(field)}".rstrip(", ")
            assert said in row[4]


def test_example__as_a_file__loads_and_can_be_planned(tmp_path: Path) -> None:
    path = tmp_path / "spotline.toml"
    path.write_text(block("toml"))

    config = load_config(path)

    assert [rules.feed for rules in plan([feed.rules for feed in config.feeds])] == ["USDT/USD", "BTC/USD"]
    for venue, symbols in config.markets_by_venue.items():
        source = venue_fetcher(config, venue).source
        assert all(source.symbol(symbol) for symbol in symbols)


def test_keys_snippet__run__makes_three_private_files_that_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keys, "create_keystore", partial(keys.create_keystore, scrypt_n=TEST_SCRYPT_N))

    exec(block("python"), {})

    address = LocalSigner(load_secret(tmp_path / "signing.json", tmp_path / "password")).address
    assert capsys.readouterr().out.startswith(f"signing {address}\ngas 0x")
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == dict.fromkeys(
        ("password", "signing.json", "gas.json"), 0o600
    )


def clock(row: Row) -> str:
    return "book" if row.book_at else "last" if row.last_at else "received"


def test_venues__every_one__in_the_table_with_clocks_and_limit() -> None:
    said = re.findall(r"`(\w+)` \| (\w+), ([\d.]+)/s( each)? \| (book|-) \|", section("Venues"))

    assert {name: tuple(rest) for name, *rest in said} == {
        name: (
            clock(venue.row),
            str(venue.per_second),
            " each" if "{name}" in venue.target else "",
            clock(venue.update or venue.row) if venue.default_ws_url else "-",
        )
        for name, venue in VENUES.items()
    }


def test_reasons__every_one_that_readyz_can_give__is_explained() -> None:
    source = "".join((ROOT / "reporter" / name).read_text() for name in ("status.py", "gas_status.py"))
    said = [row[0].strip("`") for row in rows(section("Not ready, and what to do"))]

    assert len(said) == len(re.findall(r"\byield f?\"", source))
    for piece in (piece for reason in said for piece in reason.split("…")):
        assert piece in ("", ": ", " s") or re.sub(r"^: ", "", piece) in source, piece


def test_paths__every_route__is_listed() -> None:
    api = (ROOT / "reporter" / "web" / "api.py").read_text()
    peers = (ROOT / "reporter" / "peers" / "http.py").read_text()
    routes = [path.replace(":path", "") for path in re.findall(r'Route\(\s*"([^"]+)"', api)]

    assert routes == [row[0].strip("`") for row in rows(section("Web API"))]
    assert all(path in section("Web API") for path in re.findall(r'Route\("([^"]+)"', peers))


def test_refusals__every_code__is_listed() -> None:
    assert set(Code) <= set(re.findall(r"`(\w+)`", section("Web API")))


def test_exit_codes__every_error__has_a_row() -> None:
    said = {int(row[0]) for row in rows(section("Running"))}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    assert said == {0, *(kind.exit_code for kind in kinds if issubclass(kind, errors.SpotlineError))}


def test_events__every_log_event__is_listed() -> None:
    code = "".join(path.read_text() for path in (ROOT / "reporter").glob("*.py"))
    events = set(re.findall(r'log\(\)\.(?:info|warning|error)\(\s*"([^"]+)"', code))

    assert len(events) >= 5
    assert all(f"`{event}`" in section("Running") for event in events)


def test_manage__every_command__has_a_row() -> None:
    source = (ROOT / "scripts" / "manage.py").read_text()
    commands = re.findall(r'@(?:managing|command)\(\s*cli,\s*"([a-z-]+)"', source)

    said = [row[0].strip("`").split()[0] for row in rows(section("Managing the contracts"))]

    assert len(commands) >= 13
    assert sorted(said) == sorted(commands)
