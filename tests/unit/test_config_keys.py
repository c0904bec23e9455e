"""``[keys]``: each key said once, and a remote signer that is reached only in a way that may be trusted."""

from pathlib import Path

import pytest

from reporter.config import Config, load_config
from reporter.errors import ConfigError, KeyFileError
from reporter.keyring import lock, open_gas, open_signer
from reporter.keys import create_keystore, write_private
from reporter.keys.remote import RemoteSigner
from tests.unit.peers import REPORTERS, SIGNERS

pytestmark = pytest.mark.unit
FILES = {"signing_keystore": '"signing.json"', "gas_keystore": '"gas.json"', "password_file": '"password"'}
REMOTE = f'address = "{REPORTERS[0]}"'
POINT = SIGNERS[0]._key.public_key.format(compressed=False)[1:].hex()


def load(folder: Path, keys: dict[str, str | None], more: str = "") -> Config:
    lines = [f"{key} = {value}" for key, value in (FILES | keys).items() if value is not None]
    path = folder / "spotline.toml"
    path.write_text(
        '[chain]\nrpc_urls = ["http://127.0.0.1:1"]\ndeployment = "d.json"\n[keys]\n'
        + "\n".join(lines)
        + f'\n{more}\n[[feeds]]\nname = "BTC/USD"\nmarkets = ["kraken:BTC/USD"]\n'
    )
    return load_config(path)


def remote(text: str) -> dict[str, str | None]:
    return {"signing_keystore": None, "remote_signer": "{ " + REMOTE + ", " + text + " }"}


def refused(folder: Path, keys: dict[str, str | None], more: str = "") -> str:
    with pytest.raises(ConfigError) as raised:
        load(folder, keys, more)
    assert raised.value.line is not None or "timeout_ms" in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"signing_keystore": None},
            "exactly one of signing_keystore, signing_credential, remote_signer, not none",
        ),
        ({"signing_credential": '"x"'}, "not signing_keystore and signing_credential"),
        (remote('url = "https://s"') | {"signing_keystore": '"x"'}, "not signing_keystore and remote_signer"),
        ({"gas_keystore": None}, "exactly one of gas_keystore, gas_credential, not none"),
        ({"gas_credential": '"x"'}, "not gas_keystore and gas_credential"),
        ({"password_credential": '"x"'}, "not password_file and password_credential"),
        ({"password_file": None}, "not none"),
    ],
)
def test_keys__said_twice_or_not_at_all__refused(
    tmp_path: Path, keys: dict[str, str | None], says: str
) -> None:
    assert says in refused(tmp_path, keys)


@pytest.mark.parametrize(
    "text",
    [
        'url = "https://signer.example.org:9000/eth"',
        'url = "http://127.0.0.1:9000"',
        'url = "http://localhost:9000"',
        'url = "http://[::1]:9000"',
        'url = "http://10.0.0.7:9000", insecure = true',
        f'url = "https://s", identifier = "0x{POINT}"',
        f'url = "https://s", identifier = "{POINT.upper()}"',
    ],
)
def test_remote__a_way_that_may_be_trusted__loads(tmp_path: Path, text: str) -> None:
    keys = load(tmp_path, remote(text)).keys

    assert keys is not None
    assert keys.remote_signer is not None
    assert keys.remote_signer.address == REPORTERS[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('url = "http://10.0.0.7:9000"', "insecure = true for a private address"),
        ('url = "http://8.8.8.8:9000", insecure = true', "use https"),
        ('url = "http://signer:9000", insecure = true', "http to a name"),
        ('url = "https://s/?token=hunter2"', "url has a query"),
        ('url = "https://user:hunter2@s"', "without user information"),
        ('url = "https://:hunter2@s"', "without user information"),
        ('url = "https://s", key_file = "k"', "go together"),
        (f'url = "https://s", identifier = "{"11" * 64}"', "not the public key of address"),
        (f'url = "https://s", identifier = "../{POINT[3:]}"', "not the public key of address"),
        ('url = "https://s", timeout_ms = 20', "greater than or equal to 50"),
        ('url = "https://s", timeout_ms = 501', "over half of schedule.gather_timeout_ms"),
        ('url = "https://s", password = "hunter2"', "unknown key"),
    ],
)
def test_remote__anything_else__refused_without_a_secret(tmp_path: Path, text: str, says: str) -> None:
    said = refused(tmp_path, remote(text))

    assert says in said
    assert "hunter2" not in said


# ---------------------------------------------------------------- opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_private(tmp_path / "password", "swordfish")
    for number, name in enumerate(("signing", "gas")):
        create_keystore(
            tmp_path / f"{name}.json", "swordfish", scrypt_n=2**10, secret=bytes([number + 1]) * 32
        )
    return tmp_path


def test_open__files__both_keys(folder: Path) -> None:
    config = load(folder, {})
    assert config.keys is not None

    assert open_signer(config, config.keys).address == REPORTERS[0]
    assert open_gas(config, config.keys).address == REPORTERS[1]
    assert lock(config, config.keys).name == str(folder / "signing.json")


def test_open__credentials__both_keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    named = {key: None for key in FILES} | {
        "signing_credential": '"signing.json"',
        "gas_credential": '"gas.json"',
        "password_credential": '"password"',
    }
    config = load(folder, named)
    assert config.keys is not None

    assert open_signer(config, config.keys).address == REPORTERS[0]
    assert open_gas(config, config.keys).address == REPORTERS[1]
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(KeyFileError, match="is not set"):
        open_signer(config, config.keys)


def test_open__remote__asks_nobody_and_locks_the_gas_key(folder: Path) -> None:
    config = load(folder, remote('url = "https://10.0.0.7:9000"'))
    assert config.keys is not None
    signer = open_signer(config, config.keys)

    assert isinstance(signer, RemoteSigner)
    assert signer.address == REPORTERS[0]
    assert not signer.says_who
    assert "10.0.0.7" not in repr(signer)
    assert lock(config, config.keys).name == str(folder / "gas.json")


def test_open__client_key_that_others_may_read__refused(folder: Path) -> None:
    (folder / "client.key").write_text("x")
    (folder / "client.key").chmod(0o644)
    files = 'certificate_file = "client.pem", key_file = "client.key"'
    config = load(folder, remote(f'url = "https://s", {files}'))
    assert config.keys is not None

    with pytest.raises(KeyFileError, match=r"client key .* may be read by others"):
        open_signer(config, config.keys)
    (folder / "client.key").chmod(0o600)
    with pytest.raises(KeyFileError, match="TLS files cannot be used"):
        open_signer(config, config.keys)
