"""Files that hold a secret: who may read them, checked on the file that was opened, so that nothing can be swapped between.

An own file: regular, no symbolic link, owned by this process's user, no bits for group and others (0400, 0600, 0700), in a
folder that only this user or root may write to. A file in ``$CREDENTIALS_DIRECTORY`` is systemd's: see ``credentials``.
"""

import errno
import os
import stat
from pathlib import Path
from typing import IO

from reporter.errors import KeyFileError
from reporter.keys.credentials import by_systemd, may_be_systemds

MAX_BYTES = 2**20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def read_private(path: Path, what: str) -> str:
    """The text of a file that nobody else may read.

    Args:
        what: Names the file in the error.

    Raises:
        KeyFileError: It is missing, no regular file, too long, not text, or others may read or replace it.
    """
    with _opened(path, what) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise KeyFileError(f"{what} {path} has more than {MAX_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise KeyFileError(f"{what} {path} is not text") from None


def check_private(path: Path, what: str) -> Path:
    """The path of a secret file that another library opens, checked as ``read_private`` does. Raises ``KeyFileError``."""
    _opened(path, what).close()
    return path


def _opened(path: Path, what: str) -> IO[bytes]:
    descriptor = _open(path, what)
    try:
        _check(path, what, os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _open(path: Path, what: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            hint = "name the file itself, or copy it"
            raise KeyFileError(f"{what} {path} is a symbolic link", hint=hint) from None
        raise KeyFileError(f"{what} {path} cannot be read: {error.strerror}") from None


def _check(path: Path, what: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise KeyFileError(f"{what} {path} cannot be read: Is a directory")
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{what} {path} is not a regular file")
    folder = path.parent.stat()
    if by_systemd(path) and may_be_systemds(found, folder):
        return
    if found.st_uid != os.geteuid():
        hint = f"chown it to the user that runs the reporter (uid {os.geteuid()})"
        raise KeyFileError(f"{what} {path} belongs to uid {found.st_uid}", hint=hint)
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyFileError(f"{what} {path} may be read by others (mode {mode:04o})", hint=f"chmod 600 {path}")
    _check_folder(path, what, folder)


def _check_folder(path: Path, what: str, folder: os.stat_result) -> None:
    """Who may write to the folder may put another file in place; with the sticky bit only their own."""
    open_to_all = folder.st_mode & _OTHERS_WRITE and not folder.st_mode & stat.S_ISVTX
    if open_to_all or folder.st_uid not in (0, os.geteuid()):
        hint = f"chmod 700 {path.parent}, and let the user that runs the reporter own it"
        raise KeyFileError(f"{what} {path} may be replaced by others: its folder is theirs", hint=hint)


def write_private(path: Path, text: str) -> None:
    """Create a file that only its owner may read.

    Raises:
        KeyFileError: The file exists.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} exists and is not overwritten", hint="choose another path") from None
    with os.fdopen(handle, "w") as file:
        file.write(text)
