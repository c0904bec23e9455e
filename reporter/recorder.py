"""Writes the record of everything that was signed, beside the signing path: a signature never waits for its record.

What is lost in a crash is at most the records of the last quarter of a second; the prices themselves are in the ledger.
A remote signer that fails is asked again for the same record, and given up on it after a while.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from reporter.errors import SignerFailed, StoreFailed
from reporter.keys import Signer
from reporter.models import FeedRules
from reporter.pricing import report_price
from reporter.report import Domain, report_digest
from reporter.rounds.canonical import canonical, hash_of
from reporter.rounds.document import attestation_message, attested, configuration_hash, to_document
from reporter.rounds.observation import Observation
from reporter.telemetry import log

EVERY_S = 0.25
MAX_TRIES = 40
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
        self._tries = 0

    def keep(self, observation: Observation) -> None:
        """Note what was signed; the same report again is noted once."""
        if observation.signed.signature in self._seen or len(self._waiting) >= MAX_WAITING:
            return
        self._seen.append(observation.signed.signature)
        self._waiting.append(observation)

    async def flush(self) -> None:
        """Store every record that waits; each is made in a thread. Ends early while the signer fails."""
        async with self._one_at_a_time:
            while self._waiting and await self._write(self._waiting[0]):
                self._waiting.popleft()
                self._tries = 0

    async def _write(self, observation: Observation) -> bool:
        """Whether this observation is done with."""
        if not follows(observation):
            reason = "prices stated before this process started were signed again"
            observed_at = observation.signed.report.observed_at
            log().warning("no record", reason=reason, observed_at=observed_at)
            return True
        try:
            self._store(observation, await self._body(observation))
        except SignerFailed as error:
            self._tries += 1
            if self._tries < MAX_TRIES:
                return False
            log().warning("no record", reason=str(error), advice=error.hint)
        return True

    async def run(self) -> None:
        """Store what waits, four times a second."""
        while True:
            await self.flush()
            await asyncio.sleep(EVERY_S)

    async def _body(self, observation: Observation) -> bytes:
        document = await asyncio.to_thread(to_document, observation, self._configuration)
        signature = await self._signer.sign_typed(message_of(document, observation.domain))
        return await asyncio.to_thread(finished, document, signature)

    def _store(self, observation: Observation, body: bytes) -> None:
        digest = report_digest(observation.domain.separator(), observation.signed.report)
        try:
            self._records.add_record(observation.signed.report.observed_at, digest, zlib.compress(body, 6))
        except StoreFailed as error:
            log().warning("no record", reason=str(error), advice=error.hint)


def message_of(document: Mapping[str, Any], domain: Domain) -> bytes:
    """What the attestation signs."""
    return attestation_message(domain, document["observedAt"], hash_of(document["hashes"]))


def finished(document: Mapping[str, Any], signature: bytes) -> bytes:
    """The whole record: canonical JSON, signed."""
    return canonical(attested(document, hash_of(document["hashes"]), signature))


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
