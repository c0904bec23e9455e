"""Key files: modes, passwords and what an error may say."""

import json
import os
import stat

import pytest
from eth_account import Account

from reporter.errors import AlreadyRunning, KeyFileError
from reporter.keys import LocalSigner, Lock, create_keystore, load_account, load_secret, write_private

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


@pytest.mark.parametrize(
    ("name", "value"), [("dklen", 2**70), ("n", 2**30), ("r", 0), ("n", 1.5), ("p", "8")]
)
def test_load__costs_out_of_bounds__refused_at_once(files, name, value):
    keystore, password, _ = files
    document = json.loads(keystore.read_text())
    document["crypto"]["kdfparams"][name] = value
    keystore.write_text(json.dumps(document))

    with pytest.raises(KeyFileError, match="not a keystore"):
        load_secret(keystore, password)


def test_load__initial_vector_changed__another_key_is_not_taken(files):
    keystore, password, _ = files
    document = json.loads(keystore.read_text())
    document["crypto"]["cipherparams"]["iv"] = "00" * 16
    keystore.write_text(json.dumps(document))

    with pytest.raises(KeyFileError, match="its address is another key's"):
        load_secret(keystore, password)


def test_load__folder_or_binary_file__says_so(tmp_path, files):
    with pytest.raises(KeyFileError, match="Is a directory"):
        load_secret(tmp_path, files[1])
    files[0].write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyFileError, match="is not text"):
        load_secret(files[0], files[1])


X = "0x" + 100 * "5"


def test_lock__second_process__refused_for_the_same_use_until_released():
    held = Lock(f"signing key A for {X}", "gas key B")
    with pytest.raises(AlreadyRunning, match="another reporter is running with gas key B"):
        Lock(f"signing key A for the successor of {X}", "gas key B")
    with Lock(f"signing key A for the successor of {X}", "gas key C"):  # what the refused one held is free
        held.close()

    Lock(f"signing key A for {X}", "gas key B").close()


def test_load__missing__says_so(tmp_path, files):
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        load_secret(tmp_path / "none.json", files[1])


def test_keystore__foreign_tool__opens(tmp_path):
    write_private(tmp_path / "password", "x")
    document = Account.encrypt(b"\x22" * 32, "x", kdf="pbkdf2", iterations=10)
    write_private(tmp_path / "theirs.json", json.dumps(document))

    assert load_secret(tmp_path / "theirs.json", tmp_path / "password") == b"\x22" * 32


def test_lock__a_sentence_of_two_addresses__held_as_one_of_few_words():
    use = f"signing key 0x{'1' * 40} for 0x{'2' * 40} on chain 31337"

    with Lock(use):
        with pytest.raises(AlreadyRunning, match="on chain 31337"):
            Lock(use)
        Lock(use + "1").close()
    Lock(use).close()
