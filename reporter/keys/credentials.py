"""systemd's credentials: secrets that it puts into a folder of the service alone, named by ``$CREDENTIALS_DIRECTORY``.

A unit's ``LoadCredential=NAME:PATH`` (https://systemd.io/CREDENTIALS/) makes ``$CREDENTIALS_DIRECTORY/NAME``. systemd sets
its mode to 0400 and lets the service's user in by an ACL, which ``stat`` shows as 0440 of root, or else by owning it
(``write_credential`` in its src/core/exec-credential.c). So what is taken from there is: owned by this process's user with
no bits for others; or owned by root, group root, with no bits beyond 0440, in a folder of root's that is closed to others.
"""

import os
import re
import stat
from pathlib import Path

from reporter.errors import KeyFileError

VARIABLE = "CREDENTIALS_DIRECTORY"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")


def credential(name: str) -> Path:
    """Where systemd has put a credential.

    Raises:
        KeyFileError: The name has a slash or is too long, we are not run by systemd, or the unit does not load it.
    """
    if not _NAME.fullmatch(name):
        raise KeyFileError(f"{name[:80]!r} is not the name of a credential", hint="letters, digits, . _ -")
    folder = _folder()
    if folder is None:
        hint = "start it by systemd with LoadCredential= (OPERATING.md), or configure a file instead"
        raise KeyFileError(f"credential {name!r} is configured and ${VARIABLE} is not set", hint=hint)
    path = folder / name
    if not os.path.lexists(path):
        hint = f"add LoadCredential={name}:/path/of/the/file to the unit"
        raise KeyFileError(f"credential {name!r} is not in {folder}", hint=hint)
    return path


def by_systemd(path: Path) -> bool:
    """Whether a file lies in the folder of credentials."""
    folder = _folder()
    return folder is not None and path.parent == folder


def may_be_systemds(found: os.stat_result, folder: os.stat_result) -> bool:
    """Whether a file of another owner has what systemd gives it: root's, 0400 or 0440, in a closed folder of root's."""
    roots = found.st_uid == found.st_gid == folder.st_uid == 0
    return roots and not stat.S_IMODE(found.st_mode) & ~0o440 and not folder.st_mode & 0o027


def _folder() -> Path | None:
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named.startswith("/") else None
