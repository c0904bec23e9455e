"""The keys that the configuration names, opened: files, systemd's credentials, or a remote signer."""

from pathlib import Path

from eth_account.signers.local import LocalAccount

from reporter.chain.deployment import Deployment
from reporter.config import Config, KeysSection, RemoteSignerSection
from reporter.keys import LocalSigner, Lock, Signer, check_private, load_account, load_secret
from reporter.keys.credentials import credential
from reporter.keys.remote import RemoteSigner, RemoteTarget


def open_signer(config: Config, keys: KeysSection, timeout_s: float | None = None) -> Signer:
    """Who signs. A remote signer is not asked anything yet.

    Args:
        timeout_s: How long to wait for a remote signer, instead of what is configured.

    Raises:
        KeyFileError: A file is missing, may be read by others, or does not open.
    """
    if keys.remote_signer is not None:
        return RemoteSigner(_target(config, keys.remote_signer, timeout_s))
    return LocalSigner(load_secret(_signing(config, keys), _password(config, keys)))


def open_gas(config: Config, keys: KeysSection) -> LocalAccount:
    """The key that pays. Raises ``KeyFileError``."""
    return load_account(_gas(config, keys), _password(config, keys))


def lock(signing: str, gas: str, deployment: Deployment) -> Lock:
    """Keep other instances on this machine off: one process signs for one aggregator with a key, and one pays with a key on
    one chain. The successor of an aggregator may be served with the same signing key at the same time.

    Raises:
        AlreadyRunning: Another process does.
    """
    use = f"signing key {signing} for {deployment.aggregator} on chain {deployment.chain_id}"
    return Lock(use, gas_use(gas, deployment.chain_id))


def gas_use(address: str, chain_id: int) -> str:
    """What one process alone does with a gas key."""
    return f"gas key {address} on chain {chain_id}"


def _signing(config: Config, keys: KeysSection) -> Path:
    return _path(config, keys.signing_keystore, keys.signing_credential)


def _gas(config: Config, keys: KeysSection) -> Path:
    return _path(config, keys.gas_keystore, keys.gas_credential)


def _password(config: Config, keys: KeysSection) -> Path:
    return _path(config, keys.password_file, keys.password_credential)


def _path(config: Config, file: str | None, name: str | None) -> Path:
    """KeysSection has exactly one of the two."""
    return credential(name or "") if file is None else config.path(file)


def _target(config: Config, remote: RemoteSignerSection, timeout_s: float | None) -> RemoteTarget:
    certificate = None
    if remote.certificate_file is not None and remote.key_file is not None:
        key = check_private(config.path(remote.key_file), "client key")
        certificate = (config.path(remote.certificate_file), key)
    return RemoteTarget(
        url=remote.url,
        address=remote.address,
        identifier=remote.identifier,
        timeout_s=timeout_s or remote.timeout_ms / 1000,
        ca_file=config.path(remote.ca_file) if remote.ca_file else None,
        certificate=certificate,
    )
