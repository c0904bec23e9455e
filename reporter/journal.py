"""The journal: each transaction before it is sent, what became of it and what it cost; and what a person asks about one.

One nonce may have several transactions, of which one at most is mined. What is spent is counted when the chain has mined
it, and into the totals when that is final, so that a reorganisation counts nothing twice.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from reporter.database import Database
from reporter.spending import WEI_IN_GWEI, Spending, Spent, Total, share

MAX_GAS = 2**32


class Sent(NamedTuple):
    """A transaction in the journal. Fees in wei per gas; ``feeds``: names, one a line; ``not_after_s``: later it would only
    revert, Unix seconds."""

    nonce: int
    purpose: str
    tx_hash: str
    max_fee: int
    priority_fee: int
    sent_at_ms: int
    state: str = "sent"
    block: int | None = None
    feeds: str = ""
    observed_at: int | None = None
    gas_limit: int = 0
    not_after_s: int | None = None

    @property
    def names(self) -> list[str]:
        """The feeds that it is for."""
        return self.feeds.splitlines()


class Request(NamedTuple):
    """What a person asks to be done with the transaction of a nonce: ``bump`` or ``cancel``."""

    id: int
    nonce: int
    action: str
    asked_at_ms: int


_SENT = ", ".join(Sent._fields)
_INSERT = f"INSERT OR REPLACE INTO journal ({_SENT}, raw) VALUES ({'?,' * len(Sent._fields)}?)"  # noqa: S608 - fixed
_MINED = """UPDATE journal SET state=?, gas_used=?, block=?, cost_gwei=?, cost_wei=?, mined_at_ms=coalesce(mined_at_ms, ?)
  WHERE tx_hash=?"""


class Journal(Database):
    """What the gas key has sent."""

    def journal_sent(self, sent: Sent, raw: bytes) -> None:
        """Note a transaction before it is sent."""
        self.run(_INSERT, *sent, raw)

    def journal_mined(
        self, tx_hash: str, *, succeeded: bool, gas_used: int, price: int, block: int, at_ms: int
    ) -> None:
        """Note that a transaction is in a block, now or since an earlier note. An endpoint that names more gas, or a dearer
        price in wei, than the transaction allows is not believed."""
        limits = self.run("SELECT gas_limit, max_fee FROM journal WHERE tx_hash=?", tx_hash)
        for gas_limit, max_fee in limits:
            gas_used = min(gas_used, gas_limit or MAX_GAS)
            wei = gas_used * min(price, max_fee)
            state = "mined" if succeeded else "reverted"
            self.run(_MINED, state, gas_used, block, -(-wei // WEI_IN_GWEI), str(wei), at_ms, tx_hash)

    def journal_done(self, tx_hash: str, state: str) -> None:
        """Note that a transaction is ``refused``, ``replaced`` or ``cancelled`` by another of its nonce, or again ``sent``
        when a reorganisation dropped it."""
        update = """UPDATE journal SET state=?, gas_used=NULL, block=NULL, cost_gwei=0, cost_wei='0', mined_at_ms=NULL,
          settled=? WHERE tx_hash=?"""
        self.run(update, state, state != "sent", tx_hash)

    def journal_settle(self, tx_hash: str) -> None:
        """Its fate is final: it goes into the totals, shared out over its feeds, the remainder to the first ones."""
        take = """UPDATE journal SET settled=1 WHERE tx_hash=? AND NOT settled
          RETURNING purpose, feeds, gas_used, cost_wei"""
        with self.transaction() as db:
            for purpose, feeds, gas, wei in db.execute(take, (tx_hash,)).fetchall():
                names = feeds.splitlines() or [""]
                rows = zip(names, share(gas or 0, len(names)), share(int(wei or 0), len(names)), strict=True)
                for feed, gas_share, wei_share in rows:
                    key = (purpose, feed)
                    old = db.execute("SELECT gas, wei FROM totals WHERE purpose=? AND feed=?", key).fetchone()
                    total = gas_share + (old[0] if old else 0), str(wei_share + int(old[1] if old else 0))
                    db.execute("INSERT OR REPLACE INTO totals VALUES (?,?,?,?)", (*key, *total))

    def journal_open(self) -> list[Sent]:
        """The transactions whose fate is not final, oldest first."""
        query = f"SELECT {_SENT} FROM journal WHERE NOT settled ORDER BY id"  # noqa: S608 - fixed
        return [Sent(*row) for row in self.run(query)]

    def journal_raw(self, tx_hash: str) -> bytes:
        """A transaction as it was signed."""
        return bytes(self.run("SELECT raw FROM journal WHERE tx_hash=?", tx_hash)[0][0])

    def journal(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest transactions, newest first."""
        columns = ("nonce", "purpose", "tx_hash", "sent_at_ms", "state", "gas_used", "block", "cost_gwei")
        query = f"SELECT {','.join(columns)} FROM journal ORDER BY id DESC LIMIT ?"  # noqa: S608 - fixed
        return [dict(zip(columns, row, strict=True)) for row in self.run(query, limit)]

    def prune_journal(self, before_ms: int) -> None:
        """Forget transactions sent before then whose fate is final, and what was asked before then."""
        self.run("DELETE FROM journal WHERE settled AND sent_at_ms < ?", before_ms)
        self.run("DELETE FROM requests WHERE asked_at_ms < ?", before_ms)

    def spent(self, since_ms: int, but_nonce: int = -1) -> Spent:
        """What transactions mined since then have cost; those of one nonce may be left out."""
        query = """SELECT coalesce(sum(gas_used), 0), coalesce(sum(cost_gwei), 0) FROM journal
          WHERE mined_at_ms >= ? AND nonce <> ?"""
        return Spent(*self.run(query, since_ms, but_nonce)[0])

    def spendings(self, since_ms: int, but_nonce: int = -1) -> list[Spending]:
        """The same one by one, oldest first."""
        query = """SELECT mined_at_ms, gas_used, cost_gwei FROM journal
          WHERE mined_at_ms >= ? AND nonce <> ? ORDER BY mined_at_ms"""
        return [Spending(*row) for row in self.run(query, since_ms, but_nonce)]

    def spent_by_feed(self, since_ms: int) -> dict[str, Spent]:
        """The same, shared out over the feeds as the totals are."""
        query = """SELECT feeds, sum(gas_used), sum(cost_gwei) FROM journal WHERE mined_at_ms >= ? GROUP BY feeds"""
        found: dict[str, Spent] = {}
        for feeds, gas, gwei in self.run(query, since_ms):
            names = feeds.splitlines() or [""]
            for feed, more in zip(
                names, zip(share(gas, len(names)), share(gwei, len(names)), strict=True), strict=True
            ):
                before = found.get(feed, Spent(0, 0))
                found[feed] = Spent(before.gas + more[0], before.gwei + more[1])
        return found

    def totals(self) -> list[Total]:
        """What everything final has cost since the database was made."""
        rows = self.run("SELECT purpose, feed, gas, wei FROM totals ORDER BY purpose, feed")
        return [Total(purpose, feed, gas, int(wei)) for purpose, feed, gas, wei in rows]

    def ask(self, nonce: int, action: str, at_ms: int) -> int:
        """Leave a request for the running reporter; returns its number."""
        insert = "INSERT INTO requests (nonce, action, asked_at_ms) VALUES (?,?,?) RETURNING id"
        return int(self.run(insert, nonce, action, at_ms)[0][0])

    def requests(self) -> list[Request]:
        """The requests without an answer, oldest first."""
        query = "SELECT id, nonce, action, asked_at_ms FROM requests WHERE answer IS NULL ORDER BY id"
        return [Request(*row) for row in self.run(query)]

    def answer(self, request_id: int, answer: str) -> None:
        """Answer a request, once."""
        self.run("UPDATE requests SET answer=? WHERE id=? AND answer IS NULL", answer, request_id)

    def answered(self, request_id: int) -> str | None:
        """The answer to a request, None while there is none."""
        rows: Sequence[Any] = self.run("SELECT answer FROM requests WHERE id=?", request_id)
        return rows[0][0] if rows else None

    def withdraw(self, request_id: int) -> None:
        """Take a request back that nobody has answered."""
        self.run("DELETE FROM requests WHERE id=? AND answer IS NULL", request_id)
