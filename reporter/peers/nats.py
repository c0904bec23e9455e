"""The NATS transport between reporters (https://docs.nats.io): for many reporters or sites, over a cluster that is there.

Every reporter listens on a subject of its own, ``spotline.CHAIN.AGGREGATOR.observe.REPORTER``, so that permissions can say
who may listen where, and an answer goes to an inbox that only the asked one was told.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from reporter.models import SignedReport
from reporter.peers.asks import (
    MAX_BODY,
    Answer,
    Asker,
    parse_ask,
    read_answer,
    refusal_document,
    signed_document,
)
from reporter.peers.gather import PeerFailed
from reporter.peers.observe import ObserveRequest, Refused
from reporter.redact import redact
from reporter.telemetry import log

CONNECT_S = 2
RETRY_S = 1


class NatsSite:
    """Our connection to a NATS cluster: asks over it, and answers."""

    def __init__(
        self,
        urls: Sequence[str],
        prefix: str,
        timeout_s: float,
        asker: Asker,
        credentials: Path | None = None,
    ) -> None:
        """``prefix``: the subjects' first part, as ``subjects`` makes it."""
        self._urls, self._prefix, self._timeout_s = list(urls), prefix, timeout_s
        self._asker, self._credentials = asker, credentials
        self._client: Client | None = None

    def peer(self, address: str) -> Callable[[ObserveRequest], Any]:
        """How to ask one reporter."""
        subject = f"{self._prefix}.{address}"

        async def ask(request: ObserveRequest) -> SignedReport:
            return await self._ask(subject, request)

        return ask

    async def _ask(self, subject: str, request: ObserveRequest) -> SignedReport:
        if self._client is None or not self._client.is_connected:
            raise PeerFailed("NATS is not connected")
        try:
            async with asyncio.timeout(self._timeout_s):
                body = await self._asker.body(request)
                answer = await self._client.request(subject, body, self._timeout_s)
        except NoRespondersError:
            raise PeerFailed("nobody listens for it on NATS") from None
        except (TimeoutError, NatsError) as error:
            slow = isinstance(error, TimeoutError)
            said = f"no answer in {self._timeout_s:g} s" if slow else f"NATS: {type(error).__name__}"
            raise PeerFailed(said) from None
        if len(answer.data) > MAX_BODY:
            raise PeerFailed(f"answered more than {MAX_BODY} bytes")
        return read_answer(answer.data, request, "answered")

    async def serve(self, address: str, answer: Answer) -> None:
        """Connect, answer the asks for our own address, and go on over every loss until cancelled."""

        client = await self._connected()
        try:
            async with asyncio.TaskGroup() as tasks:

                async def take(message: Msg) -> None:  # the next ask does not wait for this one's signature
                    tasks.create_task(_respond(message, answer))

                await client.subscribe(f"{self._prefix}.{address}", cb=take)
                self._client = client
                await asyncio.Event().wait()
        finally:
            self._client = None
            await client.close()

    async def _connected(self) -> Client:
        """A connection; while nobody is there, tried every second and told once."""
        told = ""
        while True:
            try:
                return await nats.connect(
                    self._urls,
                    connect_timeout=CONNECT_S,
                    reconnect_time_wait=RETRY_S,
                    max_reconnect_attempts=-1,
                    allow_reconnect=True,
                    error_cb=_tell,
                    user_credentials=str(self._credentials) if self._credentials else None,
                )
            except (OSError, TimeoutError, NatsError) as error:
                said = redact(f"{type(error).__name__}: {error}")
                if said != told:
                    log().warning("NATS not reachable", reason=said, advice="check nats.urls and the cluster")
                told = said
            await asyncio.sleep(RETRY_S)


async def _respond(message: Msg, answer: Answer) -> None:
    try:
        document = signed_document(await answer(parse_ask(message.data)))
    except Refused as refused:
        document = dict(refusal_document(refused))
    try:
        if message.reply:
            await message.respond(json.dumps(document).encode())
    except NatsError as error:
        await _tell(error)


async def _tell(error: Exception) -> None:
    reason = redact(f"{type(error).__name__}: {error}")
    log().warning("NATS not reachable", reason=reason, advice="check nats.urls and the cluster")


def subjects(chain_id: int, aggregator: str) -> str:
    """The first part of the subjects of one aggregator's reporters."""
    return f"spotline.{chain_id}.{aggregator.lower()}.observe"
