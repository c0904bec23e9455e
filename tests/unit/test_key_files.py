"""Who may read a secret: modes, owners, links and folders, and what systemd hands over."""

import os
import stat
from pathlib import Path

import pytest

from reporter.errors import KeyFileError
from reporter.keys import check_private, create_keystore, load_secret, write_private
from reporter.keys.credentials import credential
from reporter.keys.files import MAX_BYTES, read_private

pytestmark = pytest.mark.unit
FAST = 2**10
STRANGER = 4_242


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    write_private(path, "swordfish")
    return path


def refusal(path: Path) -> KeyFileError:
    with pytest.raises(KeyFileError) as raised:
        read_private(path, "password file")
    assert "swordfish" not in str(raised.value) + raised.value.hint
    return raised.value


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_read__owner_alone__read(secret: Path, mode: int) -> None:
    secret.chmod(mode)

    assert read_private(secret, "password file") == "swordfish"
    assert check_private(secret, "password file") == secret


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_read__any_bit_for_others__refused_with_the_command(secret: Path, bit: int) -> None:
    secret.chmod(0o600 | bit)
    refused = refusal(secret)

    assert f"may be read by others (mode {0o600 | bit:04o})" in str(refused)
    assert refused.hint == f"chmod 600 {secret}"


def test_read__of_another_user__refused(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)

    assert f"belongs to uid {secret.stat().st_uid}" in str(refusal(secret))


def test_read__symbolic_link__refused(secret: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(secret)

    assert "is a symbolic link" in str(refusal(tmp_path / "link"))


def test_read__pipe_or_folder__refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)

    assert "is not a regular file" in str(refusal(tmp_path / "pipe"))
    assert "Is a directory" in str(refusal(tmp_path))


@pytest.mark.parametrize(
    ("mode", "ok"), [(0o700, True), (0o755, True), (0o775, False), (0o707, False), (0o1777, True)]
)
def test_read__folder_that_others_may_write_to__refused(secret: Path, mode: int, ok: bool) -> None:
    secret.parent.chmod(mode)
    try:
        if ok:
            assert read_private(secret, "password file") == "swordfish"
        else:
            assert "may be replaced by others" in str(refusal(secret))
    finally:
        secret.parent.chmod(0o700)


def test_read__longer_than_a_secret_can_be__refused(tmp_path: Path) -> None:
    write_private(tmp_path / "long", "x" * (MAX_BYTES + 1))

    assert f"more than {MAX_BYTES} bytes" in str(refusal(tmp_path / "long"))


# ---------------------------------------------------------------- systemd


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as systemd makes it for a unit: closed, each file 0400."""
    made = tmp_path / "credentials"
    made.mkdir(mode=0o700)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(made))
    for name, text in (("spotline-password", "swordfish\n"), ("other", "x")):
        write_private(made / name, text)
        (made / name).chmod(0o400)
    made.chmod(0o500)
    return made


def as_root_made(
    monkeypatch: pytest.MonkeyPatch, *, group: int = 0, file: int = 0o440, folder: int = 0o550
) -> None:
    """What ``stat`` shows the service's user where systemd gave it leave by an ACL: root's, and not ours."""
    real_fstat, real_stat = os.fstat, Path.stat

    def owned(found: os.stat_result, mode: int) -> os.stat_result:
        return os.stat_result((stat.S_IFMT(found.st_mode) | mode, *found[1:4], 0, group, *found[6:]))

    monkeypatch.setattr(os, "fstat", lambda descriptor: owned(real_fstat(descriptor), file))
    monkeypatch.setattr(Path, "stat", lambda path, **more: owned(real_stat(path, **more), folder))
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)


def test_credential__password_and_keystore__open(folder: Path) -> None:
    folder.chmod(0o700)
    create_keystore(folder / "spotline-signing", "swordfish", scrypt_n=FAST, secret=b"\x11" * 32)
    folder.chmod(0o500)

    assert load_secret(credential("spotline-signing"), credential("spotline-password")) == b"\x11" * 32


@pytest.mark.parametrize("mode", [0o440, 0o400])
def test_credential__roots_with_an_acl_for_us__read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    as_root_made(monkeypatch, file=mode)

    assert read_private(credential("spotline-password"), "password file") == "swordfish\n"


@pytest.mark.parametrize(
    "changed", [{"file": 0o444}, {"file": 0o460}, {"group": 100}, {"folder": 0o755}, {"folder": 0o570}]
)
def test_credential__wider_than_systemd_makes_it__refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, int]
) -> None:
    path = credential("spotline-password")
    as_root_made(monkeypatch, **changed)

    assert "belongs to uid 0" in str(refusal(path))


def test_credential__systemds_modes_outside_its_folder__refused(
    folder: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_root_made(monkeypatch)

    assert "belongs to uid 0" in str(refusal(secret))


@pytest.mark.parametrize("value", [None, "", "relative"])
def test_credential__not_run_by_systemd__says_so(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    if value is not None:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", value)

    with pytest.raises(
        KeyFileError, match=r"'x' is configured and \$CREDENTIALS_DIRECTORY is not set"
    ) as raised:
        credential("x")
    assert "LoadCredential=" in raised.value.hint


def test_credential__not_loaded_by_the_unit__says_which_line_to_add(folder: Path) -> None:
    with pytest.raises(KeyFileError, match="credential 'gas' is not in") as raised:
        credential("gas")
    assert raised.value.hint == "add LoadCredential=gas:/path/of/the/file to the unit"


@pytest.mark.parametrize("name", ["", ".", "..", "../password", "a/b", "/etc/passwd", "a\0b", "a" * 256, "ä"])
def test_credential__no_name__refused(folder: Path, name: str) -> None:
    with pytest.raises(KeyFileError, match="is not the name of a credential"):
        credential(name)
