"""The other reporters as the configuration names them: over HTTP where they have a URL, over NATS where they have none."""

import asyncio
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from reporter.chain.deployment import Deployment
from reporter.config import Config
from reporter.errors import ConfigError
from reporter.keys import Signer, check_private
from reporter.peers.asks import Answer, Asker
from reporter.peers.gather import Ask
from reporter.peers.http import HttpPeer

if TYPE_CHECKING:
    from reporter.peers.nats import NatsSite


class Network:
    """How to ask every other reporter (``asks``, by address), and our end of it."""

    def __init__(self, config: Config, deployment: Deployment, signer: Signer) -> None:
        timeout_s, asker = config.schedule.gather_timeout_ms / 1000, Asker(signer)
        others = [peer for peer in config.peers if peer.address != signer.address]
        self._address = signer.address
        self._http = {p.address: HttpPeer(p.url, timeout_s, asker) for p in others if p.url is not None}
        self._nats = nats_site(config, deployment, timeout_s, asker)
        asks: dict[str, Ask] = {address: peer.ask for address, peer in self._http.items()}
        if self._nats is not None:
            asks |= {p.address: self._nats.peer(p.address) for p in others if p.url is None}
        self.asks: Mapping[str, Ask] = asks

    async def serve(self, answer: Answer) -> None:
        """Answer over NATS, if there is one, until cancelled."""
        if self._nats is not None:
            await self._nats.serve(self._address, answer)
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Close every connection that asks."""
        for peer in self._http.values():
            await peer.close()


def nats_site(config: Config, deployment: Deployment, timeout_s: float, asker: Asker) -> "NatsSite | None":
    """The NATS connection that the configuration asks for.

    Raises:
        ConfigError: It asks for one, and the package for it is not installed.
        KeyFileError: Others may read the credentials file.
    """
    if config.nats is None:
        return None
    try:
        from reporter.peers.nats import NatsSite, subjects  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            f"[nats] needs the package nats-py: {error}", hint="pip install 'spotline[nats]'"
        ) from None
    credentials = nats_credentials(config.nats.credentials_file, config)
    prefix = subjects(deployment.chain_id, deployment.aggregator)
    return NatsSite(config.nats.urls, prefix, timeout_s, asker, credentials)


def nats_credentials(named: str | None, config: Config) -> Path | None:
    """The NATS credentials file, if one is named and can be used.

    Raises:
        ConfigError: The package that signs with it is not installed.
        KeyFileError: Others may read it.
    """
    if named is None:
        return None
    if find_spec("nkeys") is None:
        raise ConfigError("nats.credentials_file needs the package nkeys", hint="pip install nkeys")
    return check_private(config.path(named), "NATS credentials file")
