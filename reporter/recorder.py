"""Writes the record of everything that was signed, beside the signing path: a signature never waits for its record.

What is lost in a crash is at most the records of the last quarter of a second; the prices themselves are in the ledger.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from reporter.errors import StoreFailed
from reporter.keys import Signer
from reporter.models import FeedRules
from reporter.pricing import report_price
from reporter.report import report_digest
from reporter.rounds.canonical import canonical, hash_of
from reporter.rounds.document import attestation_digest, attested, configuration_hash, to_document
from reporter.rounds.observation import Observation
from reporter.telemetry import log

EVERY_S = 0.25
MAX_WAITING = 128
"""Above what one peer can ask for one second, so that it cannot crowd another's record out."""


class Records(Protocol):
    """What the recorder needs of the store."""

    def add_record(self, observed_at: int, digest: bytes, body: bytes) -> None: ...


class Recorder:
    """Takes observations as they are signed, and stores their records."""

    def __init__(self, signer: Signer, records: Records, plan: Sequence[FeedRules]) -> None:
        self._signer, self._records = signer, records
        self._configuration = configuration_hash(plan)
        self._waiting: deque[Observation] = deque()
        self._seen: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._one_at_a_time = asyncio.Lock()

    def keep(self, observation: Observation) -> None:
        """Note what was signed; the same report again is noted once."""
        if observation.signed.signature in self._seen or len(self._waiting) >= MAX_WAITING:
            return
        self._seen.append(observation.signed.signature)
        self._waiting.append(observation)

    async def flush(self) -> None:
        """Store every record that waits; each is made in a thread."""
        async with self._one_at_a_time:
            while self._waiting:
                observation = self._waiting[0]
                if follows(observation):
                    body = await asyncio.to_thread(self.body, observation)
                    self._store(observation, body)
                else:
                    log().warning(
                        "no record",
                        reason="prices stated before this process started were signed again",
                        observed_at=observation.signed.report.observed_at,
                    )
                self._waiting.popleft()

    async def run(self) -> None:
        """Store what waits, four times a second."""
        while True:
            await self.flush()
            await asyncio.sleep(EVERY_S)

    def body(self, observation: Observation) -> bytes:
        """The record of an observation: canonical JSON, signed."""
        document = to_document(observation, self._configuration)
        observed_at = observation.signed.report.observed_at
        whole = hash_of(document["hashes"])
        signature = self._signer.sign(attestation_digest(observation.domain, observed_at, whole))
        return canonical(attested(document, whole, signature))

    def _store(self, observation: Observation, body: bytes) -> None:
        digest = report_digest(observation.domain.separator(), observation.signed.report)
        try:
            self._records.add_record(observation.signed.report.observed_at, digest, zlib.compress(body, 6))
        except StoreFailed as error:
            log().warning("no record", reason=str(error), advice=error.hint)


def follows(observation: Observation) -> bool:
    """Whether every price of the report is the moment's: not so for prices that the ledger kept over a restart."""
    rows = zip(observation.entries, observation.signed.report.prices, strict=True)
    return all(
        entry.name is not None
        and entry.decimals is not None
        and report_price(observation.moment.indices[entry.name], entry.decimals) == price
        for entry, price in rows
        if price
    )
