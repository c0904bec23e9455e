"""The reporter's memory on disk: SQLite in WAL mode, one file, one owner.

``ledger`` is what keeps a reporter honest through crashes: the price it signed for (configDigest, feedId, observedAt) is
written, and synced, before the signature leaves, and never changes. ``journal`` holds each transaction before it is sent.
``records`` are the round records that ``spotline verify`` reads, compressed. ``memory`` is what the index remembers, and
``readmissions`` what a person asked of it.
"""

import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporter.database import FILE, Database
from reporter.errors import AlreadyRunning, ConfigError
from reporter.journal import Journal
from reporter.models import Round

MAX_RECORDS = 20_000
LOCK = "lock"
_ROUND_KEYS = (
    *("feed", "roundId", "observedAt", "updatedAt", "answer", "reporters", "spreadBps", "decimals"),
    *("txHash", "block"),
)


@dataclass(frozen=True, slots=True)
class Priced:
    """One price about to be signed, and the JSON record of how it was made."""

    feed_id: bytes
    price: int
    record: Mapping[str, Any]


class Store(Journal):
    """Opens ``folder/spotline.sqlite`` and holds the folder's lock until closed.

    Raises:
        AlreadyRunning: Another process holds the lock.
        ConfigError: The folder or file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (folder / LOCK).open("w")
        except OSError as error:
            raise ConfigError(f"data directory {folder} cannot be used: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise AlreadyRunning(
                f"another reporter is running on {folder}", hint="two instances with one key are never needed"
            ) from None
        super().__init__(folder / FILE)
        os.chmod(folder / FILE, 0o600)

    def claim(self, config_digest: bytes, observed_at: int, priced: list[Priced]) -> dict[bytes, int]:
        """Write prices that were never stated for this time, and return what is stated now: never a second price."""
        rows = [(config_digest, p.feed_id, observed_at, p.price, json.dumps(p.record)) for p in priced]
        with self.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO ledger VALUES (?,?,?,?,?)", rows)
            found = db.execute(
                "SELECT feed_id, price FROM ledger WHERE config_digest=? AND observed_at=?",
                (config_digest, observed_at),
            ).fetchall()
        return {bytes(identifier): price for identifier, price in found}

    def stated(self, config_digest: bytes, observed_at: int) -> dict[bytes, int]:
        """The prices already signed for this time, by feed id."""
        return self.claim(config_digest, observed_at, [])

    def record(self, identifier: bytes, observed_at: int) -> dict[str, Any] | None:
        """How our price of a feed for a time was made, or None if we stated none."""
        query = "SELECT record FROM ledger WHERE feed_id=? AND observed_at=? LIMIT 1"
        rows = self.run(query, identifier, observed_at)
        return json.loads(rows[0][0]) if rows else None

    def prune_ledger(self, before: int) -> None:
        """Forget what is older than any report a chain would still accept (Unix seconds)."""
        self.run("DELETE FROM ledger WHERE observed_at < ?", before)

    def add_record(self, observed_at: int, digest: bytes, body: bytes) -> None:
        """Keep the compressed record of a report by the digest that was signed; the newest 20,000 are kept."""
        insert = "INSERT OR IGNORE INTO records (observed_at, digest, body) VALUES (?,?,?)"
        with self.transaction() as db:
            added = db.execute(insert, (observed_at, digest, body)).lastrowid or 0
            db.execute("DELETE FROM records WHERE id <= ?", (added - MAX_RECORDS,))

    def round_record(self, observed_at: int, digest: bytes | None = None) -> bytes | None:
        """The compressed record of what was signed for a second: of this report, or of the last one."""
        query = "SELECT body FROM records WHERE observed_at=?1 AND (?2 IS NULL OR digest=?2) ORDER BY id DESC"
        rows = self.run(query + " LIMIT 1", observed_at, digest)
        return bytes(rows[0][0]) if rows else None

    def prune_records(self, before: int) -> None:
        """Forget the records of seconds before this one."""
        self.run("DELETE FROM records WHERE observed_at < ?", before)

    def replace_rounds(self, first: int, last: int, rows: Sequence[tuple[Round, int, str, int]]) -> list[str]:
        """Keep what was seen in blocks ``first`` to ``last`` in place of what was there; rows are a round, its decimals, its
        transaction and its block. Return the rounds that are gone, as ``"BTC/USD 7"``."""
        values = [
            (
                r.feed,
                r.round_id,
                r.observed_at,
                r.updated_at,
                r.answer,
                r.reporters,
                r.spread_bps,
                decimals,
                tx,
                block,
            )
            for r, decimals, tx, block in rows
        ]
        with self.transaction() as db:
            old = db.execute(
                "DELETE FROM rounds WHERE block BETWEEN ? AND ? RETURNING feed, round_id, tx_hash",
                (first, last),
            ).fetchall()
            db.executemany("INSERT OR REPLACE INTO rounds VALUES (?,?,?,?,?,?,?,?,?,?)", values)
        new = {(row[0], row[1], row[8]) for row in values}
        return [f"{feed} {round_id}" for feed, round_id, tx in old if (feed, round_id, tx) not in new]

    def prune_rounds(self, before: int) -> None:
        """Forget the rounds of blocks before this second."""
        self.run("DELETE FROM rounds WHERE updated_at < ?", before)

    def round_times(self, first: int) -> dict[tuple[int, str], int]:
        """The block times of the rounds kept from block ``first`` on, by block and transaction."""
        rows = self.run("SELECT block, tx_hash, updated_at FROM rounds WHERE block >= ?", first)
        return {(block, tx_hash): updated_at for block, tx_hash, updated_at in rows}

    def rounds(self, feed: str, limit: int = 50) -> list[dict[str, Any]]:
        """The newest rounds of a feed, newest first, as JSON documents."""
        rows = self.run("SELECT * FROM rounds WHERE feed=? ORDER BY round_id DESC LIMIT ?", feed, limit)
        documents = [dict(zip(_ROUND_KEYS, row, strict=True)) for row in rows]
        return [document | {"answer": str(document["answer"])} for document in documents]

    def save_memory(self, at_ms: int, body: str) -> None:
        """Keep what the index remembers, in place of what was there."""
        self.run("INSERT OR REPLACE INTO memory VALUES (1,?,?)", at_ms, body)

    def memory(self) -> tuple[int, str] | None:
        """What ``save_memory`` kept last, and its moment."""
        rows = self.run("SELECT at_ms, body FROM memory")
        return rows[0] if rows else None

    def readmissions(self) -> list[tuple[str, str]]:
        """The (feed, venue) pairs that a person has asked to re-admit since the last look."""
        return [(str(f), str(v)) for f, v in self.run("DELETE FROM readmissions RETURNING feed, venue")]

    def close(self) -> None:
        """Close the file and give the lock back."""
        super().close()
        self._lock.close()


def is_held(folder: Path) -> bool:
    """Whether a reporter is running on a data directory."""
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def ask_readmission(folder: Path, pairs: Sequence[tuple[str, str]]) -> None:
    """Ask the reporter of a data directory, running or not, to re-admit venues on feeds.

    Raises:
        ConfigError: No reporter has ever run on this directory.
        StoreFailed: The file cannot be written.
    """
    with Database.of(folder) as database, database.transaction() as db:
        db.executemany("INSERT OR IGNORE INTO readmissions VALUES (?,?)", pairs)
