"""Key files: modes, passwords and what an error may say."""

import json
import os
import stat

import pytest
from eth_account import Account

from reporter.errors import KeyFileError
from reporter.keys import LocalSigner, create_keystore, load_account, load_secret, write_private

pytestmark = pytest.mark.unit
FAST = 2**10


@pytest.fixture
def files(tmp_path):
    write_private(tmp_path / "password", "swordfish\n")
    address = create_keystore(tmp_path / "key.json", "swordfish", scrypt_n=FAST, secret=b"\x11" * 32)
    return tmp_path / "key.json", tmp_path / "password", address


def test_keystore__created__private_and_opens(files):
    keystore, password, address = files

    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600
    assert load_secret(keystore, password) == b"\x11" * 32
    assert load_account(keystore, password).address == address
    assert LocalSigner(load_secret(keystore, password)).address == address


def test_keystore__existing_file__not_overwritten(files):
    keystore, _, _ = files
    before = keystore.read_text()

    with pytest.raises(KeyFileError, match="exists and is not overwritten"):
        create_keystore(keystore, "other", scrypt_n=FAST)

    assert keystore.read_text() == before


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_load__readable_by_others__refused(files, which, mode):
    os.chmod(files[which], mode)

    with pytest.raises(KeyFileError, match="may be read by others"):
        load_secret(files[0], files[1])


def test_load__wrong_password__says_so_and_not_the_password(files):
    keystore, password, _ = files
    password.write_text("hunter2")

    with pytest.raises(KeyFileError, match="the password does not open it") as raised:
        load_secret(keystore, password)

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "not json", '{"version": 3}', '{"crypto": {"kdf": "none"}, "version": 3}']
)
def test_load__not_a_keystore__says_so(files, content):
    keystore, password, _ = files
    keystore.write_text(content)

    with pytest.raises(KeyFileError, match="not a keystore"):
        load_secret(keystore, password)


def test_load__missing__says_so(tmp_path, files):
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        load_secret(tmp_path / "none.json", files[1])


def test_keystore__foreign_tool__opens(tmp_path):
    write_private(tmp_path / "password", "x")
    document = Account.encrypt(b"\x22" * 32, "x", kdf="pbkdf2", iterations=10)
    write_private(tmp_path / "theirs.json", json.dumps(document))

    assert load_secret(tmp_path / "theirs.json", tmp_path / "password") == b"\x22" * 32
