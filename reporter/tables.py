"""The tables of a reporter's database; ``store`` says what each is for."""

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (
  config_digest BLOB NOT NULL, feed_id BLOB NOT NULL, observed_at INTEGER NOT NULL, price INTEGER NOT NULL,
  record TEXT NOT NULL, PRIMARY KEY (config_digest, observed_at, feed_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_time ON ledger (observed_at);
CREATE TABLE IF NOT EXISTS journal (
  id INTEGER PRIMARY KEY, nonce INTEGER NOT NULL, purpose TEXT NOT NULL, tx_hash TEXT NOT NULL UNIQUE, raw BLOB NOT NULL,
  sent_at_ms INTEGER NOT NULL, state TEXT NOT NULL, gas_used INTEGER, max_fee INTEGER NOT NULL,
  priority_fee INTEGER NOT NULL, block INTEGER, cost_gwei INTEGER, settled INTEGER NOT NULL DEFAULT 0,
  feeds TEXT NOT NULL DEFAULT '', observed_at INTEGER, gas_limit INTEGER NOT NULL DEFAULT 0, not_after_s INTEGER,
  mined_at_ms INTEGER, cost_wei TEXT);
CREATE TABLE IF NOT EXISTS totals (
  purpose TEXT NOT NULL, feed TEXT NOT NULL, gas INTEGER NOT NULL, wei TEXT NOT NULL, PRIMARY KEY (purpose, feed));
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY, nonce INTEGER NOT NULL, action TEXT NOT NULL, asked_at_ms INTEGER NOT NULL, answer TEXT);
CREATE TABLE IF NOT EXISTS rounds (
  feed TEXT NOT NULL, round_id INTEGER NOT NULL, observed_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  answer INTEGER NOT NULL, reporters INTEGER NOT NULL, spread_bps INTEGER NOT NULL, decimals INTEGER NOT NULL,
  tx_hash TEXT NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (feed, round_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
  id INTEGER PRIMARY KEY, observed_at INTEGER NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL,
  UNIQUE (observed_at, digest));
CREATE TABLE IF NOT EXISTS memory (id INTEGER PRIMARY KEY CHECK (id = 1), at_ms INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS readmissions (feed TEXT NOT NULL, venue TEXT NOT NULL, PRIMARY KEY (feed, venue));
"""


def make(db: sqlite3.Connection) -> None:
    """Make what is missing, also in a file of an older version."""
    db.executescript(SCHEMA)
    have = {row[1] for row in db.execute("PRAGMA table_info(journal)")}
    for name, kind in (
        ("block", "INTEGER"),
        ("cost_gwei", "INTEGER"),
        ("settled", "INTEGER NOT NULL DEFAULT 0"),
        ("feeds", "TEXT NOT NULL DEFAULT ''"),
        ("observed_at", "INTEGER"),
        ("gas_limit", "INTEGER NOT NULL DEFAULT 0"),
        ("not_after_s", "INTEGER"),
        ("mined_at_ms", "INTEGER"),
        ("cost_wei", "TEXT"),
    ):
        if name not in have:
            db.execute(f"ALTER TABLE journal ADD COLUMN {name} {kind}")
    if "mined_at_ms" not in have:
        db.execute("UPDATE journal SET mined_at_ms=sent_at_ms WHERE state IN ('mined', 'reverted')")
    db.execute("CREATE INDEX IF NOT EXISTS journal_mined ON journal (mined_at_ms)")
    db.execute("CREATE INDEX IF NOT EXISTS journal_unsettled ON journal (id) WHERE NOT settled")
    db.execute("UPDATE journal SET state='sent' WHERE state='unknown'")
