"""The file under the store: SQLite in WAL mode. One process owns it, the command line may look in and leave a request."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from reporter.errors import ConfigError, StoreFailed
from reporter.tables import make

FILE = "spotline.sqlite"


class Database:
    """One open file; its tables are made if they are missing.

    Raises:
        ConfigError: The file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=2)
            self._db.execute("PRAGMA journal_mode=WAL")
            # No wait for the disk at each commit, about 4 ms: only a power cut loses what was committed last, and nothing
            # rests on that. A process signs no second of the one before it, and another transaction of a nonce replaces.
            self._db.execute("PRAGMA synchronous=NORMAL")
            make(self._db)
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                f"{path} cannot be used: {error}",
                hint="do not delete it while its reporter is in the set: move it away and wait maxAge seconds first",
            ) from None

    @classmethod
    @contextmanager
    def of(cls, folder: Path) -> Iterator[Self]:
        """The file of a data directory beside its reporter, running or not.

        Raises:
            ConfigError: No reporter has ever run on this directory.
        """
        path = folder / FILE
        if not path.exists():
            raise ConfigError(
                f"there is no {path}", hint="give the configuration that the reporter runs with"
            )
        found = cls(path)
        try:
            yield found
        finally:
            found._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises ``StoreFailed``."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
        except sqlite3.Error as error:
            raise _failed(error) from None

    def run(self, statement: str, *values: object) -> list[Any]:
        """One statement and its rows. Raises ``StoreFailed``."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _failed(error) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _failed(error: sqlite3.Error) -> StoreFailed:
    return StoreFailed(f"{type(error).__name__}: {error}", hint="check the disk of node.data_dir")
