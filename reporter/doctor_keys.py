"""``spotline doctor``'s look at the keys: files and their modes, systemd's credentials, the remote signer, one signature."""

import secrets
import time
from dataclasses import dataclass
from typing import NamedTuple

from eth_utils.crypto import keccak

from reporter.config import Config, KeysSection
from reporter.errors import SpotlineError
from reporter.keyring import open_gas, open_signer
from reporter.keys import Signer, recover
from reporter.keys.remote import RemoteSigner
from reporter.models import Report, feed_id
from reporter.network import nats_credentials
from reporter.report import Domain, report_message

PATIENCE_S = 5.0
"""For a remote signer: slow is another trouble than silent, and the first request of a process pays for its imports."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``hint``: what to do, when it is not ok."""

    name: str
    ok: bool
    says: str
    hint: str = ""


class Keys(NamedTuple):
    """What opened: the signing key, and the address of the gas key."""

    signer: Signer | None = None
    gas: str | None = None


async def check_keys(config: Config) -> tuple[list[Check], Keys]:
    """Both keys, and the secrets beside them. A remote signer stays open: ``close_signer``."""
    if config.keys is None:
        hint = "add [keys] to sign and to send"
        none = Check("keys", False, "none are configured: the node would observe and sign nothing", hint)
        return [none], Keys()
    checks, signer = await _signing(config, config.keys)
    gas_check, gas = _gas(config, config.keys, signer.address if signer else None)
    return [*checks, gas_check, *_nats(config)], Keys(signer, gas)


async def close_signer(keys: Keys) -> None:
    """Close a remote signer's connections."""
    if isinstance(keys.signer, RemoteSigner):
        await keys.signer.close()


async def _signing(config: Config, keys: KeysSection) -> tuple[list[Check], Signer | None]:
    try:
        signer = open_signer(config, keys, PATIENCE_S)
    except SpotlineError as error:
        return [Check("signing key", False, str(error), error.hint)], None
    if not isinstance(signer, RemoteSigner):
        own = Check("signing key", True, f"{signer.address}, its files are private")
        return [own, await _round_trip(signer)], signer
    limit_ms = keys.remote_signer.timeout_ms if keys.remote_signer else 0
    return [await _remote(signer), await _round_trip(signer, limit_ms)], signer


async def _remote(signer: RemoteSigner) -> Check:
    try:
        await signer.look()
    except SpotlineError as error:
        return Check("signing key", False, str(error), error.hint)
    open_to = "" if signer.says_who else "; it signs for whoever reaches it: keep others from it"
    return Check("signing key", True, f"{signer.address}, held by a remote signer that is up{open_to}")


async def _round_trip(signer: Signer, limit_ms: int | None = None) -> Check:
    """A report on no chain and of no aggregator: of no use to anybody who sees it."""
    domain = Domain(1, "0x" + "00" * 20, secrets.token_bytes(32))
    report = Report(int(time.time()), (feed_id("TEST/USD"),), (1,))
    message = report_message(domain.separator(), report)
    start_ns = time.monotonic_ns()
    try:
        signature = await signer.sign_typed(message)
    except SpotlineError as error:
        return Check("signature", False, str(error), error.hint)
    took_ms = (time.monotonic_ns() - start_ns) // 1_000_000
    if recover(keccak(message), signature) != signer.address:
        hint = "reinstall coincurve: signatures do not come back to their key"
        return Check("signature", False, "it does not come back to the key", hint)
    if limit_ms is not None and took_ms > limit_ms:
        hint = "raise keys.remote_signer.timeout_ms and schedule.gather_timeout_ms, or make web3signer faster"
        return Check("signature", False, f"it took {took_ms} ms, more than timeout_ms = {limit_ms}", hint)
    return Check("signature", True, f"a report's EIP-712 signature comes back to the key, in {took_ms} ms")


def _gas(config: Config, keys: KeysSection, signing: str | None) -> tuple[Check, str | None]:
    try:
        gas = str(open_gas(config, keys).address)
    except SpotlineError as error:
        return Check("gas key", False, str(error), error.hint), None
    if gas == signing:
        hint = "make a gas key of its own: who takes it from the node that sends could sign prices"
        return Check("gas key", False, f"{gas}, the signing key", hint), gas
    return Check("gas key", True, gas), gas


def _nats(config: Config) -> list[Check]:
    if config.nats is None or config.nats.credentials_file is None:
        return []
    try:
        nats_credentials(config.nats.credentials_file, config)
    except SpotlineError as error:
        return [Check("NATS credentials", False, str(error), error.hint)]
    return [Check("NATS credentials", True, "the file is private")]
